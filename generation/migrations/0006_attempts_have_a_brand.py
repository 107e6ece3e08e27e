import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0002_notices"),
        ("generation", "0005_spend_until_now"),
    ]

    operations = [
        migrations.AlterField(
            model_name="attempt",
            name="brand",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="attempts", to="accounts.brand"
            ),
        ),
    ]

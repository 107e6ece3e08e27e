import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("generation", "0012_single_wishes")]

    operations = [
        migrations.AddIndex(
            model_name="batchitem",
            index=models.Index(fields=["batch", "id"], name="item_of_batch"),
        ),
        migrations.AlterField(
            model_name="batchitem",
            name="batch",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="items",
                to="generation.batch",
            ),
        ),
    ]

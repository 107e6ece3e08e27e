from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("generation", "0007_changes_and_fewer_indexes")]

    operations = [
        migrations.AddIndex("subject", models.Index(fields=["brand", "sku"], name="subject_of_sku")),
    ]

from django.db import migrations, models

UNDECIDED = models.Q(state="waiting") | models.Q(state="claimed")


class Migration(migrations.Migration):
    dependencies = [("review", "0007_workspace_whole")]

    operations = [
        migrations.AddIndex(
            "review",
            models.Index(fields=["brand", "created_at", "id"], name="review_by_age", condition=UNDECIDED),
        ),
    ]

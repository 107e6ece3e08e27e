"""What each day's calls have cost until now, from the attempts."""

from django.db import migrations
from django.db.models import Count, F, Sum
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone


def add_up(apps, schema_editor):
    Attempt = apps.get_model("generation", "Attempt")
    SpendOfDay = apps.get_model("generation", "SpendOfDay")
    priced = Attempt.objects.filter(cost__gt=0).order_by()
    found = priced.values(
        "brand",
        "provider",
        "model",
        day=TruncDate("started_at", tzinfo=timezone.get_default_timezone()),
        scene=Coalesce("generation__scene_version__scene", "scene_draft__scene"),
        prompt=F("generation__prompt_version"),
        run=F("generation__batch"),
    ).annotate(calls=Count("pk"), dollars=Sum("cost"))
    SpendOfDay.objects.bulk_create(
        [
            SpendOfDay(
                brand_id=row["brand"],
                day=row["day"],
                provider=row["provider"],
                model=row["model"],
                scene_id=row["scene"],
                prompt_version_id=row["prompt"],
                batch_id=row["run"],
                calls=row["calls"],
                dollars=row["dollars"],
            )
            for row in found
        ],
        batch_size=500,
    )


def forget(apps, schema_editor):
    apps.get_model("generation", "SpendOfDay").objects.all().delete()


class Migration(migrations.Migration):

    dependencies = [
        ('generation', '0010_spend_of_day'),
    ]

    operations = [
        migrations.RunPython(add_up, forget),
    ]

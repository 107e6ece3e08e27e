"""Each attempt's brand is its work's; what was spent in a month and on a day is the sum of its attempts."""

from decimal import Decimal

from django.db import migrations
from django.db.models import Count, F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce, TruncDate, TruncMonth
from django.utils import timezone


def add_up(apps, schema_editor):
    Attempt = apps.get_model("generation", "Attempt")
    of = {
        name: Subquery(
            apps.get_model("generation", model)
            .objects.filter(pk=OuterRef(f"{name}_id"))
            .values("brand_id")[:1]
        )
        for name, model in (("generation", "Generation"), ("scene_draft", "SceneDraft"))
    }
    Attempt.objects.filter(brand=None).update(brand_id=Coalesce(of["generation"], of["scene_draft"]))
    add_up_months(apps, Attempt)
    add_up_days(apps, Attempt)


def add_up_months(apps, Attempt):
    Budget = apps.get_model("generation", "Budget")
    zone = timezone.get_default_timezone()
    months = Attempt.objects.order_by().annotate(month=TruncMonth("started_at", tzinfo=zone))
    Budget.objects.bulk_create(
        Budget(brand_id=row["brand_id"], month=row["month"].date(), spent=row["spent"] or Decimal(0))
        for row in months.values("brand_id", "month").annotate(spent=Sum("cost"))
    )


def add_up_days(apps, Attempt):
    SpendOfDay = apps.get_model("generation", "SpendOfDay")
    found = (
        Attempt.objects.filter(cost__gt=0)
        .order_by()
        .values(
            "brand_id",
            "provider",
            "model",
            day=TruncDate("started_at", tzinfo=timezone.get_default_timezone()),
            scene_id=Coalesce("generation__scene_version__scene", "scene_draft__scene"),
            prompt_version_id=F("generation__prompt_version"),
        )
        .annotate(calls=Count("pk"), dollars=Sum("cost"))
    )
    SpendOfDay.objects.bulk_create([SpendOfDay(**row) for row in found], batch_size=500)


def forget(apps, schema_editor):
    for name in ("SpendOfDay", "Budget"):
        apps.get_model("generation", name).objects.all().delete()
    apps.get_model("generation", "Attempt").objects.update(brand=None)


class Migration(migrations.Migration):

    dependencies = [("generation", "0004_catalogue_runs")]

    operations = [migrations.RunPython(add_up, forget)]

from decimal import Decimal

from django.db import migrations
from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce, TruncMonth


def name_brands(apps, schema_editor):
    """Each attempt's brand is its work's; what was spent in a month is the sum of its attempts."""
    Attempt = apps.get_model("generation", "Attempt")
    of = {
        name: Subquery(apps.get_model("generation", model).objects.filter(pk=OuterRef(f"{name}_id")).values("brand_id")[:1])
        for name, model in (("generation", "Generation"), ("scene_draft", "SceneDraft"))
    }
    Attempt.objects.filter(brand=None).update(brand_id=Coalesce(of["generation"], of["scene_draft"]))
    months = Attempt.objects.order_by().annotate(month=TruncMonth("started_at")).values("brand_id", "month")
    Budget = apps.get_model("generation", "Budget")
    Budget.objects.bulk_create(
        Budget(brand_id=row["brand_id"], month=row["month"].date().replace(day=1), spent=row["spent"] or Decimal(0))
        for row in months.annotate(spent=Sum("cost"))
    )


def forget_brands(apps, schema_editor):
    apps.get_model("generation", "Budget").objects.all().delete()
    apps.get_model("generation", "Attempt").objects.update(brand=None)


class Migration(migrations.Migration):

    dependencies = [("generation", "0004_catalogue_runs")]

    operations = [migrations.RunPython(name_brands, forget_brands)]

"""What older rows lack: reviews narrowed down, every brand's reasons, and the reasons of old verdicts."""

from itertools import islice

from django.db import migrations
from django.db.models import OuterRef, Subquery

AT_ONCE = 1000
STARTING = {
    "shape": "Shape changed",
    "colour": "Colour off",
    "label": "Label wrong or missing",
    "extra": "Extra object",
    "light": "Light or perspective wrong",
    "artefact": "Artefact",
    "scene": "Scene wrong",
    "off_brand": "Off brand",
    "other": "Other",
}
FROM_GENERATION = {
    "subject_id": "subject_id",
    "scene_id": "scene_version__scene_id",
    "prompt_version_id": "prompt_version_id",
    "batch_id": "batch_id",
    "provider": "provider",
    "priority": "priority",
}


def fill(apps, schema_editor):
    Review, Output = apps.get_model("review", "Review"), apps.get_model("generation", "Output")
    outputs = Output.objects.filter(pk=OuterRef("output_id")).order_by()
    Review.objects.update(
        **{
            name: Subquery(outputs.values(f"generation__{path}")[:1])
            for name, path in FROM_GENERATION.items()
        }
    )
    flagged = Output.objects.exclude(flags=[]).order_by().values("pk")
    Review.objects.filter(output__in=flagged).update(flagged=True)
    Reason = apps.get_model("review", "Reason")
    for brand in apps.get_model("accounts", "Brand").objects.all():
        for position, (code, words) in enumerate(STARTING.items(), start=1):
            Reason.objects.create(brand=brand, code=code, words=words, position=position)
    reasons = {(reason.brand_id, reason.code): reason for reason in Reason.objects.all()}
    Given = apps.get_model("review", "DecisionReason")
    decisions = apps.get_model("review", "Decision").objects.exclude(reason="").order_by("pk")
    said = decisions.values_list("pk", "review__brand", "reason").iterator()
    while some := list(islice(said, AT_ONCE)):
        why = [(pk, reasons[brand, code]) for pk, brand, code in some]
        Given.objects.bulk_create(Given(decision_id=pk, reason=one, words=one.words) for pk, one in why)


def back(apps, schema_editor):
    Decision = apps.get_model("review", "Decision")
    # The code before knows only the starting reasons, and so does the way forward again.
    for given in apps.get_model("review", "DecisionReason").objects.select_related("reason").order_by("-pk"):
        Decision.objects.filter(pk=given.decision_id).update(
            reason=given.reason.code if given.reason.code in STARTING else "other"
        )
    apps.get_model("review", "DecisionReason").objects.all().delete()
    apps.get_model("review", "Reason").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("review", "0005_workspace")]
    operations = [migrations.RunPython(fill, back)]

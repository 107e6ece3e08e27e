"""Each asset's `current` and `taken_back`, from its versions: the one that was approved last."""

from django.db import migrations
from django.db.models import OuterRef, Subquery


def note(apps, schema_editor):
    Asset = apps.get_model("review", "Asset")
    AssetVersion = apps.get_model("review", "AssetVersion")
    last = AssetVersion.objects.filter(asset=OuterRef("pk")).order_by("-approved_at", "-number")
    Asset.objects.update(current=Subquery(last.values("pk")[:1]))
    gone = AssetVersion.objects.filter(recalled_at__isnull=False)
    Asset.objects.filter(current__in=gone).update(taken_back=True)


class Migration(migrations.Migration):

    dependencies = [
        ('review', '0003_library'),
    ]

    operations = [
        # Back again, the columns go; the versions know it still.
        migrations.RunPython(note, migrations.RunPython.noop),
    ]

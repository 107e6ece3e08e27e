"""What imports leave behind, and when it goes: drafts that nobody started, and zips that are used up."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from brandkit.accounts.models import Brand
from brandkit.common.errors import BrandkitError
from brandkit.common.models import record
from brandkit.common.storage import private_store
from generation.batches import asking
from generation.catalogue import photos
from generation.models import Batch
from generation.signals import swept

DRAFTS_KEPT = timedelta(days=1)
ZIPS_KEPT = timedelta(days=7)
"""After a batch was asked for, once it is over; less where its brand keeps originals for less."""

AT_ONCE = 20


def connect() -> None:
    """Have workers tidy up after their sweeps."""
    for receiver in (throw_away_drafts, delete_zips, photos.forget):
        swept.connect(receiver, dispatch_uid=f"catalogue.{receiver.__name__}")


def throw_away_drafts(**_: object) -> None:
    """Those that nobody started within a day."""
    old = Batch.objects.filter(state=Batch.State.DRAFT, created_at__lt=timezone.now() - DRAFTS_KEPT)
    for batch in old.select_related("brand")[:AT_ONCE]:
        try:
            asking.discard(batch, None)
        except BrandkitError:  # somebody has just started it, or another worker was faster
            continue


def delete_zips(**_: object) -> None:
    """What was taken in is kept as photos; the file goes before the row forgets it."""
    now = timezone.now()
    over = Batch.objects.filter(state__in=Batch.OVER, chores=None).exclude(photos="").select_related("brand")
    used_up = [batch for batch in over.order_by("pk") if batch.created_at < now - _kept(batch.brand)]
    for batch in used_up[:AT_ONCE]:
        private_store().delete(str(batch.photos))
        with transaction.atomic():
            if Batch.objects.filter(pk=batch.pk).exclude(photos="").update(photos=""):
                record("batch.photos_removed", batch)


def _kept(brand: Brand) -> timedelta:
    days = brand.keep_originals_days
    return ZIPS_KEPT if days is None else min(ZIPS_KEPT, timedelta(days=days))

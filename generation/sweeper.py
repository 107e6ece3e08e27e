"""What time does in every worker, beside the work that is due: leftovers go, and other rooms do theirs."""

from datetime import timedelta

from django.utils import timezone

from brandkit.common.storage import remove_leftovers
from generation.engine import line
from generation.models import WorkerSign
from generation.runner import run
from generation.signals import send_to_all, swept

SIGN_FORGOTTEN = timedelta(days=1)


def sweep() -> None:
    """One round. Several workers do it at once."""
    for work in line.of_no_provider():
        run(work.NOUN, work.pk)  # which fails it, with words
    remove_leftovers()
    WorkerSign.objects.filter(seen_at__lt=timezone.now() - SIGN_FORGOTTEN).delete()
    send_to_all(swept)

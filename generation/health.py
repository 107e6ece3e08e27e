"""Whether the service is alive, and whether it is ready for work."""

import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from django.conf import settings
from django.core.files.storage import FileSystemStorage, Storage
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from brandkit.common.storage import private_store, public_store
from generation.models import WorkerSign
from generation.provider_accounts import AccountState, all_states

T = TypeVar("T")
app_name = "health"

ROOM_NEEDED = 200 * 2**20
OK = "ok"


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The web server answers. Looks at nothing else: a database that is away is no reason to restart it."""
    return HttpResponse("alive\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """What is ready and what is not, each with its reason; 503 where anything is not.

    A paused provider leaves it ready: the pages work, and pictures wait until somebody resumes it.
    """
    report = {name: _told(check) for name, check in CHECKS.items()}
    ready = all(words == OK for words in report.values())
    told = {"ready": ready, **report, "providers": _told(providers)}
    return JsonResponse(told, status=200 if ready else 503)


def _told(check: Callable[[], T]) -> T | str:
    """Anybody may read this: an error's own words could name hosts and folders, so only its kind is told."""
    try:
        return check()
    except Exception as error:
        return f"does not answer ({type(error).__name__})"


def database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return OK


def storage(store: Storage) -> str:
    """One question to a bucket; of a folder, whether it can be written to and has room."""
    if not isinstance(store, FileSystemStorage):
        store.exists("readyz")
        return OK
    folder = Path(store.location)
    if not os.access(folder if folder.exists() else folder.parent, os.W_OK):
        return "can't be written to"
    free = shutil.disk_usage(settings.DATA_DIR).free
    return OK if free > ROOM_NEEDED else f"only {free // 2**20} MB of room are left"


def worker() -> str:
    """A worker shows a sign of life at every heartbeat, of which at least two fit into a lease."""
    sign = WorkerSign.objects.order_by("-seen_at").first()
    if sign is None:
        return "no worker has been seen: start one with manage.py work"
    age = timezone.now() - sign.seen_at
    if age <= timedelta(seconds=settings.BRANDKIT_LEASE_SECONDS):
        return OK
    return f"the last sign of life was {int(age.total_seconds())} seconds ago"


def providers() -> dict[str, str]:
    """Each account with a vendor, in a word."""
    return {name: _in_a_word(state) for name, state in all_states().items()}


def _in_a_word(account: AccountState) -> str:
    if account.paused_since:
        return f"paused: {account.code}"
    if account.closed_until:
        return f"closed until {account.closed_until:%Y-%m-%dT%H:%M:%SZ}"
    return OK


CHECKS: dict[str, Callable[[], str]] = {
    "database": database,
    "private_store": lambda: storage(private_store()),
    "public_store": lambda: storage(public_store()),
    "worker": worker,
}

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
]

"""Stored files whose rows were never written, since the process was killed in between."""

from collections.abc import Iterator
from datetime import timedelta

from django.apps import apps
from django.core.files.storage import Storage
from django.db.models import FileField, Model, Q
from django.utils import timezone

from brandkit.common.storage import LEFT_OVER, PENDING, private_store


def remove_unfinished() -> None:
    """Delete what nobody will finish: places that are noted for a day, and that no row names."""
    store = private_store()
    for note in list(_old(store, PENDING)):
        with store.open(note) as file:
            place = file.read().decode()
        if not _is_named(place):
            for name in _old(store, place):
                store.delete(name)
        store.delete(note)


def _old(store: Storage, folder: str) -> Iterator[str]:
    """Files right in `folder` that nobody has written to for a day."""
    try:
        _, names = store.listdir(folder)
    except FileNotFoundError:
        return
    until = timezone.now() - timedelta(seconds=LEFT_OVER)
    for name in names:
        full = f"{folder}/{name}"
        try:
            if name and store.get_modified_time(full) < until:
                yield full
        except FileNotFoundError:
            continue  # another worker was faster


def _is_named(place: str) -> bool:
    """Whether a row of any table keeps a file there."""
    return any(_names(model, place) for model in apps.get_models())


def _names(model: type[Model], place: str) -> bool:
    named = Q()
    for field in model._meta.get_fields():
        if isinstance(field, FileField):
            named |= Q(**{f"{field.name}__startswith": f"{place}/"})
    return bool(named) and model._base_manager.filter(named).exists()

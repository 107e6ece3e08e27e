"""What every test stands on: stores that are empty at its start, and a brand with its people to ask for."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db.backends.postgresql.operations import DatabaseOperations

from brandkit.accounts.models import Brand, Role, User
from tests.factories import make_brand, make_user


@pytest.fixture(autouse=True)
def empty_stores() -> Iterator[None]:
    """No test sees another's files."""
    yield
    for folder in ("private", "public", "tmp"):
        place = Path(django_settings.DATA_DIR) / folder
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()


@pytest.fixture(scope="session", autouse=True)
def quick_flush() -> Iterator[None]:
    """PostgreSQL takes longer to truncate our many small tables than to delete their few rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", deletes)
        yield


def deletes(operations: Any, style: Any, tables: list[str], **_: Any) -> list[str]:
    """Foreign keys are checked at the end of the transaction, so that the order is no matter."""
    return [f"DELETE FROM {operations.quote_name(table)};" for table in tables]  # noqa: S608 -- our own tables


@pytest.fixture
def brand() -> Brand:
    return make_brand()


@pytest.fixture
def designer(brand: Brand) -> User:
    return make_user(brand)


@pytest.fixture
def curator(brand: Brand) -> User:
    return make_user(brand, Role.CURATOR)


def stored_files() -> list[str]:
    """Every file in both stores, as paths below the data folder."""
    root = Path(django_settings.DATA_DIR)
    return sorted(
        str(path.relative_to(root))
        for folder in ("private", "public", "tmp")
        for path in (root / folder).rglob("*")
        if path.is_file()
    )

"""Queries whose SQL is put together once: Django takes ten times as long for it as the database to answer."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import QuerySet

MARK = datetime(2000, 1, 1, tzinfo=UTC)
"""Stands for the moment of asking while the SQL is put together."""

Build = Callable[[datetime, tuple[str, ...]], "QuerySet[Any, Any]"]


def rows(build: Build, now: datetime, names: tuple[str, ...] = ()) -> list[tuple[Any, ...]]:
    """The rows of `build(now, names)`, a module's function, as the database has them.

    `now` is the only thing that may differ from one time to the next; other names have SQL of their own.
    """
    sql, params = _put_together(build, names, connection.vendor)
    mark, moment = map(connection.ops.adapt_datetimefield_value, (MARK, now))
    with connection.cursor() as cursor:
        cursor.execute(sql, [moment if param == mark else param for param in params])
        return list(cursor.fetchall())


@lru_cache(maxsize=256)
def _put_together(build: Build, names: tuple[str, ...], vendor: str) -> tuple[str, tuple[Any, ...]]:
    sql, params = build(MARK, names).query.sql_with_params()
    return sql, tuple(params)

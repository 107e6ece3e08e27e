"""A database of the benchmark's own, and the demo brand in it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from secrets import token_hex
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg.sql import SQL, Identifier


@contextmanager
def own_database(folder: str, server: str | None = None) -> Iterator[str]:
    """Its address: SQLite in `folder`, or on a PostgreSQL server: the one that DATABASE_URL names."""
    server = os.environ.get("DATABASE_URL", "") if server is None else server
    if not server.startswith("postgres"):
        yield f"sqlite:///{folder}/brandkit.sqlite3"
        return
    name = f"brandkit_bench_{token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        try:
            yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        finally:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def demo_in(folder: str, **environment: str) -> None:
    """Django with an empty database and empty stores in `folder`, and the demo brand in them.

    environment: more settings; SQLite unless they name another database.
    """
    import django
    from django.core.management import call_command

    os.environ.pop("DATABASE_URL", None)
    os.environ |= {
        "BRANDKIT_DATA_DIR": folder,
        "DJANGO_SETTINGS_MODULE": "brandkit.settings",
        **environment,
    }
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("load_demo", stdout=StringIO())

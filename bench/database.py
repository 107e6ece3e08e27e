"""A database of the benchmark's own, gone at the end."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
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

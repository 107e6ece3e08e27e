"""A key and two pictures that must stay where they belong, and every place that is searched for them."""

import base64
import html
import json
import logging
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

from django.conf import settings
from django.db import connection

from brandkit.common.logs import Json, Text
from generation.imaging.sniff import HEAD, sniff
from generation.models import Subject
from templates_app.models import SceneVersion
from tests.conftest import stored_files

KEY = "canary+Kx7/9f3=Qz-81&tail"
"""Of all stand-ins here. It looks different wherever it is written in another way."""

WINDOW = 48
"""Characters: whoever shows twice as many of a picture's base64 shows one whole window of these."""


def spellings(key: str) -> set[str]:
    percent = quote(key, safe="")
    in_lower_case = re.sub("%..", lambda found: found[0].lower(), percent)
    written = {key, percent, in_lower_case, quote(key), quote_plus(key), html.escape(key)}
    broken = {f"{key[:9]}{between}{key[9:]}" for between in (" ", "\n", "\\n")}
    written |= {json.dumps(key)[1:-1], key.replace("/", "\\/"), base64.b64encode(key.encode()).decode()}
    return {*written, *broken, key[:-4]}


def windows(data: bytes) -> set[str]:
    """Pieces of its base64, in both alphabets; its first bytes will do."""
    data = data[:5000]
    return {
        text[at : at + WINDOW]
        for text in (base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode())
        for at in range(0, len(text) - WINDOW, WINDOW)
    }


def pictures_sent() -> list[bytes]:
    """What our requests hold."""
    files = [subject.normal for subject in Subject.objects.all()]
    files += [version.picture for version in SceneVersion.objects.all()]
    return [Path(settings.DATA_DIR, "private", str(file)).read_bytes() for file in files]


def check(places: Iterable[tuple[str, str]]) -> None:
    """Fails where a canary is in a place. places: what each is called, and all of its text."""
    forms = spellings(KEY).union(*map(windows, pictures_sent()))
    for name, text in places:
        found = [form for form in forms if form in text]
        assert not found, f"{name}: {found[0][:20]}… is in {around(text, found[0])}"


def around(text: str, found: str) -> str:
    at = text.index(found)
    return text[max(0, at - 100) : at + 100]


def rows() -> Iterator[tuple[str, str]]:
    """Every table, as text."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 -- a table's name
            yield table, repr(cursor.fetchall())


def files() -> Iterator[tuple[str, str]]:
    """Every file in the stores that is no picture."""
    for name in stored_files():
        data = Path(settings.DATA_DIR, name).read_bytes()
        if not sniff(data[:HEAD]).media_type:
            yield name, data.decode("latin-1")


def logs(records: Iterable[logging.LogRecord]) -> Iterator[tuple[str, str]]:
    """Every record as each of our formats writes it, and with what its message was made from."""
    for record in records:
        written = " ".join(formatter.format(record) for formatter in (Text(), Json()))
        yield f"log of {record.name}", f"{written} {record.args!r}"

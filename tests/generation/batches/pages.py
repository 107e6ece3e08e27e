"""What the tests of batches' pages share."""

from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from brandkit.accounts.models import Brand
from tests.factories import (
    make_format,
    make_prompt,
    make_scene,
    make_subject,
)

HTMX = {"HX-Request": "true"}
FAKE = "generation.providers.fake.Fake"


def address(brand: Brand, name: str, *args: Any) -> str:
    return reverse(f"batches:{name}", args=[brand.slug, *args])


def text(response: Any, status: int = 200) -> str:
    assert response.status_code == status
    return " ".join(response.content.decode().split())


def grid(brand: Brand, things: int = 3) -> dict[str, Any]:
    """A form with things in two scenes and one format."""
    return {
        "subject": [make_subject(brand).pk for _ in range(things)],
        "scene": [make_scene(brand).pk, make_scene(brand, ground=0.8).pk],
        "format": [make_format(brand).pk],
        "prompt": make_prompt(brand).pk,
    }


def queries_of(client: Client, path: str, given: dict[str, Any] | None = None) -> int:
    with CaptureQueriesContext(connection) as queries:
        send = client.post if given is not None else client.get
        assert send(path, given or {}, headers=HTMX if "news" in path else {}).status_code == 200
    return len(queries)

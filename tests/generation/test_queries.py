"""Pages and lists ask as much of the database for three of a thing as for two."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from brandkit.accounts.models import Brand, Role, User
from generation import drafting
from generation.models import Attempt, Generation, ProviderAccount
from tests.factories import make_brand, make_format, make_generation, make_output, make_reference, make_user

pytestmark = pytest.mark.django_db
FAKE = "generation.providers.fake.Fake"

ADDRESSES = [
    "/b/{brand}/studio/",
    "/b/{brand}/studio/pictures/{first}/",
    "/b/{brand}/studio/pictures/older",
    "/b/{brand}/studio/pictures/news?open={waiting}-queued.0&open={first}-queued.0",
    "/b/{brand}/studio/photos/",
    "/admin/generation/provideraccount/",
    "/admin/generation/scenedraft/",
    "/admin/generation/scenedraft/add/",
    "/api/v1/subjects?brand={brand}",
    "/api/v1/references?brand={brand}",
    "/api/v1/generations?brand={brand}",
    "/api/v1/outputs?brand={brand}",
]


@pytest.fixture
def brand(settings: Any) -> Brand:
    settings.BRANDKIT_PROVIDERS = {
        name: {"BACKEND": FAKE, "OPTIONS": {"calls_at_once": 2}} for name in ("one", "two", "three")
    }
    settings.BRANDKIT_PROVIDER = "one"
    return make_brand()


@pytest.fixture
def person(brand: Brand) -> User:
    """Who may see everything."""
    return make_user(brand, Role.OWNER, is_superuser=True)


def add(brand: Brand, by: User, provider: str) -> Generation:
    """One more of everything; gives a picture that waits."""
    now = timezone.now()
    made = make_generation(brand, by=by, provider=provider)
    made.references.add(make_reference(made.subject))
    failed = Attempt.objects.create(
        brand=made.brand,
        generation=made,
        number=1,
        provider=provider,
        model="m",
        started_at=now,
        cost="0.1",
        words="No.",
    )
    make_output(made)
    drafting.draft_from_words(
        scene=made.scene_version.scene, words="A beach.", ratio="1:1", size="1K", by=by, provider=provider
    )
    make_format(brand)
    ProviderAccount.objects.update_or_create(name=provider, defaults={"paused_at": now, "pause_words": "No."})
    waiting = make_generation(brand, by=by, provider=provider, retry_at=now + timedelta(hours=1))
    failed.pk, failed.generation = None, waiting
    failed.save(force_insert=True)
    return waiting


@pytest.mark.parametrize("address", ADDRESSES)
def test_it_asks_no_more_for_more_of_a_thing(address: str, brand: Brand, person: User) -> None:
    client = Client()
    client.force_login(person)
    waiting = [add(brand, person, name) for name in ("one", "two")]
    first = Generation.objects.filter(state="succeeded").earliest("pk")
    path = address.format(brand=brand.slug, first=first.pk, waiting=waiting[0].pk)
    client.get(path)  # some is asked for only once
    fewer = queries_of(client, path)
    add(brand, person, "three")
    assert queries_of(client, path) == fewer < 20


def queries_of(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)

"""Who is next: fair between brands; within a brand, people before catalogue runs."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from brandkit.accounts.models import Brand
from generation.engine.claims import let_go, take_next
from generation.models import Batch, Generation, SceneDraft
from tests.factories import make_brand, make_generation
from tests.generation.scripts import FAKE, use

pytestmark = pytest.mark.django_db
NOW = timezone.now


@pytest.fixture(autouse=True)
def provider(settings: LazySettings) -> None:
    use(settings)


class Shop:
    """A brand that wants pictures of one thing."""

    def __init__(self) -> None:
        self.brand: Brand = make_brand()
        first = make_generation(self.brand, state="cancelled")
        alike = ("subject", "scene_version", "prompt_version", "output_format")
        self._same = {name: getattr(first, name) for name in alike}

    def wants(self, count: int = 1, **fields: Any) -> list[Generation]:
        return [
            make_generation(self.brand, **{"provider": "fake", **self._same, **fields}) for _ in range(count)
        ]

    def batch(self, **fields: Any) -> Batch:
        version = self._same["prompt_version"]
        given = {"prompt_version": version, "provider": "fake", "state": "running", **fields}
        return Batch.objects.create(brand=self.brand, name="Autumn", **given)

    def draft(self, **fields: Any) -> SceneDraft:
        scene = self._same["scene_version"].scene
        given = {"provider": "fake", "model": "fake-1", "ratio": "1:1", "size": "1K", "wish": uuid4().hex}
        return SceneDraft.objects.create(brand=self.brand, scene=scene, **given, **fields)


def taken(most: int = 100) -> list[Any]:
    """What is taken, one after the other, until there is nothing more."""
    found: list[Any] = []
    while len(found) < most and (claim := take_next()):
        let_go(claim)
        found.append(claim.work)
    return found


def test_it_takes_the_oldest_first() -> None:
    works = Shop().wants(3)
    assert taken() == works


def test_it_gives_every_brand_its_turn() -> None:
    large, small = Shop(), Shop()
    many, few = large.wants(60), small.wants(3)
    assert taken(7) == [many[0], few[0], many[1], few[1], many[2], few[2], many[3]]
    late = Shop().wants(2)
    assert taken(4) == [late[0], many[4], late[1], many[5]]


def test_it_gives_turns_to_brands_and_not_to_their_batches() -> None:
    large, small = Shop(), Shop()
    runs = [large.wants(5, batch=large.batch()) for _ in range(3)]
    [only] = small.wants(1, batch=small.batch())
    assert only in taken(2)
    assert taken(5) == runs[0][1:] + runs[1][:1]


def test_it_goes_on_fairly_when_the_clock_was_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = Shop(), Shop()
    one.wants(9), other.wants(9)
    taken(2)
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW() - timedelta(hours=1))
    brands = [work.brand for work in taken(6)]
    assert brands == [one.brand, other.brand] * 3


def test_it_takes_what_a_person_asked_for_before_a_batch() -> None:
    shop = Shop()
    run = shop.wants(2, batch=shop.batch(priority=3), priority=3)
    [single] = shop.wants(1, priority=1)
    assert taken() == [single, *run]


def test_it_takes_the_more_urgent_first() -> None:
    shop = Shop()
    batches = [shop.batch(priority=priority) for priority in (1, 2, 3)]
    rows = [shop.wants(1, batch=batch, priority=priority)[0] for batch in batches for priority in (1, 3)]
    slow, fast = shop.wants(1, priority=1)[0], shop.wants(1, priority=3)[0]
    assert taken() == [fast, slow, rows[5], rows[4], rows[3], rows[2], rows[1], rows[0]]


def test_it_takes_a_scenes_draft_in_its_turn() -> None:
    shop = Shop()
    run = shop.wants(1, batch=shop.batch())
    before, draft, after = shop.wants()[0], shop.draft(), shop.wants()[0]
    assert taken() == [before, draft, after, *run]


@pytest.mark.parametrize("changes", [{"paused_at": NOW()}, {"state": "cancelled"}, {"state": "ended"}])
def test_it_passes_over_a_batch_that_is_not_open(changes: dict[str, Any]) -> None:
    shop = Shop()
    closed, batch = shop.batch(**changes), shop.batch(priority=1, state="filling")
    waiting, made = shop.wants(2, batch=closed), shop.wants(2, batch=batch)
    assert taken() == made
    Batch.objects.filter(pk=closed.pk).update(state="running", paused_at=None)
    assert taken() == waiting


def test_it_passes_over_what_waits_for_the_budget_or_for_its_next_try() -> None:
    shop = Shop()
    shop.wants(1, reserved=None)
    shop.wants(1, retry_at=NOW() + timedelta(minutes=1))
    due = shop.wants(1, retry_at=NOW() - timedelta(minutes=1))
    assert taken() == due


def test_it_finishes_what_is_paid_before_all_else() -> None:
    shop = Shop()
    [single] = shop.wants()
    [come] = shop.wants(fetched="somewhere")
    [lost] = shop.wants(state="running", claim=uuid4(), lease_until=NOW() - timedelta(seconds=1))
    shop.wants(state="running", claim=uuid4(), lease_until=NOW() + timedelta(minutes=1))
    assert taken() == [lost, come, single]


def test_it_leaves_what_has_come_to_no_account() -> None:
    shop = Shop()
    [come] = shop.wants(fetched="somewhere", provider="shut")
    assert taken() == [come]


def test_it_asks_as_often_however_many_wait(settings: LazySettings) -> None:
    settings.BRANDKIT_PROVIDERS |= {"other": {"BACKEND": FAKE}}
    counts = []
    shop = Shop()
    for count in (2, 40):
        shop.wants(count)
        for _ in range(count // 2):
            shop.wants(2, batch=shop.batch())
        taken(1)
        with CaptureQueriesContext(connection) as asked:
            assert len(taken(1)) == 1
        counts.append([query["sql"][:60] for query in asked if "SAVEPOINT" not in query["sql"]])
    assert counts[0] == counts[1]

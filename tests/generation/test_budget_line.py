"""The limit of a brand: who sets it, what waits for it, and what goes on when it is raised."""

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from brandkit.accounts.models import Brand, Role, User
from brandkit.common.errors import Invalid, NotAllowed
from generation import budgets
from generation.budget_line import look_after, set_limit
from generation.models import Attempt, Batch, Budget, Generation
from tests.factories import (
    make_brand,
    make_user,
)
from tests.generation.money import Asker, check_books, events, limited, priced, set_asides, sums
from tests.generation.scripts import work_on

pytestmark = pytest.mark.django_db


@pytest.fixture
def brand(settings: Any) -> Brand:
    priced(settings)
    return make_brand(name="Northwind")


@pytest.fixture
def owner(brand: Brand) -> User:
    return make_user(brand, Role.OWNER, email="olga@example.com")


@pytest.fixture
def ask(brand: Brand) -> Asker:
    return Asker(brand)


def test_it_lets_through_what_fits_and_the_rest_waits_unfailed(brand: Brand, ask: Asker) -> None:
    limited(brand, "1.00")
    works = ask(6)
    assert set_asides(works) == ["0.25"] * 4 + [None] * 2
    states = [work_on(work) for work in works]
    assert states == ["succeeded"] * 4 + ["queued"] * 2
    assert (sums(brand), Attempt.objects.count()) == (("1.00", "0.00"), 4)
    check_books(brand)


def test_raising_the_limit_lets_go_on_what_waited(brand: Brand, ask: Asker, owner: User) -> None:
    limited(brand, "0.25")
    works = ask(4)
    set_limit(brand=brand, by=owner, limit=Decimal("0.75"))
    assert set_asides(works) == ["0.25", "0.25", "0.25", None]
    set_limit(brand=brand, by=owner, limit=None)
    assert set_asides(works) == ["0.25"] * 4
    assert events("budget.limit_set") == [
        {"month": f"{timezone.now():%Y-%m}", "before": before, "limit": limit}
        for before, limit in [("0.25", "0.75"), ("0.75", "None")]
    ]
    check_books(brand)


def test_lowering_the_limit_takes_back_what_is_only_promised(brand: Brand, ask: Asker) -> None:
    limited(brand, "1.00")
    works = ask(4)
    assert work_on(works[0]) == "succeeded"
    set_limit(brand=brand, by=None, limit=Decimal("0.60"))
    assert (set_asides(works), sums(brand)) == (["0.00", "0.25", None, None], ("0.25", "0.25"))
    set_limit(brand=brand, by=None, limit=Decimal("0.10"))
    assert (set_asides(works), sums(brand)) == (["0.00", None, None, None], ("0.25", "0.00"))
    look_after()
    assert set_asides(works) == ["0.00", None, None, None]
    check_books(brand)


def test_no_call_begins_past_a_limit_that_was_lowered_meanwhile(brand: Brand, ask: Asker) -> None:
    """Before what is promised has been taken back."""
    limited(brand, "1.00")
    works = ask(4)
    limited(brand, "0.30")
    assert [work_on(work) for work in works] == ["succeeded", "queued", "queued", "queued"]
    assert (sums(brand), Attempt.objects.count()) == (("0.25", "0.00"), 1)
    check_books(brand)


@pytest.mark.parametrize("limit", [Decimal("-0.01"), Decimal(10**9 + 1), Decimal("NaN")])
def test_it_takes_no_limit_that_is_none(brand: Brand, limit: Decimal) -> None:
    with pytest.raises(
        Invalid, match=r"^A limit is an amount from \$0 to \$1,000,000,000\.00, or none at all\.$"
    ):
        set_limit(brand=brand, by=None, limit=limit)
    assert Budget.objects.count() == 0


@pytest.mark.parametrize("role", [Role.DESIGNER, Role.REVIEWER, Role.CURATOR])
def test_only_an_owner_sets_it(brand: Brand, role: Role) -> None:
    with pytest.raises(NotAllowed):
        set_limit(brand=brand, by=make_user(brand, role), limit=Decimal(1))
    assert Budget.objects.count() == 0


def test_what_waits_goes_on_in_its_order(brand: Brand, ask: Asker) -> None:
    """Single wishes, then batches by priority; a batch that is paused waits on; the more urgent go first."""
    limited(brand, "0.00")
    works = ask(6)
    prompt = works[0].prompt_version
    given = {"brand": brand, "prompt_version": prompt, "provider": "fake", "state": "running"}
    usual, urgent = (Batch.objects.create(**given, name="run", priority=priority) for priority in (2, 3))
    paused = Batch.objects.create(**given, name="paused", priority=3, paused_at=timezone.now())
    lanes = [(paused, 2), (usual, 1), (usual, 3), (urgent, 1), (None, 1), (None, 2)]
    for work, (batch, priority) in zip(works, lanes, strict=True):
        Generation.objects.filter(pk=work.pk).update(batch=batch, priority=priority)
    order = []
    for number in range(1, 7):
        limited(brand, str(Decimal("0.25") * number))
        look_after()
        order.append([work for work, amount in zip(works, set_asides(works), strict=True) if amount])
    assert [len(each) for each in order] == [1, 2, 3, 4, 5, 5]
    came = [
        next(w for w in now if w not in before) for before, now in zip([[], *order], order[:5], strict=False)
    ]
    assert [works.index(work) for work in came] == [5, 4, 3, 2, 1]


def test_time_does_nothing_where_nothing_waits(
    brand: Brand, ask: Asker, django_assert_num_queries: Any
) -> None:
    limited(brand, "0.25")
    ask()
    with django_assert_num_queries(2):
        look_after()


def test_time_locks_nothing_where_there_is_no_room(
    brand: Brand, ask: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(brand, "0.30")
    works = ask(3)
    monkeypatch.setattr(budgets, "locked", lambda brand: pytest.fail("locked"))
    look_after()
    assert set_asides(works) == ["0.25", None, None]

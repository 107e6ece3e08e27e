"""A picture asked for instead of another: what stays, what is told, when it is called for, and its money."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from brandkit.accounts.models import Brand, Role, User
from brandkit.common.errors import Invalid, NotFound
from brandkit.common.models import history
from generation import budgets, services
from generation.engine.claims import take, take_next
from generation.models import Generation
from generation.provider_accounts import pause, resume
from generation.services import prompt_after, request_changed
from generation.waiting import HELD, why_waiting
from templates_app.models import PromptVersion
from templates_app.rendering import PUT_RIGHT
from tests.factories import (
    make_brand,
    make_format,
    make_prompt,
    make_scene,
    make_subject,
    make_user,
    set_state,
)
from tests.generation.money import limited, priced

State = Generation.State
NONE = Decimal(0)
TEXT = "Set {{ subject.name }}, {{ vars.tag }}."


@pytest.fixture
def brand(settings: Settings) -> Brand:
    priced(settings)
    return make_brand()


@pytest.fixture
def reviewer(brand: Brand) -> User:
    return make_user(brand, Role.REVIEWER)


@pytest.fixture
def parent(brand: Brand) -> Generation:
    """A picture that a designer asked for."""
    picture, _ = services.request(
        brand=brand,
        by=make_user(brand),
        subject=make_subject(brand),
        scene_version=make_scene(brand),
        prompt_version=make_prompt(brand, text=TEXT, variables={"tag": "New"}),
        output_format=make_format(brand),
    )
    Generation.objects.filter(pk=picture.pk).update(state=State.SUCCEEDED, reserved=0)
    budget = budgets.standing(brand)
    budget.reserved = NONE
    budgets.save(budget)
    picture.refresh_from_db()
    return picture


def wanted(parent: Generation, by: User, **changed: Any) -> dict[str, Any]:
    return {
        "parent": parent,
        "by": by,
        "changes": [" No  tag ", "", "Warmer light", "No tag"],
        "scene_version": parent.scene_version,
        "output_format": parent.output_format,
        "variation": parent.variation,
        "not_before": timezone.now() + timedelta(seconds=11),
        **changed,
    }


def reserved(brand: Brand) -> Decimal:
    return budgets.standing(brand).reserved


@pytest.mark.django_db
def test_it_asks_for_another_picture_in_the_name_of_who_asked_for_the_first(
    parent: Generation, reviewer: User
) -> None:
    child, new = request_changed(**wanted(parent, reviewer))
    child.refresh_from_db()
    assert new
    assert (child.parent, child.changes) == (parent, ["No tag", "Warmer light"])
    assert child.prompt == f"{parent.prompt}\n\n{PUT_RIGHT}\n- No tag\n- Warmer light"
    assert (child.requested_by, child.asked_again_by) == (parent.requested_by, None)
    assert (child.subject, child.provider, child.variables) == (parent.subject, "fake", {"tag": "New"})
    assert (child.batch, child.state, child.variation) == (None, State.QUEUED, 1)
    assert history(child).get().actor == reviewer


@pytest.mark.django_db(transaction=True)
def test_nothing_is_called_before_its_time_also_where_its_provider_is_resumed(
    parent: Generation, reviewer: User
) -> None:
    due = timezone.now() + timedelta(seconds=11)
    child, _ = request_changed(**wanted(parent, reviewer, not_before=due))
    assert why_waiting([child]) == {child.pk: HELD}
    pause("fake", by=None)
    resume("fake", by=None)
    assert (take_next(), take("generation", child.pk)) == (None, None)
    with time_machine.travel(due + timedelta(seconds=1)):
        claim = take_next()
    assert claim
    assert claim.work.pk == child.pk


@pytest.mark.django_db
def test_its_money_is_set_aside_and_free_again_when_it_is_cancelled(
    parent: Generation, reviewer: User
) -> None:
    limited(parent.brand, "1")
    child, _ = request_changed(**wanted(parent, reviewer))
    assert reserved(parent.brand) == Decimal("0.25")
    services.cancel(generation=child, by=reviewer)
    assert (reserved(parent.brand), child.attempts.count()) == (NONE, 0)


@pytest.mark.django_db
def test_the_same_again_is_the_same_picture_and_waits_again_where_it_was_cancelled(
    parent: Generation, reviewer: User
) -> None:
    child, _ = request_changed(**wanted(parent, reviewer))
    assert request_changed(**wanted(parent, reviewer)) == (child, False)
    services.cancel(generation=child, by=reviewer)
    later = timezone.now() + timedelta(minutes=1)
    again, new = request_changed(**wanted(parent, reviewer, not_before=later))
    again.refresh_from_db()
    assert (again, new, again.state, again.retry_at) == (child, False, State.QUEUED, later)
    assert again.asked_again_by == parent.requested_by
    other, new = request_changed(**wanted(parent, reviewer, variation=2))
    assert (other == child, new) == (False, True)


@pytest.mark.django_db
def test_a_cancelled_picture_that_is_wanted_once_more_gets_its_new_parent(
    parent: Generation, reviewer: User
) -> None:
    child, _ = request_changed(**wanted(parent, reviewer))
    services.cancel(generation=child, by=reviewer)
    Generation.objects.filter(pk=child.pk).update(parent=None)
    again, _ = request_changed(**wanted(parent, reviewer))
    again.refresh_from_db()
    assert again.parent == parent


@pytest.mark.django_db
def test_it_does_not_ask_for_the_parent_itself(parent: Generation, reviewer: User) -> None:
    child, _ = request_changed(**wanted(parent, reviewer))
    with pytest.raises(Invalid, match="very same picture"):
        request_changed(**wanted(child, reviewer))
    grandchild, new = request_changed(**wanted(child, reviewer, variation=2))
    assert (grandchild.parent, new) == (child, True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([], "what should be different"),
        ([" "], "what should be different"),
        ([f"{n}" for n in range(21)], "At most 20 changes"),
        (["x" * 301], "has 301"),
        (["a\0b"], "plain text"),
    ],
)
def test_it_refuses_changes_that_are_none_or_too_much(
    parent: Generation, reviewer: User, changes: list[str], words: str
) -> None:
    with pytest.raises(Invalid, match=words):
        request_changed(**wanted(parent, reviewer, changes=changes))
    assert (Generation.objects.get(), reserved(parent.brand)) == (parent, NONE)


@pytest.mark.django_db
def test_it_refuses_what_may_not_be_used_and_who_may_not_ask(parent: Generation, reviewer: User) -> None:
    brand = parent.brand
    for changed, words in (
        ({"scene_version": make_scene(brand, state="retired")}, "is retired"),
        ({"output_format": make_format(brand, active=False)}, "is switched off"),
        ({"variation": 0}, "A variation is a number"),
    ):
        with pytest.raises(Invalid, match=words):
            request_changed(**wanted(parent, reviewer, **changed))
    with pytest.raises(NotFound):
        request_changed(**wanted(parent, reviewer, scene_version=make_scene(make_brand())))
    with pytest.raises(NotFound):
        request_changed(**wanted(parent, make_user(make_brand(), Role.OWNER)))
    assert Generation.objects.get() == parent


@pytest.mark.django_db
def test_a_retired_prompt_gives_way_to_its_newest_approved_version(
    parent: Generation, reviewer: User
) -> None:
    old = parent.prompt_version
    assert prompt_after(old) == old
    newer = PromptVersion(template=old.template, number=2, text="Now {{ subject.name }}.")
    newer.save()
    set_state(newer, "approved")
    assert prompt_after(old) == old
    set_state(old, "retired")
    child, _ = request_changed(**wanted(parent, reviewer))
    assert (child.prompt_version, child.variables) == (newer, {})
    set_state(newer, "retired")
    with pytest.raises(Invalid, match="is retired"):
        prompt_after(old)

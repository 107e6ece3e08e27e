"""A brand's rules of review in the admin: owners set them, the trail keeps them, what can't work is told."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from brandkit.accounts.models import Brand, Role, User
from brandkit.accounts.rules import what_is_impossible
from brandkit.common.models import Event
from tests.factories import make_brand, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


@pytest.fixture
def owner(brand: Brand) -> User:
    return make_user(brand, Role.OWNER, first_name="Olga")


def save(user: User, brand: Brand, **rules: Any) -> Any:
    """Post the brand's form with these rules; a switch that is not named is off."""
    client = Client()
    client.force_login(user)
    members = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    given = {"name": brand.name, "approvals": "1", **rules, **members}
    return client.post(reverse("admin:accounts_brand_change", args=[brand.pk]), given)


def warnings(response: Any) -> list[str]:
    return [str(each) for each in get_messages(response.wsgi_request) if each.level_tag == "warning"]


def test_an_owner_changes_the_rules_and_the_trail_keeps_them(brand: Brand, owner: User) -> None:
    for _ in range(2):
        make_user(brand, Role.CURATOR)
    rules = {"approvals": "2", "curators_review": "on", "review_due_hours": "24"}
    response = save(owner, brand, **rules)
    assert response.status_code == 302
    brand.refresh_from_db()
    assert (brand.approvals, brand.curators_review, brand.reviewers_review) == (2, True, False)
    assert brand.review_due_hours == 24
    event = Event.objects.get(kind="brand.rules")
    assert (event.actor, event.brand_id, event.object_id) == (owner, brand.pk, brand.pk)
    old = {"approvals": 1, "curators_review": False, "reviewers_review": True, "review_due_hours": None}
    new = {"approvals": 2, "curators_review": True, "reviewers_review": False, "review_due_hours": 24}
    assert event.data == {"old": old, "new": new}
    assert warnings(response) == []


def test_what_is_saved_as_it_was_leaves_no_event(brand: Brand, owner: User) -> None:
    save(owner, brand, reviewers_review="on")
    assert not Event.objects.filter(kind="brand.rules").exists()


@pytest.mark.parametrize("hours", ["0", "8761", "99999999999", "-1", "soon"])
def test_it_takes_no_hours_that_are_none(brand: Brand, owner: User, hours: str) -> None:
    response = save(owner, brand, review_due_hours=hours)
    assert "review_due_hours" in response.context["adminform"].form.errors
    brand.refresh_from_db()
    assert (brand.review_due_hours, brand.reviewers_review) == (None, True)


def test_others_change_nothing(brand: Brand, owner: User) -> None:
    curator, elsewhere = make_user(brand, Role.CURATOR), make_user(make_brand(), Role.OWNER)
    assert [save(user, brand, approvals="2").status_code for user in (curator, elsewhere)] == [403, 302]
    brand.refresh_from_db()
    assert (brand.approvals, brand.reviewers_review) == (1, True)


def test_it_warns_but_saves_where_rules_lock_everybody_out(brand: Brand, owner: User) -> None:
    response = save(owner, brand, approvals="2")
    assert warnings(response) == [
        "Only Olga may review, and a picture needs two approvals: none can be approved."
    ]
    brand.refresh_from_db()
    assert brand.approvals == 2


@pytest.mark.parametrize(
    ("people", "rules", "words"),
    [
        ([], {}, "No member may review: nothing is decided until somebody may."),
        (["Rita"], {}, "Only Rita may review: nobody can decide on what Rita asks for."),
        (["Rita"], {"allow_self_review": True}, ""),
        (["Rita", "Rob"], {}, ""),
        (
            ["Rita", "Rob"],
            {"approvals": 2},
            "Only Rita and Rob may review: what one of them asks for can't get its second approval.",
        ),
        (["Rita", "Rob"], {"approvals": 2, "allow_self_review": True}, ""),
        (["Rita", "Rob", "Ruth"], {"approvals": 2}, ""),
        (
            ["Rita"],
            {"reviewers_review": False},
            "No member may review: nothing is decided until somebody may.",
        ),
    ],
)
def test_it_tells_what_nobody_can_do(people: list[str], rules: dict[str, Any], words: str) -> None:
    brand = make_brand(**rules)
    for name in people:
        make_user(brand, Role.REVIEWER, first_name=name)
    make_user(brand)  # a designer, who may not
    assert what_is_impossible(brand) == words

"""The reasons of a brand in the admin: its owners keep them, and one is always left."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from brandkit.accounts.models import Brand, Role, User
from brandkit.common.models import Event
from review.deciding import decide
from review.models import Reason
from tests.factories import make_brand, make_user
from tests.review.factories import make_review

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

LIST = "/admin/review/reason/"


@pytest.fixture
def owner(brand: Brand) -> User:
    return make_user(brand, Role.OWNER)


@pytest.fixture
def desk(owner: User) -> Client:
    return signed_in(owner)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(what: str, reason: Reason) -> str:
    return reverse(f"admin:review_reason_{what}", args=[reason.pk])


def errors(response: Any) -> list[str]:
    return [str(each) for each in get_messages(response.wsgi_request) if each.level_tag == "error"]


def words_of(brand: Brand) -> list[str]:
    return list(Reason.objects.filter(brand=brand, active=True).values_list("words", flat=True))


def test_owners_add_rename_and_order(desk: Client, brand: Brand, owner: User) -> None:
    initial = desk.get(f"{LIST}add/").context["adminform"].form.initial
    assert (initial["brand"], initial["position"]) == (brand.pk, 10)
    new = {"brand": brand.pk, "words": "Logo", "code": "logo", "position": "0", "active": "on"}
    assert desk.post(f"{LIST}add/", new).status_code == 302
    logo = Reason.objects.get(code="logo")
    assert words_of(brand)[:2] == ["Logo", "Shape changed"]

    changed = {"words": "Logo wrong", "position": "3", "active": "on", "code": "other", "brand": "0"}
    assert desk.post(page("change", logo), changed).status_code == 302
    logo.refresh_from_db()
    assert (logo.words, logo.code, logo.brand, logo.position) == ("Logo wrong", "logo", brand, 3)

    rows = list(Reason.objects.filter(brand=brand))
    listed = {"form-TOTAL_FORMS": len(rows), "form-INITIAL_FORMS": len(rows), "_save": "Save"}
    for place, reason in enumerate(rows):
        listed |= {f"form-{place}-id": reason.pk, f"form-{place}-position": len(rows) - place}
    assert desk.post(LIST, listed).status_code == 302
    assert list(Reason.objects.filter(brand=brand)) == rows[::-1]
    kinds = Event.objects.filter(object_id=logo.pk, object_type="review.reason").order_by("id")
    assert [(each.kind, each.actor, each.brand_id) for each in kinds][:2] == [
        ("reason.added", owner, brand.pk),
        ("reason.changed", owner, brand.pk),
    ]


def test_a_code_is_given_once_in_a_brand(desk: Client, brand: Brand) -> None:
    again = {"brand": brand.pk, "words": "Label", "code": "label", "position": "1"}
    response = desk.post(f"{LIST}add/", again)
    assert "has a reason with this code already" in str(response.context["adminform"].form.errors["code"])
    assert Reason.objects.filter(brand=brand).count() == 9


def test_what_was_never_used_can_be_deleted(desk: Client, brand: Brand) -> None:
    light = Reason.objects.get(brand=brand, code="light")
    assert desk.post(page("delete", light), {"post": "yes"}).status_code == 302
    assert not Reason.objects.filter(brand=brand, code="light").exists()
    assert Event.objects.get(kind="reason.deleted").data["code"] == "light"


def test_what_was_used_is_switched_off_and_says_so(desk: Client, brand: Brand, reviewer: User) -> None:
    label = Reason.objects.get(brand=brand, code="label")
    review = make_review(brand)
    decision = decide(review=review, by=reviewer, verdict="rejected", reasons=["label"])
    assert desk.post(page("delete", label), {"post": "yes"}).status_code == 403
    shown = desk.get(page("change", label)).content.decode()
    assert "Verdicts were given with this reason and keep" in shown
    off = {"words": "Label gone", "position": "3"}
    assert desk.post(page("change", label), off).status_code == 302
    label.refresh_from_db()
    assert (label.active, label.words) == (False, "Label gone")
    assert decision.reasons.get().words == "Label wrong or missing"


def test_the_last_one_stays(desk: Client, brand: Brand) -> None:
    Reason.objects.filter(brand=brand).exclude(code="other").update(active=False)
    last = Reason.objects.get(brand=brand, code="other")
    refusal = ["“Other” is the last reason: without one, nothing can be rejected."]
    response = desk.post(page("change", last), {"words": "Other", "position": "9"})
    assert errors(response) == refusal
    assert errors(desk.post(page("delete", last), {"post": "yes"})) == refusal * 2
    last.refresh_from_db()
    assert last.active
    assert not Event.objects.filter(kind__startswith="reason.").exists()


def test_others_see_and_change_nothing(brand: Brand) -> None:
    reason = Reason.objects.get(brand=brand, code="label")
    curator, elsewhere = make_user(brand, Role.CURATOR), make_user(make_brand(), Role.OWNER)
    assert signed_in(curator).get(LIST).status_code == 403
    assert signed_in(curator).post(page("change", reason), {"words": "X", "position": "1"}).status_code == 403
    away = signed_in(elsewhere)
    assert brand.name not in away.get(LIST).content.decode()
    assert away.post(page("change", reason), {"words": "X", "position": "1"}).status_code == 302
    new = {"brand": brand.pk, "words": "X", "code": "x", "position": "1"}
    assert "brand" in away.post(f"{LIST}add/", new).context["adminform"].form.errors
    assert Reason.objects.get(pk=reason.pk).words == "Label wrong or missing"
    assert Reason.objects.filter(brand=brand).count() == 9

"""Whoever asked for pictures is told what was decided on them: once, and gathered."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from brandkit.accounts.mailing import message
from brandkit.accounts.models import Brand, Membership, Notice, User
from generation.signals import swept
from review.deciding import decide, supersede, undo
from review.models import Decision, Review, Untold
from review.telling import tell_due
from tests.factories import make_subject, make_user
from tests.races import at_once
from tests.review.factories import make_review

pytestmark = pytest.mark.django_db


@pytest.fixture
def dana(brand: Brand) -> User:
    return make_user(brand, first_name="Dana", email="dana@example.com")


def judged(brand: Brand, by: User, verdict: str, *reasons: str, asked_by: User, **fields: Any) -> Decision:
    review = make_review(brand, by=asked_by, **fields)
    return decide(review=review, by=by, verdict=verdict, reasons=reasons)


def pass_time() -> None:
    """Everything can be undone no longer, and its telling is due."""
    Decision.objects.update(undo_until=timezone.now() - timedelta(minutes=1))
    Untold.objects.update(due_at=timezone.now())


def told(user: User) -> list[str]:
    return [notice.words for notice in Notice.objects.filter(user=user).order_by("pk")]


def test_it_gathers_all_verdicts_into_one_notice(brand: Brand, reviewer: User, dana: User) -> None:
    for reasons in (["label"], ["colour", "label"]):
        judged(brand, reviewer, "rejected", *reasons, asked_by=dana)
    judged(brand, reviewer, "changes_requested", "shape", asked_by=dana)
    judged(brand, reviewer, "approved", asked_by=dana)
    judged(brand, reviewer, "approved", asked_by=make_user(brand))
    pass_time()
    swept.send(sender=None)
    assert told(dana) == [
        "4 of your pictures were judged: 1 approved, 2 rejected (label wrong or missing, colour off), "
        "1 wants changes (shape changed)."
    ]
    notice = Notice.objects.get(user=dana)
    assert (notice.kind, notice.brand, notice.path) == ("review.told", brand, "/b/acme/verdicts/")
    assert not Untold.objects.exists()
    swept.send(sender=None)
    assert Notice.objects.count() == 2


@pytest.mark.parametrize(
    ("verdict", "reasons", "words"),
    [
        ("approved", [], "Mug in Kitchen was approved."),
        (
            "rejected",
            ["label", "light"],
            "Mug in Kitchen was rejected: label wrong or missing, light or perspective wrong.",
        ),
        ("changes_requested", ["shape"], "Changes are wanted to Mug in Kitchen: shape changed."),
    ],
)
def test_it_names_a_picture_that_is_alone(
    brand: Brand, reviewer: User, dana: User, verdict: str, reasons: list[str], words: str
) -> None:
    given = {"subject": make_subject(brand, name="Mug")}
    decision = judged(brand, reviewer, verdict, *reasons, asked_by=dana, **given)
    decision.review.scene.name = "Kitchen"
    decision.review.scene.save(update_fields=["name"])
    pass_time()
    tell_due()
    assert told(dana) == [words]


def test_the_first_that_is_due_brings_the_others_along(brand: Brand, reviewer: User, dana: User) -> None:
    for _ in range(2):
        judged(brand, reviewer, "approved", asked_by=dana)
    Decision.objects.update(undo_until=timezone.now() - timedelta(minutes=1))
    tell_due()
    assert (told(dana), Untold.objects.count()) == ([], 2)
    first = Untold.objects.earliest("pk")
    assert timedelta(minutes=4) < first.due_at - timezone.now() <= timedelta(minutes=5)
    Untold.objects.filter(pk=first.pk).update(due_at=timezone.now())
    tell_due()
    assert told(dana) == ["2 of your pictures were judged: 2 approved."]


def test_what_can_still_be_undone_is_told_later(brand: Brand, reviewer: User, dana: User) -> None:
    judged(brand, reviewer, "rejected", "shape", asked_by=dana)
    pass_time()
    late = judged(brand, reviewer, "approved", asked_by=dana)
    tell_due()
    assert "was rejected" in told(dana)[0]
    assert [row.decision for row in Untold.objects.all()] == [late]


def test_what_was_undone_is_never_told(brand: Brand, reviewer: User, dana: User) -> None:
    decision = judged(brand, reviewer, "approved", asked_by=dana)
    assert decision.act is not None
    undo(act=decision.act, by=reviewer)
    pass_time()
    tell_due()
    assert told(dana) == []


def test_what_was_superseded_is_told_by_its_last_verdict(brand: Brand, reviewer: User, dana: User) -> None:
    decision = judged(brand, reviewer, "rejected", "shape", asked_by=dana)
    review = Review.objects.for_desk().get(pk=decision.review_id)
    supersede(review=review, by=reviewer, verdict="approved", why="It is meant so.")
    pass_time()
    tell_due()
    [words] = told(dana)
    assert words.endswith("was approved.")


def test_the_first_of_two_approvals_is_no_verdict(
    brand: Brand, reviewer: User, other: User, dana: User
) -> None:
    brand.approvals = 2
    brand.save(update_fields=["approvals"])
    decision = judged(brand, reviewer, "approved", asked_by=dana)
    pass_time()
    tell_due()
    assert told(dana) == []
    decide(review=Review.objects.for_desk().get(pk=decision.review_id), by=other, verdict="approved")
    pass_time()
    tell_due()
    assert len(told(dana)) == 1


def test_each_person_chooses_how_often(brand: Brand, reviewer: User, dana: User) -> None:
    dana.verdict_notices = User.Gathered.NEVER
    dana.save(update_fields=["verdict_notices"])
    judged(brand, reviewer, "approved", asked_by=dana)
    assert not Untold.objects.exists()
    dana.verdict_notices = User.Gathered.DAILY
    dana.save(update_fields=["verdict_notices"])
    judged(brand, reviewer, "approved", asked_by=dana)
    assert Untold.objects.get().due_at > timezone.now() + timedelta(hours=23)
    dana.verdict_notices = User.Gathered.NEVER
    dana.save(update_fields=["verdict_notices"])
    pass_time()
    tell_due()
    assert (told(dana), Untold.objects.count()) == ([], 0)


def test_who_has_left_the_brand_is_told_nothing(brand: Brand, reviewer: User, dana: User) -> None:
    judged(brand, reviewer, "approved", asked_by=dana)
    Membership.objects.filter(user=dana).delete()
    pass_time()
    tell_due()
    assert (told(dana), Untold.objects.count()) == ([], 0)


def test_the_mail_reads_well(brand: Brand, reviewer: User, dana: User, settings: Any) -> None:
    settings.BRANDKIT_SENDS_MAIL = True
    for _ in range(2):
        judged(brand, reviewer, "rejected", "label", asked_by=dana)
    pass_time()
    tell_due()
    notice = Notice.objects.get()
    assert notice.mail_at is not None
    letter = message(notice)
    words = "2 of your pictures were judged: 2 rejected (label wrong or missing)."
    assert letter.subject == f"{brand}: {words}"
    assert letter.body.startswith(f"{words}\n\nSee it: ")
    assert mail.outbox == []


@pytest.mark.django_db(transaction=True)
def test_many_workers_tell_each_verdict_once(brand: Brand, reviewer: User, dana: User) -> None:
    people = [dana, make_user(brand)]
    for person in people * 2:
        judged(brand, reviewer, "approved", asked_by=person)
    pass_time()
    at_once(6, tell_due)
    assert [told(person) for person in people] == [["2 of your pictures were judged: 2 approved."]] * 2
    assert not Untold.objects.exists()

"""Verdicts: who may give which, what they lead to, and what is told to those who come late."""

from typing import Any

import pytest

from brandkit.accounts.models import Brand, Role, User
from brandkit.common.errors import Conflict, Invalid, NotAllowed, NotFound
from brandkit.common.models import history
from generation.models import Output
from generation.services import retry
from generation.signals import output_ready, ticked
from review.claiming import claim, release
from review.deciding import decide
from review.models import AssetVersion, Decision, Review
from review.waiting import queue
from tests.factories import make_brand, make_generation, make_output, make_user
from tests.review.factories import kinds, make_review, public_files, too_late

pytestmark = pytest.mark.django_db


def assert_untouched(review: Review) -> None:
    review.refresh_from_db()
    assert review.state == "waiting"
    assert kinds(review) == ["waiting"]
    assert not Decision.objects.exists()
    assert public_files() == []


def test_it_rejects_with_a_reason_and_publishes_nothing(brand: Brand, reviewer: User) -> None:
    review = make_review(brand)
    why = ["label", "scene", "label"]
    decision = decide(review=review, by=reviewer, verdict="rejected", reasons=why, note=" The R is gone. ")
    review.refresh_from_db()
    assert review.state == "rejected"
    assert (decision.verdict, decision.note) == ("rejected", "The R is gone.")
    assert [reason.words for reason in decision.reasons.all()] == ["Label wrong or missing", "Scene wrong"]
    assert decision.decided_by == reviewer
    assert kinds(review) == ["waiting", "claimed", "rejected"]
    assert history(review).last().data == {  # type: ignore[union-attr]  # there is one
        "from": "claimed",
        "reasons": ["label", "scene"],
        "note": "The R is gone.",
    }
    assert not AssetVersion.objects.exists()
    assert public_files() == []


def test_it_publishes_what_is_approved_when_it_can_no_longer_be_undone(brand: Brand, reviewer: User) -> None:
    review = make_review(brand)
    decide(review=review, by=reviewer, verdict="approved")
    ticked.send_robust(sender=None)
    assert (Review.objects.get().state, public_files()) == ("approved", [])
    too_late(review)
    ticked.send_robust(sender=None)
    assert Review.objects.get().state == "published"
    assert kinds(review) == ["waiting", "claimed", "approved", "published"]
    version = AssetVersion.objects.get(review=review)
    assert version.approved_at == review.decisions.get().decided_at
    assert len(public_files()) == 1


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"verdict": "rejected"}, "Say why, with one or more of: shape, colour"),
        ({"verdict": "rejected", "reasons": ["label", "ugly"]}, "Say why, with one or more of"),
        ({"verdict": "approved", "reasons": ["label"]}, "A reason goes with a rejection or changes"),
        ({"verdict": "changes_requested"}, "Say why, with one or more of"),
        ({"verdict": "published"}, "The verdict is one of: approved, rejected"),
    ],
)
def test_it_refuses_what_makes_no_sense(
    brand: Brand, reviewer: User, said: dict[str, Any], words: str
) -> None:
    review = make_review(brand)
    with pytest.raises(Invalid, match=words):
        decide(review=review, by=reviewer, **said)
    assert_untouched(review)


def test_it_refuses_a_verdict_on_ones_own_request(brand: Brand, reviewer: User) -> None:
    review = make_review(brand, by=reviewer)
    for act in (claim, release):
        with pytest.raises(NotAllowed, match="You asked for this picture yourself"):
            act(review=review, by=reviewer)
    with pytest.raises(NotAllowed, match="You asked for this picture yourself"):
        decide(review=review, by=reviewer, verdict="approved")
    assert_untouched(review)


def test_it_counts_what_one_asked_for_again_as_ones_own(brand: Brand, reviewer: User) -> None:
    designer = make_user(brand)
    failed = make_generation(brand, by=designer, state="failed")
    retry(generation=failed, by=reviewer, send=False)
    failed.refresh_from_db()
    output_ready.send(sender=Output, output=make_output(failed))
    review = Review.objects.get()
    assert (review.requested_by, review.asked_again_by) == (designer, reviewer)
    assert not queue(brand, reviewer).exists()
    assert list(queue(brand, make_user(brand, Role.REVIEWER))) == [review]
    with pytest.raises(NotAllowed, match="You asked for this picture yourself"):
        decide(review=review, by=reviewer, verdict="approved")
    assert_untouched(review)


def test_it_lets_people_judge_their_own_where_the_brand_allows(reviewer: User) -> None:
    brand = make_brand(allow_self_review=True)
    owner = make_user(brand, Role.OWNER)
    review = make_review(brand, by=owner)
    decide(review=review, by=owner, verdict="approved")
    assert Review.objects.get().state == "approved"


def test_it_refuses_people_without_the_right(brand: Brand) -> None:
    review = make_review(brand)
    with pytest.raises(NotAllowed):
        decide(review=review, by=make_user(brand, Role.DESIGNER), verdict="approved")
    with pytest.raises(NotFound):
        decide(review=review, by=make_user(make_brand(), Role.OWNER), verdict="approved")
    assert_untouched(review)


def test_it_refuses_an_approval_that_its_format_can_not_hold(brand: Brand, reviewer: User) -> None:
    review = make_review(brand, output={"subject_box": [0.0, 0.0, 1.0, 1.0], "height": 512})
    with pytest.raises(Invalid, match="No crop of this format's shape holds the whole subject"):
        decide(review=review, by=reviewer, verdict="approved")
    assert_untouched(review)
    decide(review=review, by=reviewer, verdict="rejected", reasons=["scene"])
    assert Review.objects.get().state == "rejected"


def test_it_tells_the_second_who_was_faster_and_what_they_said(
    brand: Brand, reviewer: User, other: User
) -> None:
    review = make_review(brand)
    late = Review.objects.for_desk().get(pk=review.pk)
    decide(review=review, by=reviewer, verdict="rejected", reasons=["colour"])
    with pytest.raises(Conflict, match="Ruth has rejected this picture already"):
        decide(review=late, by=other, verdict="approved")
    with pytest.raises(Conflict, match="You have rejected this picture already"):
        decide(review=late, by=reviewer, verdict="approved")
    assert Decision.objects.count() == 1
    assert kinds(review) == ["waiting", "claimed", "rejected"]
    assert public_files() == []


def test_it_refuses_a_verdict_on_what_another_looks_at(brand: Brand, reviewer: User, other: User) -> None:
    review = make_review(brand)
    claim(review=review, by=other)
    with pytest.raises(Conflict, match="Otto is looking at this picture"):
        decide(review=review, by=reviewer, verdict="approved")
    assert not Decision.objects.exists()


@pytest.mark.parametrize("note", ["x" * 5001, "a\0b"])
def test_it_takes_no_note_that_can_not_be_kept(brand: Brand, reviewer: User, note: str) -> None:
    review = make_review(brand)
    with pytest.raises(Invalid, match="at most 5000 characters"):
        decide(review=review, by=reviewer, verdict="rejected", reasons=["label"], note=note)
    review.refresh_from_db()
    assert review.state == "waiting"

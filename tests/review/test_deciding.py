"""Verdicts: who may give which, what they lead to, and what is told to those who come late."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from brandkit.accounts.models import Brand, Role, User
from brandkit.common.errors import Conflict, Invalid, NotAllowed, NotFound
from brandkit.common.models import history
from generation.models import Output
from generation.services import retry
from generation.signals import output_ready, ticked
from review.claiming import claim, release
from review.deciding import decide, decide_many
from review.models import AssetVersion, Decision, Review, Untold
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


def test_it_keeps_what_was_seen_and_for_how_long(brand: Brand, reviewer: User) -> None:
    flags = [{"code": "too_small", "words": "It came as 512 × 512."}]
    review, unseen = make_review(brand, output={"flags": flags}), make_review(brand)
    claim(review=review, by=reviewer)
    Review.objects.filter(pk=review.pk).update(claimed_at=timezone.now() - timedelta(seconds=42))
    decision = decide(review=review, by=reviewer, verdict="rejected", reasons=["artefact"])
    assert decision.seen == {"output": review.output.sha256, "flags": ["too_small"]}
    assert decision.seconds == pytest.approx(42, abs=5)
    assert decide(review=unseen, by=reviewer, verdict="approved").seconds is None


def test_it_decides_on_many_at_one_stroke_and_tells_which_not(
    brand: Brand, reviewer: User, other: User
) -> None:
    free, held, own, decided = (
        make_review(brand),
        make_review(brand),
        make_review(brand, by=reviewer),
        make_review(brand),
    )
    claim(review=held, by=other)
    decide(review=decided, by=other, verdict="approved")
    numbers = [free.pk, held.pk, own.pk, decided.pk]
    stroke = decide_many(brand=brand, reviews=numbers, by=reviewer, verdict="rejected", reasons=["scene"])
    assert stroke.done == [free]
    assert [review for review, _ in stroke.refused] == [held, own, decided]
    assert [words.split(",")[0].rstrip(".") for _, words in stroke.refused] == [
        "Otto is looking at this picture",
        "You asked for this picture yourself",
        "Otto has approved this picture already",
    ]
    given = Decision.objects.get(review=free)
    assert (given.act, given.undo_until) == (stroke.act, stroke.until)
    assert Decision.objects.count() == 2


def test_it_writes_many_in_as_few_queries_as_two(
    brand: Brand, reviewer: User, django_assert_num_queries: Any
) -> None:
    asker = make_user(brand)
    for count in (2, 5):
        numbers = [make_review(brand, by=asker).pk for _ in range(count)]
        with django_assert_num_queries(12):
            stroke = decide_many(
                brand=brand, reviews=numbers, by=reviewer, verdict="rejected", reasons=["scene"]
            )
        assert Untold.objects.filter(decision__act=stroke.act, user=asker).count() == count


def test_it_refuses_a_stroke_as_a_whole(brand: Brand, reviewer: User, other: User) -> None:
    review, foreign = make_review(brand), make_review(make_brand())
    refused: list[tuple[type[Exception], dict[str, Any]]] = [
        (Invalid, {"reviews": []}),
        (Invalid, {"reviews": list(range(1, 202))}),
        (Invalid, {"verdict": "changes_requested", "reasons": ["scene"]}),
        (Invalid, {"verdict": "rejected"}),
        (NotFound, {"reviews": [review.pk, foreign.pk]}),
        (NotAllowed, {"by": make_user(brand)}),
    ]
    for error, said in refused:
        with pytest.raises(error):
            decide_many(
                **{"brand": brand, "reviews": [review.pk], "by": reviewer, "verdict": "approved", **said}
            )
    assert_untouched(review)

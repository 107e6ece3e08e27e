"""Verdicts taken back within ten seconds: what stands then, and who comes too late."""

from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from brandkit.accounts.models import Brand, Role, User
from brandkit.common.errors import Conflict, NotFound
from generation.models import Generation
from review import origin
from review.claiming import claim
from review.deciding import Stroke, decide, decide_many, supersede, undo
from review.models import AssetVersion, Decision, Review, Untold
from review.publishing import actions
from review.publishing.actions import publish, publish_due
from tests.factories import add_line, make_batch, make_generation, make_user
from tests.review.factories import kinds, make_review, public_files, too_late

pytestmark = pytest.mark.django_db

LATE = "The ten seconds are over. Change the verdict instead, and say why."
OLD = "This verdict is undone already, or there is a newer one."


def act_of(decision: Decision) -> Any:
    assert decision.act is not None
    return decision.act


def refusals(stroke: Stroke) -> list[str]:
    assert stroke.done == []
    return [words for _, words in stroke.refused]


@pytest.mark.parametrize("verdict", ["approved", "rejected", "changes_requested"])
def test_it_takes_a_verdict_back_and_holds_the_picture(brand: Brand, reviewer: User, verdict: str) -> None:
    review = make_review(brand, by=make_user(brand))
    why = [] if verdict == "approved" else ["label"]
    decision = decide(review=review, by=reviewer, verdict=verdict, reasons=why)
    assert Untold.objects.get().decision == decision
    assert undo(act=act_of(decision), by=reviewer).done == [review]
    review.refresh_from_db()
    assert (review.state, review.claimed_by, review.retry_at) == ("claimed", reviewer, None)
    undone = Decision.objects.latest("id")
    assert (undone.verdict, undone.supersedes, undone.undo_until) == ("undone", decision, None)
    assert not Untold.objects.exists()
    assert kinds(review) == ["waiting", "claimed", verdict, "waiting", "claimed"]
    too_late(review)
    publish_due()
    assert public_files() == []
    given = {"approved": "approved", "rejected": "rejected", "changes_requested": "changes wanted"}[verdict]
    assert [one.words for one in origin.trail(review)][-2:] == [f"Undone: {given}", "Taken to be looked at"]


def test_it_undoes_once(brand: Brand, reviewer: User) -> None:
    review = make_review(brand)
    decision = decide(review=review, by=reviewer, verdict="approved")
    undo(act=act_of(decision), by=reviewer)
    assert refusals(undo(act=act_of(decision), by=reviewer)) == [OLD]
    assert Decision.objects.filter(verdict="undone").count() == 1


def test_nobody_undoes_what_others_decided(brand: Brand, reviewer: User, other: User) -> None:
    decision = decide(review=make_review(brand), by=reviewer, verdict="approved")
    for act, by in ((act_of(decision), other), (uuid4(), reviewer)):
        with pytest.raises(NotFound):
            undo(act=act, by=by)
    assert (Review.objects.get().state, Decision.objects.count()) == ("approved", 1)


def test_it_undoes_nothing_after_ten_seconds(brand: Brand, reviewer: User) -> None:
    review = make_review(brand)
    decision = decide(review=review, by=reviewer, verdict="approved")
    assert decision.undo_until is not None
    assert decision.undo_until == review.retry_at, "what can't be undone any more is published, and no sooner"
    assert abs((decision.undo_until - decision.decided_at).total_seconds() - 10) < 1
    with pytest.raises(Conflict, match="It is published in some seconds"):
        publish(review=review, by=reviewer)
    too_late(review)
    assert refusals(undo(act=act_of(decision), by=reviewer)) == [LATE]
    publish_due()
    assert refusals(undo(act=act_of(decision), by=reviewer)) == [LATE]
    assert (Review.objects.get().state, len(public_files())) == ("published", 1)


def test_it_leaves_no_file_of_what_is_undone_while_it_is_published(
    brand: Brand, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    review = make_review(brand)
    decision = decide(review=review, by=reviewer, verdict="approved")
    make = actions._make

    def undone_meanwhile(*args: Any) -> Any:
        """And approved anew at once: that one has its own ten seconds."""
        undo(act=act_of(decision), by=reviewer)
        decide(review=Review.objects.for_desk().get(), by=reviewer, verdict="approved")
        return make(*args)

    Review.objects.update(retry_at=timezone.now())  # another machine's clock is fast
    monkeypatch.setattr(actions, "_make", undone_meanwhile)
    publish_due()
    review.refresh_from_db()
    assert (review.state, review.problem, public_files()) == ("approved", "", [])
    assert review.retry_at == review.decisions.latest("id").undo_until
    assert not AssetVersion.objects.exists()


def test_it_undoes_a_bulk_as_far_as_nobody_went_on(brand: Brand, reviewer: User, other: User) -> None:
    first, second, third = (make_review(brand) for _ in range(3))
    numbers = [first.pk, second.pk, third.pk]
    stroke = decide_many(brand=brand, reviews=numbers, by=reviewer, verdict="approved")
    changed = Review.objects.for_desk().get(pk=second.pk)
    supersede(review=changed, by=other, verdict="rejected", reasons=["scene"], why="The table is gone.")
    back = undo(act=stroke.act, by=reviewer)
    assert (back.done, back.refused) == ([first, third], [(second, OLD)])
    assert list(Review.objects.values_list("state", "claimed_by")) == [
        ("waiting", None),
        ("rejected", other.pk),
        ("waiting", None),
    ]


def asked_for(review: Review, by: User, **fields: Any) -> tuple[Decision, Generation]:
    """Changes wanted to it, and the picture that is made instead."""
    parent = review.output.generation
    asked = make_generation(review.brand, **{"subject": parent.subject, "parent": parent, **fields})
    decision = decide(review=review, by=by, verdict="changes_requested", reasons=["light"], asked=asked)
    return decision, asked


def test_it_cancels_what_was_asked_for_instead(brand: Brand, reviewer: User) -> None:
    decision, asked = asked_for(make_review(brand), reviewer)
    undo(act=act_of(decision), by=reviewer)
    asked.refresh_from_db()
    assert (asked.state, Review.objects.get().state) == ("cancelled", "claimed")


@pytest.mark.parametrize("why", ["running", "not its own", "in a batch", "wanted instead of another"])
def test_it_leaves_what_others_want_or_is_being_made(
    brand: Brand, reviewer: User, other: User, why: str
) -> None:
    review = make_review(brand)
    made: dict[str, dict[str, Any]] = {"running": {"state": "running"}, "not its own": {"parent": None}}
    decision, asked = asked_for(review, reviewer, **made.get(why, {}))
    if why == "in a batch":
        add_line(make_batch(brand), [asked])
    if why == "wanted instead of another":
        said: dict[str, Any] = {"verdict": "changes_requested", "reasons": ["light"]}
        decide(review=make_review(brand), by=other, asked=asked, **said)
    before = Generation.objects.get(pk=asked.pk).state
    undo(act=act_of(decision), by=reviewer)
    review.refresh_from_db()
    assert (Generation.objects.get(pk=asked.pk).state, review.state) == (before, "claimed")


def test_it_does_not_take_a_picture_from_who_looks_at_it_meanwhile(brand: Brand, reviewer: User) -> None:
    brand.approvals = 2
    brand.save(update_fields=["approvals"])
    review, otto = make_review(brand), make_user(brand, Role.REVIEWER)
    decision = decide(review=review, by=reviewer, verdict="approved")
    looked_at = Review.objects.for_desk().get()
    claim(review=looked_at, by=otto)
    assert undo(act=act_of(decision), by=reviewer).done == [review]
    now = Review.objects.for_desk().get()
    assert (now.state, now.claimed_by, now.first_approval_by) == ("claimed", otto, None)
    assert kinds(review)[-1] == "undone"
    decide(review=now, by=otto, verdict="approved")
    now.refresh_from_db()
    assert (now.state, now.first_approval_by) == ("waiting", otto), "his is the first one now"
    decide(review=now, by=reviewer, verdict="approved")
    assert Review.objects.get().state == "approved"


def test_it_undoes_nothing_for_who_may_decide_no_more(brand: Brand, reviewer: User) -> None:
    review = make_review(brand)
    act = act_of(decide(review=review, by=reviewer, verdict="approved"))
    brand.memberships.filter(user=reviewer).delete()
    with pytest.raises(NotFound):
        undo(act=act, by=reviewer)
    review.refresh_from_db()
    assert (review.state, review.decisions.count()) == ("approved", 1)

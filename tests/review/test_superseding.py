"""A verdict in place of another, and two approvals of different people."""

from typing import Any

import pytest

from brandkit.accounts.models import Brand, Role, User
from brandkit.common.errors import Conflict, Invalid, NotAllowed
from brandkit.common.models import history
from review import origin
from review.claiming import claim, take_over
from review.deciding import decide, supersede, undo
from review.models import Decision, Review, Untold
from review.publishing.actions import publish_due
from review.waiting import take_next
from tests.factories import make_user
from tests.review.factories import kinds, make_published, make_review, public_files, too_late

pytestmark = pytest.mark.django_db

NO: dict[str, Any] = {"verdict": "rejected", "reasons": ["colour"], "why": "Seen in daylight."}
YES = {"verdict": "approved", "why": "The client likes it."}


@pytest.fixture
def careful(brand: Brand) -> Brand:
    """A brand that wants two approvals."""
    brand.approvals = 2
    brand.save(update_fields=["approvals"])
    return brand


def fresh(review: Review) -> Review:
    return Review.objects.for_desk().get(pk=review.pk)


def stands(review: Review) -> tuple[str, User | None]:
    now = fresh(review)
    return now.state, now.first_approval_by


def test_it_takes_back_what_is_published_and_keeps_both_verdicts(
    brand: Brand, reviewer: User, other: User
) -> None:
    version = make_published(brand, by=reviewer)
    review = fresh(version.review)
    decision = supersede(review=review, by=other, note="Too warm.", **NO)
    assert stands(review) == ("recalled", None)
    assert public_files() == []
    version.refresh_from_db()
    assert version.recalled_by == other
    assert list(review.decisions.values_list("verdict", "decided_by", "why")) == [
        ("approved", reviewer.pk, ""),
        ("rejected", other.pk, "Seen in daylight."),
    ]
    assert (decision.supersedes, decision.undo_until) == (review.decisions.first(), None)
    last = origin.trail(review)[-1]
    assert last.words == "Taken back"
    assert last.detail == "Colour off; “Too warm.”; in place of another verdict: “Seen in daylight.”"
    with pytest.raises(Conflict, match="There is no verdict to change: this picture is taken back"):
        supersede(review=review, by=other, **YES)


def test_it_publishes_what_is_approved_after_all(brand: Brand, reviewer: User, other: User) -> None:
    review = make_review(brand, by=make_user(brand))
    decide(review=review, by=reviewer, verdict="rejected", reasons=["label"])
    decision = supersede(review=review, by=other, **YES)
    assert Untold.objects.get().decision == decision, "the other is not told any more"
    publish_due()
    assert stands(review) == ("approved", None)
    too_late(review)
    publish_due()
    assert stands(review) == ("published", None)
    assert review.asset_version.published_by == other


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({**NO, "why": " "}, "Say why the verdict changes"),
        ({"verdict": "approved", "why": "x"}, "That is the verdict already"),
        ({**NO, "verdict": "changes_requested"}, "Changes are asked for while a picture waits"),
        ({"verdict": "rejected", "why": "x"}, "Say why, with one or more of"),
    ],
)
def test_it_changes_nothing_that_makes_no_sense(
    brand: Brand, reviewer: User, said: dict[str, Any], words: str
) -> None:
    review = make_review(brand)
    decide(review=review, by=reviewer, verdict="approved")
    with pytest.raises(Invalid, match=words):
        supersede(review=review, by=reviewer, **said)
    assert (stands(review), Decision.objects.count()) == (("approved", None), 1)


def test_it_changes_no_verdict_that_is_not_there_or_on_ones_own(brand: Brand, reviewer: User) -> None:
    waiting, own = make_review(brand), make_review(brand, by=reviewer)
    with pytest.raises(Conflict, match="There is no verdict to change: this picture is waiting"):
        supersede(review=waiting, by=reviewer, **YES)
    decide(review=own, by=make_user(brand, Role.OWNER), verdict="approved")
    with pytest.raises(NotAllowed, match="You asked for this picture yourself"):
        supersede(review=own, by=reviewer, **NO)
    with pytest.raises(NotAllowed):
        supersede(review=own, by=make_user(brand), **NO)
    assert Decision.objects.count() == 1


def test_it_tells_the_second_who_changed_it_first(brand: Brand, reviewer: User, other: User) -> None:
    review = make_review(brand)
    decide(review=review, by=reviewer, verdict="approved")
    late = fresh(review)
    supersede(review=review, by=reviewer, **NO)
    with pytest.raises(Conflict, match="Ruth has rejected this picture already"):
        supersede(review=late, by=other, **NO)
    assert Decision.objects.count() == 2


def test_it_wants_two_approvals_of_different_people(careful: Brand, reviewer: User, other: User) -> None:
    review = make_review(careful, by=make_user(careful))
    decide(review=review, by=reviewer, verdict="approved")
    assert stands(review) == ("waiting", reviewer)
    assert not Untold.objects.exists()
    for act in (
        lambda: decide(review=fresh(review), by=reviewer, verdict="approved"),
        lambda: claim(review=fresh(review), by=reviewer),
    ):
        with pytest.raises(NotAllowed, match="the second approval is somebody else's"):
            act()
    assert take_next(brand=careful, user=reviewer) is None
    decide(review=fresh(review), by=other, verdict="approved")
    assert stands(review) == ("approved", reviewer)
    assert Untold.objects.count() == 1
    assert [one.words for one in origin.trail(review)] == [
        "Waits for review",
        "Approved, the first of two",
        "Approved",
    ]


def test_nobody_gives_both_approvals_from_two_windows(careful: Brand, reviewer: User) -> None:
    review = make_review(careful)
    late = fresh(review)
    decide(review=review, by=reviewer, verdict="approved")
    with pytest.raises(NotAllowed, match="the second approval is somebody else's"):
        decide(review=late, by=reviewer, verdict="approved")
    assert stands(review) == ("waiting", reviewer)


def test_nobody_gives_both_approvals_by_changing_a_verdict(
    careful: Brand, reviewer: User, other: User
) -> None:
    review = make_review(careful)
    decide(review=review, by=reviewer, verdict="approved")
    decide(review=fresh(review), by=other, verdict="rejected", reasons=["label"])
    supersede(review=fresh(review), by=reviewer, **YES)
    assert stands(review) == ("waiting", reviewer)
    decide(review=fresh(review), by=other, verdict="approved")
    assert stands(review) == ("approved", reviewer)


def test_a_first_approval_is_taken_back_by_a_rejection(careful: Brand, reviewer: User, other: User) -> None:
    review = make_review(careful)
    given = decide(review=review, by=reviewer, verdict="approved")
    held = fresh(review)
    claim(review=held, by=other)
    with pytest.raises(Conflict, match="Otto is looking at this picture"):
        supersede(review=fresh(review), by=reviewer, **NO)
    Review.objects.update(state="waiting", claimed_by=None, claimed_until=None)
    changed = supersede(review=fresh(review), by=reviewer, **NO)
    assert (stands(review)[0], changed.supersedes) == ("rejected", given)


def test_one_approval_is_enough_once_the_brand_says_so(careful: Brand, reviewer: User) -> None:
    review = make_review(careful)
    decide(review=review, by=reviewer, verdict="approved")
    careful.approvals = 1
    careful.save(update_fields=["approvals"])
    assert take_next(brand=careful, user=reviewer) == review
    decide(review=fresh(review), by=reviewer, verdict="approved")
    assert stands(review)[0] == "approved"


def test_it_wants_a_second_approval_once_the_brand_says_so(brand: Brand, reviewer: User, other: User) -> None:
    review, decided = make_review(brand), make_review(brand)
    claim(review=review, by=reviewer)
    decide(review=decided, by=reviewer, verdict="approved")
    brand.approvals = 2
    brand.save(update_fields=["approvals"])
    decide(review=fresh(review), by=reviewer, verdict="approved")
    assert (stands(review), stands(decided)) == (("waiting", reviewer), ("approved", None))


def test_an_undone_second_approval_leaves_the_first(careful: Brand, reviewer: User, other: User) -> None:
    review = make_review(careful)
    decide(review=review, by=reviewer, verdict="approved")
    second = decide(review=fresh(review), by=other, verdict="approved")
    assert second.act is not None
    undo(act=second.act, by=other)
    assert stands(review) == ("claimed", reviewer)


def test_owners_take_a_picture_from_who_holds_it(brand: Brand, reviewer: User) -> None:
    review, owner = make_review(brand), make_user(brand, Role.OWNER, first_name="Olga")
    claim(review=review, by=reviewer)
    with pytest.raises(NotAllowed):
        take_over(review=fresh(review), by=make_user(brand, Role.REVIEWER))
    take_over(review=fresh(review), by=owner)
    assert fresh(review).claimed_by == owner
    event = history(review).last()
    assert event is not None
    assert event.data == {"from": "claimed", "taken_from": reviewer.pk}
    assert origin.trail(review)[-1].words == "Taken over from Ruth"
    take_over(review=fresh(review), by=owner)
    assert kinds(review) == ["waiting", "claimed", "claimed"]
    with pytest.raises(Conflict, match="Olga is looking at this picture"):
        decide(review=fresh(review), by=reviewer, verdict="approved")

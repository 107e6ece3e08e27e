"""The review desk: who sees what next, who holds it, and the one verdict."""

from datetime import timedelta

import pytest
from django.utils import timezone

from brandkit.accounts.models import Brand, Role, User
from brandkit.common.errors import Conflict, Invalid, NotAllowed, NotFound
from brandkit.common.models import history
from generation.models import Output
from generation.services import retry
from generation.signals import output_ready
from review.claiming import claim, release
from review.deciding import decide
from review.models import AssetVersion, Decision, Review
from review.waiting import next_for, queue, take_next
from tests.conftest import stored_files
from tests.factories import make_brand, make_generation, make_output, make_user
from tests.review.factories import make_review

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewer(brand: Brand) -> User:
    return make_user(brand, Role.REVIEWER, first_name="Ruth", last_name="Roe")


@pytest.fixture
def other(brand: Brand) -> User:
    return make_user(brand, Role.REVIEWER, first_name="Otto")


def run_out(review: Review) -> None:
    Review.objects.filter(pk=review.pk).update(claimed_until=timezone.now() - timedelta(seconds=1))


def kinds(review: Review) -> list[str]:
    return [event.kind for event in history(review)]


def public_files() -> list[str]:
    return [name for name in stored_files() if name.startswith("public/")]


def test_it_opens_one_review_on_an_output_however_often_it_is_told(brand: Brand) -> None:
    designer = make_user(brand)
    review = make_review(brand, by=designer)
    output_ready.send(sender=Output, output=review.output)
    assert Review.objects.get() == review
    assert (review.state, review.brand, review.requested_by) == ("waiting", brand, designer)
    assert kinds(review) == ["review.waiting"]


def test_it_queues_the_oldest_first_and_only_of_this_brand(brand: Brand, reviewer: User) -> None:
    first, second = make_review(brand), make_review(brand)
    make_review(make_brand())
    assert list(queue(brand, reviewer)) == [first, second]
    assert next_for(brand=brand, user=reviewer) == first


def test_it_offers_nothing_to_people_who_may_not_decide(brand: Brand) -> None:
    make_review(brand)
    for user in (
        make_user(brand, Role.DESIGNER),
        make_user(brand, Role.CURATOR),
        make_user(make_brand(), Role.OWNER),
    ):
        assert not queue(brand, user).exists()
        assert next_for(brand=brand, user=user) is None


def test_it_keeps_own_requests_out_of_the_queue_unless_the_brand_allows(brand: Brand, reviewer: User) -> None:
    own, others = make_review(brand, by=reviewer), make_review(brand)
    assert list(queue(brand, reviewer)) == [others]
    brand.allow_self_review = True
    brand.save(update_fields=["allow_self_review"])
    assert list(queue(brand, reviewer)) == [own, others]


def test_it_gives_two_reviewers_two_pictures(brand: Brand, reviewer: User, other: User) -> None:
    first, second = make_review(brand), make_review(brand)
    assert take_next(brand=brand, user=reviewer) == first
    assert take_next(brand=brand, user=other) == second
    assert take_next(brand=brand, user=reviewer) == first, "what one holds already comes first"
    assert take_next(brand=brand, user=make_user(brand, Role.OWNER)) is None


def test_it_tells_who_holds_a_picture(brand: Brand, reviewer: User, other: User) -> None:
    review = make_review(brand)
    claim(review=review, by=reviewer)
    with pytest.raises(Conflict, match=r"Ruth Roe is looking at this picture, until \d\d:\d\d at most"):
        claim(review=review, by=other)
    review.refresh_from_db()
    assert review.claimed_by == reviewer
    assert kinds(review) == ["review.waiting", "review.claimed"]


def test_it_holds_on_for_the_holder_without_a_word(brand: Brand, reviewer: User) -> None:
    review = make_review(brand)
    claim(review=review, by=reviewer)
    run_out(review)
    claim(review=review, by=reviewer)
    review.refresh_from_db()
    assert review.claimed_until is not None
    assert review.claimed_until > timezone.now()
    assert kinds(review) == ["review.waiting", "review.claimed"]


def test_it_passes_on_a_claim_that_has_run_out(brand: Brand, reviewer: User, other: User) -> None:
    review = make_review(brand)
    claim(review=review, by=reviewer)
    run_out(review)
    assert take_next(brand=brand, user=other) == review
    review.refresh_from_db()
    assert review.claimed_by == other


def test_it_puts_a_picture_back(brand: Brand, reviewer: User, other: User) -> None:
    review = make_review(brand)
    claim(review=review, by=reviewer)
    with pytest.raises(Conflict, match="Ruth Roe is looking"):
        release(review=Review.objects.get(pk=review.pk), by=other)
    release(review=review, by=reviewer)
    assert next_for(brand=brand, user=other) == review
    assert kinds(review) == ["review.waiting", "review.claimed", "review.waiting"]


def test_it_rejects_with_a_reason_and_publishes_nothing(brand: Brand, reviewer: User) -> None:
    review = make_review(brand)
    decision = decide(review=review, by=reviewer, verdict="rejected", reason="label", note=" The R is gone. ")
    review.refresh_from_db()
    assert review.state == "rejected"
    assert (decision.verdict, decision.reason, decision.note) == ("rejected", "label", "The R is gone.")
    assert decision.decided_by == reviewer
    assert kinds(review) == ["review.waiting", "review.claimed", "review.rejected"]
    assert history(review).last().data == {  # type: ignore[union-attr]  # there is one
        "from": "claimed",
        "reason": "label",
        "note": "The R is gone.",
    }
    assert not AssetVersion.objects.exists()
    assert public_files() == []


def test_it_publishes_what_is_approved(brand: Brand, reviewer: User) -> None:
    review = make_review(brand)
    decide(review=review, by=reviewer, verdict="approved")
    review.refresh_from_db()
    assert review.state == "published"
    assert kinds(review) == ["review.waiting", "review.claimed", "review.approved", "review.published"]
    version = AssetVersion.objects.get(review=review)
    assert version.approved_at == review.decisions.get().decided_at
    assert len(public_files()) == 1


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"verdict": "rejected"}, "Say why it is rejected, with one of: shape, colour"),
        ({"verdict": "rejected", "reason": "ugly"}, "Say why it is rejected"),
        ({"verdict": "approved", "reason": "label"}, "A reason goes with a rejection only"),
        ({"verdict": "changes_requested", "reason": "label"}, "The verdict is one of: approved, rejected"),
        ({"verdict": "published"}, "The verdict is one of: approved, rejected"),
    ],
)
def test_it_refuses_what_makes_no_sense(
    brand: Brand, reviewer: User, said: dict[str, str], words: str
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
    assert Review.objects.get().state == "published"


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
    decide(review=review, by=reviewer, verdict="rejected", reason="scene")
    assert Review.objects.get().state == "rejected"


def test_it_tells_the_second_who_was_faster_and_what_they_said(
    brand: Brand, reviewer: User, other: User
) -> None:
    review = make_review(brand)
    late = Review.objects.for_desk().get(pk=review.pk)
    decide(review=review, by=reviewer, verdict="rejected", reason="colour")
    with pytest.raises(Conflict, match="Ruth Roe has rejected this picture already"):
        decide(review=late, by=other, verdict="approved")
    with pytest.raises(Conflict, match="You have rejected this picture already"):
        decide(review=late, by=reviewer, verdict="approved")
    assert Decision.objects.count() == 1
    assert kinds(review) == ["review.waiting", "review.claimed", "review.rejected"]
    assert public_files() == []


def test_it_refuses_a_verdict_on_what_another_looks_at(brand: Brand, reviewer: User, other: User) -> None:
    review = make_review(brand)
    claim(review=review, by=other)
    with pytest.raises(Conflict, match="Otto is looking at this picture"):
        decide(review=review, by=reviewer, verdict="approved")
    assert not Decision.objects.exists()


def assert_untouched(review: Review) -> None:
    review.refresh_from_db()
    assert review.state == "waiting"
    assert kinds(review) == ["review.waiting"]
    assert not Decision.objects.exists()
    assert public_files() == []


@pytest.mark.parametrize("note", ["x" * 5001, "a\0b"])
def test_it_takes_no_note_that_can_not_be_kept(brand: Brand, reviewer: User, note: str) -> None:
    review = make_review(brand)
    with pytest.raises(Invalid, match="at most 5000 characters"):
        decide(review=review, by=reviewer, verdict="rejected", reason="label", note=note)
    review.refresh_from_db()
    assert review.state == "waiting"

"""Two at once: one decision, and the other is told."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from brandkit.accounts.models import Role, User
from brandkit.common.errors import BrandkitError, Conflict
from brandkit.common.models import Event
from review.claiming import claim
from review.deciding import Stroke, decide, decide_many, supersede, undo
from review.models import AssetVersion, Decision, Review
from review.publishing.actions import publish, publish_due, unpublish
from review.waiting import take_next
from tests.factories import make_brand, make_user
from tests.review.factories import kinds, make_published, make_review, public_files, too_late
from tests.review.test_publishing import inputs, other_picture

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works: Callable[[], object]) -> list[object]:
    """What each returned, or the BrandkitError that it raised. They start together."""
    start = Barrier(len(works))

    def run(work: Callable[[], object]) -> object:
        try:
            start.wait()
            return work()
        except BrandkitError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def conflicts(answers: list[object]) -> list[str]:
    return [answer.message for answer in answers if isinstance(answer, Conflict)]


def fresh(review: Review) -> Review:
    return Review.objects.for_desk().get(pk=review.pk)


def test_it_takes_one_verdict_of_fifty_who_claim_and_decide_at_once() -> None:
    brand = make_brand()
    people = [make_user(brand, Role.REVIEWER, first_name=f"No. {number}") for number in range(50)]
    review = make_review(brand)

    def judge(person: User, copy: Review) -> Decision:
        claim(review=copy, by=person)
        return decide(review=copy, by=person, verdict="rejected", reasons=["colour"])

    copies = {person: fresh(review) for person in people}
    answers = at_once(*(partial(judge, person, copy) for person, copy in copies.items()))
    decision = Decision.objects.get()
    assert [answer for answer in answers if isinstance(answer, Decision)] == [decision]
    told, winner = conflicts(answers), decision.decided_by
    assert len(told) == 49
    assert all(
        words == f"{winner} has rejected this picture already."
        or words.startswith(f"{winner} is looking at this picture, until ")
        for words in told
    )
    assert kinds(review) == ["waiting", "claimed", "rejected"]


def test_it_takes_one_of_two_strokes_for_each_picture() -> None:
    brand = make_brand()
    people = [make_user(brand, Role.REVIEWER, first_name=name) for name in ("Ann", "Ben")]
    reviews = [make_review(brand) for _ in range(3)]
    numbers = [review.pk for review in reviews]
    works = [
        partial(decide_many, brand=brand, reviews=some, by=by, verdict="approved")
        for by, some in zip(people, (numbers, numbers[::-1]), strict=True)
    ]
    strokes = [answer for answer in at_once(*works) if isinstance(answer, Stroke)]
    first, second = sorted(strokes, key=lambda stroke: len(stroke.refused))
    assert first.done == [review for review, _ in second.refused] == reviews
    winner = Decision.objects.filter(act=first.act).latest("id").decided_by
    assert {words for _, words in second.refused} == {f"{winner} has approved this picture already."}
    assert Decision.objects.count() == 3
    assert [kinds(review) for review in reviews] == [["waiting", "claimed", "approved"]] * 3


def test_it_never_publishes_what_another_has_rejected() -> None:
    brand = make_brand()
    ann, ben = (make_user(brand, Role.REVIEWER, first_name=name) for name in ("Ann", "Ben"))
    review = make_review(brand)
    one, two = fresh(review), fresh(review)
    answers = at_once(
        lambda: decide(review=one, by=ann, verdict="approved"),
        lambda: decide(review=two, by=ben, verdict="rejected", reasons=["shape"]),
    )
    assert len(conflicts(answers)) == 1
    state, verdict = Review.objects.get().state, Decision.objects.get().verdict
    assert verdict == state
    too_late(review)
    publish_due()
    assert len(public_files()) == AssetVersion.objects.count() == int(verdict == "approved")


def test_it_gives_each_of_many_reviewers_another_picture() -> None:
    brand = make_brand()
    people = [make_user(brand, Role.REVIEWER) for _ in range(4)]
    waiting = {make_review(brand).pk for _ in people}
    works = [lambda person=person: take_next(brand=brand, user=person) for person in people]
    taken = at_once(*works)
    assert {review.pk for review in taken if isinstance(review, Review)} == waiting
    assert Event.objects.filter(kind="review.claimed").count() == 4


def test_it_gives_one_picture_to_one_of_many() -> None:
    brand = make_brand()
    people = [make_user(brand, Role.REVIEWER) for _ in range(4)]
    review = make_review(brand)
    copies = [(fresh(review), person) for person in people]
    answers = at_once(
        *(lambda copy=copy, person=person: claim(review=copy, by=person) for copy, person in copies)
    )
    assert answers.count(None) == 1
    assert len(conflicts(answers)) == 3
    assert Event.objects.filter(kind="review.claimed").count() == 1


def test_it_publishes_once_when_two_try() -> None:
    brand = make_brand()
    reviewer = make_user(brand, Role.REVIEWER)
    review = make_review(brand)
    decide(review=review, by=reviewer, verdict="approved")
    too_late(review)
    one, two = fresh(review), fresh(review)
    answers = at_once(lambda: publish(review=one, by=reviewer), lambda: publish(review=two, by=reviewer))
    assert len(conflicts(answers)) == 1
    version = AssetVersion.objects.get()
    assert public_files() == [f"public/{version.renditions.get().file.name}"]
    assert kinds(review).count("published") == 1


def test_it_numbers_two_versions_of_one_asset_apart() -> None:
    brand = make_brand()
    reviewer = make_user(brand, Role.REVIEWER)
    same = inputs(brand)
    pictures = [
        make_review(brand, **same, output=other_picture(colour)) for colour in ("pink", "lime", "gold")
    ]
    for review in pictures:
        decide(review=review, by=reviewer, verdict="approved")
        too_late(review)
    works = [lambda review=review: publish(review=review, by=reviewer) for review in pictures]
    assert conflicts(at_once(*works)) == []
    assert sorted(AssetVersion.objects.values_list("number", flat=True)) == [1, 2, 3]


def test_it_takes_back_once_when_two_try() -> None:
    brand = make_brand()
    reviewer = make_user(brand, Role.REVIEWER)
    version = make_published(brand)
    copies = [
        AssetVersion.objects.select_related("review__brand", "asset").get(pk=version.pk) for _ in range(2)
    ]
    answers = at_once(*(lambda copy=copy: unpublish(version=copy, by=reviewer) for copy in copies))
    assert len(conflicts(answers)) == 1
    assert kinds(version.review).count("recalled") == 1


def test_it_takes_one_of_two_new_verdicts() -> None:
    brand = make_brand()
    ann, ben = (make_user(brand, Role.REVIEWER, first_name=name) for name in ("Ann", "Ben"))
    review = make_published(brand).review
    said: dict[str, Any] = {"verdict": "rejected", "reasons": ["scene"], "why": "The client hates it."}
    works = [partial(supersede, review=fresh(review), by=by, **said) for by in (ann, ben)]
    [told] = conflicts(at_once(*works))
    winner = Decision.objects.latest("id").decided_by
    assert told == f"{winner} has rejected this picture already."
    assert (Decision.objects.count(), Review.objects.get().state, public_files()) == (2, "recalled", [])
    assert kinds(review)[-2:] == ["published", "recalled"]


def test_it_is_undone_or_published_and_never_both() -> None:
    brand = make_brand()
    ann = make_user(brand, Role.REVIEWER)
    review = make_review(brand)
    decision = decide(review=review, by=ann, verdict="approved")
    assert decision.act is not None
    Review.objects.update(
        retry_at=timezone.now()
    )  # as if this worker's clock were ahead of the other machine's
    undone, *_ = at_once(partial(undo, act=decision.act, by=ann), publish_due, publish_due)
    assert isinstance(undone, Stroke)
    assert len(undone.done) + len(undone.refused) == 1
    published = int(not undone.done)
    assert Review.objects.get().state == ("published" if published else "claimed")
    assert len(public_files()) == AssetVersion.objects.count() == published
    assert kinds(review).count("published") == published


def test_it_undoes_once_when_two_try() -> None:
    brand = make_brand()
    ann = make_user(brand, Role.REVIEWER)
    review = make_review(brand)
    decision = decide(review=review, by=ann, verdict="approved")
    assert decision.act is not None
    answers = at_once(*[partial(undo, act=decision.act, by=ann)] * 2)
    assert sorted(len(answer.done) for answer in answers if isinstance(answer, Stroke)) == [0, 1]
    assert list(Decision.objects.values_list("verdict", flat=True)) == ["approved", "undone"]
    assert Review.objects.get().claimed_by == ann


def test_one_of_two_gives_the_second_approval() -> None:
    brand = make_brand(approvals=2)
    ann, ben, cem = (make_user(brand, Role.REVIEWER, first_name=name) for name in ("Ann", "Ben", "Cem"))
    review = make_review(brand)
    decide(review=fresh(review), by=ann, verdict="approved")
    works = [partial(decide, review=fresh(review), by=by, verdict="approved") for by in (ben, cem)]
    assert len(conflicts(at_once(*works))) == 1
    assert (Review.objects.get().state, Decision.objects.count()) == ("approved", 2)


def test_nobody_gives_both_approvals_from_many_windows() -> None:
    brand = make_brand(approvals=2)
    ann = make_user(brand, Role.REVIEWER, first_name="Ann")
    review = make_review(brand)
    answers = at_once(*(partial(decide, review=fresh(review), by=ann, verdict="approved") for _ in range(4)))
    assert len([answer for answer in answers if isinstance(answer, Decision)]) == 1
    assert (Review.objects.get().first_approval_by, Decision.objects.count()) == (ann, 1)

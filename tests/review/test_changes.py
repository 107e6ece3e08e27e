"""Asking for changes: what is wrong as lines of the next prompt, the picture wanted instead, and its page."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from brandkit.accounts.models import Brand, Role, User
from brandkit.common.errors import Conflict, Invalid, NotAllowed
from generation import budgets
from generation.models import Generation, Output
from generation.signals import output_ready
from review.changes import ask_for_changes, carried, lines_of, place_of
from review.claiming import claim
from review.deciding import undo
from review.models import Decision, Pin, Reason, Review
from templates_app.models import PromptVersion, SceneVersion
from tests.factories import make_format, make_output, make_scene, make_user, set_state
from tests.generation.money import priced
from tests.races import at_once
from tests.review.factories import kinds, make_review
from tests.review.pages import address, client_of, text

pytestmark = pytest.mark.django_db
NONE = Decimal(0)


@pytest.fixture(autouse=True)
def _priced(settings: Settings) -> None:
    priced(settings)


@pytest.fixture
def designer(brand: Brand) -> User:
    return make_user(brand)


@pytest.fixture
def review(brand: Brand, designer: User) -> Review:
    found = make_review(brand, by=designer, provider="fake", model="fake-1")
    Pin.objects.create(review=found, x=0.12, y=0.2, words="Too\nyellow", by=designer)
    Pin.objects.create(review=found, x=1, y=1, words="Settled", by=designer, resolved_at=timezone.now())
    return found


def children(review: Review) -> list[Generation]:
    return list(Generation.objects.filter(parent=review.output.generation))


# Lines


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (0, 0, "At the upper left (0 % from the left, 0 % from the top)"),
        (0.5, 0.1, "At the top (50 % from the left, 10 % from the top)"),
        (0.34, 0.66, "In the middle (34 % from the left, 66 % from the top)"),
        (0.99, 0.5, "At the right (99 % from the left, 50 % from the top)"),
        (1, 1, "At the lower right (100 % from the left, 100 % from the top)"),
    ],
)
def test_it_tells_a_place_in_words(x: float, y: float, words: str) -> None:
    assert place_of(x, y) == words


def test_it_makes_lines_of_reasons_note_and_open_pins(brand: Brand, review: Review) -> None:
    reasons = Reason.objects.filter(brand=brand, code__in=["label", "other"])
    lines = lines_of(reasons, "Larger.\n\n  Label wrong or missing \n" + "long " * 100, review.pins.all())
    assert lines[:2] == ["Label wrong or missing", "Larger."]
    assert lines[2:] == [
        " ".join(["long"] * 60),
        " ".join(["long"] * 40),
        "At the upper left (12 % from the left, 20 % from the top): Too yellow",
    ]


def test_it_keeps_what_a_person_wrote_when_the_reasons_change() -> None:
    assert carried(["a!", "mine"], before=["a", "b", "c"], now=["a", "c", "d"]) == ["a!", "mine", "d"]
    assert carried(["a", "b", " "], before=["a", "b"], now=["b"]) == ["b"]


# Asking


def test_it_asks_for_another_picture_and_gives_the_verdict(review: Review, reviewer: User) -> None:
    began = timezone.now()
    decision = ask_for_changes(review=review, by=reviewer, reasons=["label"], note="Larger.")
    [child] = children(review)
    assert (decision.asked, decision.verdict) == (child, "changes_requested")
    assert child.changes == [
        "Label wrong or missing",
        "Larger.",
        "At the upper left (12 % from the left, 20 % from the top): Too yellow",
    ]
    assert child.prompt.endswith("".join(f"\n- {line}" for line in child.changes))
    assert (child.requested_by, child.state) == (review.requested_by, "queued")
    assert child.retry_at
    assert decision.undo_until
    assert began + timedelta(seconds=10) < decision.undo_until < child.retry_at
    review.refresh_from_db()
    assert review.state == "changes_requested"


def test_the_new_picture_comes_back_to_the_reviewer_with_the_lines_of_before(
    review: Review, reviewer: User
) -> None:
    ask_for_changes(review=review, by=reviewer, reasons=["label"], changes=["No tag"])
    [child] = children(review)
    output_ready.send(sender=Output, output=make_output(child))
    new = Review.objects.for_desk().get(output__generation=child)
    assert new.meant_for == reviewer
    second = ask_for_changes(review=new, by=reviewer, reasons=["colour"])
    assert second.asked
    assert (second.asked.parent, second.asked.changes) == (child, ["No tag", "Colour off"])


def test_undoing_it_cancels_the_picture_and_costs_nothing(
    brand: Brand, review: Review, reviewer: User
) -> None:
    decision = ask_for_changes(review=review, by=reviewer, reasons=["label"])
    assert budgets.standing(brand).reserved == Decimal("0.25")
    assert decision.act
    undo(act=decision.act, by=reviewer)
    [child] = children(review)
    assert (child.state, child.attempts.count()) == ("cancelled", 0)
    assert budgets.standing(brand).reserved == NONE
    review = Review.objects.for_desk().get(pk=review.pk)
    assert (review.state, review.claimed_by) == ("claimed", reviewer)
    again = ask_for_changes(review=review, by=reviewer, reasons=["label"])
    assert again.asked == child
    child.refresh_from_db()
    assert (child.state, child.asked_again_by) == ("queued", review.requested_by)
    output_ready.send(sender=Output, output=make_output(child))
    assert not Review.objects.get(output__generation=child).is_closed_to(reviewer)


def test_it_takes_another_scene_format_and_variation(brand: Brand, review: Review, reviewer: User) -> None:
    scene, wanted = make_scene(brand), make_format(brand)
    asked = ask_for_changes(
        review=review,
        by=reviewer,
        reasons=["scene"],
        scene_version=scene,
        output_format=wanted,
        variation=7,
    ).asked
    assert asked
    assert (asked.scene_version, asked.output_format, asked.variation) == (scene, wanted, 7)


def test_a_picture_that_is_there_already_is_not_asked_for_twice(
    brand: Brand, review: Review, reviewer: User, designer: User
) -> None:
    first = ask_for_changes(review=review, by=reviewer, reasons=["label"], changes=["No tag"]).asked
    assert first
    things: dict[str, Any] = {
        name: getattr(review.output.generation, name) for name in ("subject", "output_format")
    }
    more: dict[str, Any] = {
        "scene_version": review.output.generation.scene_version,
        "provider": "fake",
        "model": "fake-1",
    }
    twin = make_review(
        brand, by=designer, prompt_version=review.output.generation.prompt_version, **things, **more
    )
    same = ask_for_changes(review=twin, by=reviewer, reasons=["label"], changes=["No tag"], variation=1)
    assert same.asked == first
    assert same.act
    undo(act=same.act, by=reviewer)
    first.refresh_from_db()
    assert first.state == "queued"
    twin = Review.objects.for_desk().get(pk=twin.pk)
    other = ask_for_changes(review=twin, by=reviewer, reasons=["label"], changes=["No tag"]).asked
    assert other
    assert (other == first, other.variation) == (False, 2)


def test_it_does_neither_where_it_can_do_one_only(
    brand: Brand, review: Review, reviewer: User, other: User, designer: User
) -> None:
    claim(review=review, by=other)
    before = kinds(review)
    with pytest.raises(Conflict, match="is looking at this picture"):
        ask_for_changes(review=review, by=reviewer, reasons=["label"])
    review = Review.objects.for_desk().get(pk=review.pk)
    refused: list[tuple[dict[str, Any], str]] = [
        ({"reasons": []}, "Say why"),
        ({"reasons": ["nonsense"]}, "Say why"),
        ({"reasons": ["other"], "changes": []}, "what should be different"),
        ({"reasons": ["label"], "note": "x" * 5001}, "A note is plain text"),
        ({"reasons": ["label"], "scene_version": make_scene(brand, state="retired")}, "is retired"),
    ]
    for said, words in refused:
        with pytest.raises(Invalid, match=words):
            ask_for_changes(review=review, by=other, **said)
    with pytest.raises(NotAllowed):
        ask_for_changes(review=review, by=designer, reasons=["label"])
    assert (children(review), Decision.objects.count(), kinds(review)) == ([], 0, before)
    assert budgets.standing(brand).reserved == NONE


@pytest.mark.django_db(transaction=True)
def test_of_many_who_ask_at_once_one_is_heard_and_one_picture_asked_for(
    brand: Brand, review: Review, reviewer: User
) -> None:
    def ask() -> str:
        who = make_user(brand, Role.REVIEWER)
        mine = Review.objects.for_desk().get(pk=review.pk)
        try:
            decision = ask_for_changes(review=mine, by=who, reasons=["label"], changes=[f"As {who.pk} says"])
        except Conflict as error:
            return error.message
        if not decision.act:
            return ""
        return "undone" if undo(act=decision.act, by=who).done else "not undone"

    told = at_once(8, ask)
    heard = [words for words in told if words == "undone"]
    assert heard
    assert all(words == "undone" or "picture" in words for words in told)
    states = {child.state for child in children(review)}
    assert (len(children(review)), states) == (len(heard), {"cancelled"})
    assert budgets.standing(brand).reserved == NONE


def test_asking_for_the_changed_picture_once_more_keeps_its_changes(
    brand: Brand, review: Review, reviewer: User, designer: User
) -> None:
    child = ask_for_changes(review=review, by=reviewer, reasons=["label"]).asked
    assert child
    client_of(designer).post(reverse("studio:again", args=[brand.slug, child.pk]))
    twin = Generation.objects.latest("pk")
    assert (twin.changes, twin.parent, twin.prompt) == (child.changes, child.parent, child.prompt)
    assert (twin.variation, twin.requested_by, twin.retry_at) == (2, designer, None)


# The page


def posted(**fields: Any) -> dict[str, Any]:
    return {"reason": ["label"], "note": "Larger.", "variation": "", **fields}


def test_its_page_is_filled_in_from_the_picture(review: Review, reviewer: User) -> None:
    page = client_of(reviewer).get(address("changes", review.pk), {"reason": "label", "scene": "999"})
    assert page.status_code == 200
    shown = text(page)
    assert 'value="label" checked' in shown
    assert "At the upper left (12 % from the left, 20 % from the top)" in shown
    assert "Settled" not in shown
    assert "- Label wrong or missing" in shown
    assert "One picture, about $0.25, variation 1." in shown
    assert "A curator can word them differently" in shown
    assert page.context["form"].scene == review.output.generation.scene_version
    assert (children(review), kinds(review)) == ([], ["waiting"])


def test_its_page_looks_anew_without_asking(review: Review, reviewer: User) -> None:
    client, where = client_of(reviewer), address("changes", review.pk)
    said = posted(changes="Mine <b>", before="Colour off", do="look")
    whole = client.post(where, said)
    assert "Mine &lt;b&gt;\nLabel wrong or missing\nLarger.\nAt the upper" in whole.content.decode()
    part = client.post(where, said, headers={"HX-Request": "true", "HX-Trigger": "how"})
    assert ("<html" in text(part), 'name="changes"' in text(part)) == (False, False)
    assert "- Mine &lt;b&gt;" in text(part)
    why = client.post(where, said, headers={"HX-Request": "true", "HX-Trigger": "why"})
    assert 'hx-swap-oob="true"' in text(why)
    assert (children(review), Decision.objects.count()) == ([], 0)


def test_its_page_asks_and_goes_on_to_the_next(review: Review, reviewer: User) -> None:
    client, where = client_of(reviewer), address("changes", review.pk)
    refused = client.post(where + "?order=age", posted(reason=[], changes="No tag", do="ask"))
    assert (refused.status_code, "Choose at least one reason." in text(refused)) == (422, True)
    assert children(review) == []
    done = client.post(where, posted(changes="No tag", before="", do="ask"))
    assert (done.status_code, done["Location"]) == (302, address("desk"))
    [child] = children(review)
    assert child.changes[0] == "No tag"
    again = client.post(where, posted(do="ask"), follow=True)
    assert "You have asked for changes to this picture already." in text(again)
    assert children(review) == [child]


def test_its_page_tells_what_cannot_stay(brand: Brand, review: Review, reviewer: User) -> None:
    old = review.output.generation
    scene, prompt = old.scene_version, old.prompt_version
    newer = SceneVersion.objects.get(pk=scene.pk)
    newer.pk, newer.number, newer.state = None, 2, "draft"
    newer._state.adding = True
    newer.save(force_insert=True)
    set_state(newer, "approved")
    after = PromptVersion(template=prompt.template, number=2, text="Now {{ subject.name }}.")
    after.save()
    set_state(after, "approved")
    for version in (scene, prompt):
        set_state(version, "retired")
    type(old.output_format).objects.filter(pk=old.output_format_id).update(active=False)
    page = client_of(reviewer).get(address("changes", review.pk))
    shown = text(page)
    assert "v1 is retired; v2 takes its place." in shown
    assert "is switched off; choose another one." in shown
    assert "is retired; v2 is used." in shown
    assert "Choose a scene and a format." in shown
    wanted = make_format(brand)
    said = posted(changes="No tag", scene=newer.pk, format=wanted.pk, do="ask")
    client_of(reviewer).post(address("changes", review.pk), said)
    [child] = children(review)
    assert (child.scene_version, child.output_format, child.prompt_version) == (newer, wanted, after)

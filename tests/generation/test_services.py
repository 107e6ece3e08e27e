"""Asking for pictures: what is one wish, who may, what is refused, and what happens when asked twice."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from brandkit.accounts.models import Brand, Role
from brandkit.common.errors import Conflict, Invalid, NotFound
from brandkit.common.models import Event, history
from generation import services, tasks
from generation.models import Generation
from templates_app.grammar import all_names
from templates_app.models import SceneTemplate, SceneVersion
from templates_app.rendering import MissingVariable
from tests.factories import (
    make_brand,
    make_format,
    make_generation,
    make_prompt,
    make_scene,
    make_subject,
    make_user,
    set_state,
)
from tests.races import at_once

pytestmark = pytest.mark.django_db
State = Generation.State
PROVIDERS = {
    "compositor": {"BACKEND": "generation.providers.compositor.Compositor"},
    "fake": {"BACKEND": "generation.providers.fake.Fake"},
}


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many workers were told, each time."""
    numbers: list[int] = []
    monkeypatch.setattr(tasks, "dispatch", numbers.append)
    return numbers


def wish(brand: Brand, **changed: Any) -> dict[str, Any]:
    """The arguments of one request of the operator, with things of its own."""
    return {
        "brand": brand,
        "by": None,
        "subject": changed.get("subject") or make_subject(brand),
        "scene_version": changed.get("scene_version") or make_scene(brand),
        "prompt_version": changed.get("prompt_version") or make_prompt(brand),
        "output_format": changed.get("output_format") or make_format(brand),
        **changed,
    }


def test_it_queues_a_picture_with_all_that_it_is_made_from(
    sent: list[int], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    brand = make_brand(name="Banana Co")
    person = make_user(brand)
    text = (
        "{{ brand.name }}: {{ subject.name }} ({{ subject.sku }}) in {{ scene.name }}, "
        "{{ format.ratio }}, {{ vars.tag }}"
    )
    asked = wish(
        brand,
        by=person,
        subject=make_subject(brand, name="Banana", sku="B-1"),
        scene_version=make_scene(brand, slug="kitchen"),
        prompt_version=make_prompt(brand, text=text, variables={"tag": "New", "other": 1}),
        output_format=make_format(brand, ratio="4:5", size="2K"),
        variables={"tag": "Fresh"},
        variation=3,
    )
    with django_capture_on_commit_callbacks(execute=True):
        generation, new = services.request(**asked)
        assert sent == []
    assert new
    assert sent == [1]
    generation.refresh_from_db()
    assert generation.prompt == "Banana Co: Banana (B-1) in Kitchen, 4:5, Fresh"
    assert generation.variables == {"tag": "Fresh", "other": 1}
    assert (generation.provider, generation.model) == ("compositor", "compositor-1")
    assert (generation.ratio, generation.size, generation.variation) == ("4:5", "2K", 3)
    assert (generation.state, generation.requested_by) == ("queued", person)
    [event] = history(generation)
    assert (event.kind, event.actor, event.brand_id) == ("generation.queued", person, brand.pk)


def test_it_gives_the_same_generation_for_the_same_wish(
    sent: list[int], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    asked = wish(make_brand())
    first, _ = services.request(**asked)
    with django_capture_on_commit_callbacks(execute=True):
        second, new = services.request(**asked)
    assert (second, new, sent) == (first, False, [])
    assert Event.objects.filter(kind="generation.queued").count() == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda brand: {"subject": make_subject(brand, name="Thing")},
        lambda brand: {"scene_version": make_scene(brand, ground=0.69)},
        lambda brand: {"prompt_version": make_prompt(brand, text="Another text.")},
        lambda brand: {"output_format": make_format(brand)},
        lambda brand: {"variation": 2},
        lambda brand: {"provider": "fake"},
    ],
    ids=["photo", "slot", "words", "format", "variation", "provider"],
)
def test_it_takes_whatever_changes_the_picture_for_another_wish(
    change: Callable[[Brand], dict[str, Any]], settings: Settings
) -> None:
    settings.BRANDKIT_PROVIDERS = PROVIDERS
    brand = make_brand()
    asked = wish(brand, subject=make_subject(brand, name="Thing"))
    first, _ = services.request(**asked)
    second, new = services.request(**asked | change(brand))
    assert new
    assert second.pk != first.pk


def test_it_takes_what_changes_nothing_for_the_same_wish() -> None:
    brand = make_brand()
    asked = wish(
        brand, prompt_version=make_prompt(brand, text="The same {{ vars.n }}.", variables={"n": "words"})
    )
    first, _ = services.request(**asked)
    asked["prompt_version"] = make_prompt(brand, text="The same words.")
    asked["scene_version"] = make_scene(brand)
    asked["by"] = make_user(brand)
    assert services.request(**asked) == (first, False)


@pytest.mark.parametrize("state", ["refused", "failed", "cancelled"])
def test_it_queues_again_what_ended_without_a_picture(
    state: str, sent: list[int], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    brand = make_brand()
    person = make_user(brand)
    asked = wish(brand)
    generation, _ = services.request(**asked)
    Generation.objects.filter(pk=generation.pk).update(
        state=state, tries=4, failure_code="x", failure_words="X."
    )
    with django_capture_on_commit_callbacks(execute=True):
        again, new = services.request(**asked | {"by": person})
    assert (again, new, sent) == (generation, False, [1])
    again.refresh_from_db()
    assert (again.state, again.tries, again.failure_code, again.failure_words) == ("queued", 0, "", "")
    event = history(again).last()
    assert event is not None
    assert (event.kind, event.actor) == ("generation.queued", person)
    assert event.data == {"from": state, "asked": "again"}


@pytest.mark.parametrize("kind", ["scene_version", "prompt_version"])
@pytest.mark.parametrize(("state", "words"), [("retired", "is retired"), ("draft", "is only a draft")])
def test_it_refuses_what_is_not_approved(kind: str, state: str, words: str) -> None:
    asked = wish(make_brand())
    asked[kind] = set_state(asked[kind], state)
    with pytest.raises(Invalid, match=f"v1 {words}"):
        services.request(**asked)
    nothing_happened()


def test_it_names_the_scene_that_is_retired() -> None:
    brand = make_brand()
    asked = wish(brand, scene_version=make_scene(brand, slug="kitchen", state="retired"))
    with pytest.raises(Invalid, match="The scene “Kitchen” v1 is retired"):
        services.request(**asked)


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("subject", make_subject),
        ("scene_version", make_scene),
        ("prompt_version", make_prompt),
        ("output_format", make_format),
    ],
)
def test_it_does_not_know_another_brands_things(kind: str, make: Callable[[Brand], Any]) -> None:
    with pytest.raises(NotFound):
        services.request(**wish(make_brand()) | {kind: make(make_brand())})
    nothing_happened()


def test_it_asks_the_policy() -> None:
    brand = make_brand()
    stranger = make_user(make_brand(), Role.OWNER)
    generation = make_generation(brand)
    failed = make_generation(brand, state=State.FAILED)
    with pytest.raises(NotFound):
        services.request(**wish(brand, by=stranger))
    with pytest.raises(NotFound):
        services.cancel(generation=generation, by=stranger)
    with pytest.raises(NotFound):
        services.retry(generation=failed, by=stranger)
    assert set(Generation.objects.values_list("state", flat=True)) == {"queued", "failed"}
    assert not Event.objects.exists()


def test_it_refuses_a_format_that_is_switched_off() -> None:
    brand = make_brand()
    with pytest.raises(Invalid, match="The format “Story” is switched off"):
        services.request(**wish(brand, output_format=make_format(brand, name="Story", active=False)))
    nothing_happened()


def test_it_refuses_a_format_that_the_provider_can_not_make() -> None:
    brand = make_brand()
    large = make_format(brand, name="Poster", slug="poster", width=4000, height=4000, size="2K")
    with pytest.raises(Invalid, match=r"The format “Poster” can't be made: .*has only 2048 × 2048"):
        services.request(**wish(brand, output_format=large))
    nothing_happened()


def test_it_refuses_a_provider_that_there_is_not() -> None:
    with pytest.raises(Invalid, match="nobody"):
        services.request(**wish(make_brand(), provider="nobody"))
    nothing_happened()


@pytest.mark.parametrize("usual", [{}, {"tag": None}], ids=["undeclared", "declared as needed"])
def test_it_refuses_a_prompt_with_a_missing_variable(usual: dict[str, None]) -> None:
    brand = make_brand()
    prompt = make_prompt(brand, text="A tag that says {{ vars.tag }}.", variables=usual)
    with pytest.raises(MissingVariable, match="tag"):
        services.request(**wish(brand, prompt_version=prompt))
    nothing_happened()


def test_it_refuses_a_variable_that_the_prompt_does_not_have() -> None:
    brand = make_brand()
    prompt = make_prompt(brand, text="{{ vars.tag }}", variables={"tag": "New"})
    with pytest.raises(Invalid, match=r"no variable “tagg”\. Its variables: tag\."):
        services.request(**wish(brand, prompt_version=prompt, variables={"tagg": "Fresh"}))
    nothing_happened()


@pytest.mark.parametrize("variation", [0, -1, 1001])
def test_it_refuses_a_variation_out_of_range(variation: int) -> None:
    with pytest.raises(Invalid, match="from 1 to 1000"):
        services.request(**wish(make_brand(), variation=variation))
    nothing_happened()


def nothing_happened() -> None:
    assert not Generation.objects.exists()
    assert not Event.objects.exists()


# Grids


def grid(brand: Brand, **changed: Any) -> dict[str, Any]:
    return {
        "brand": brand,
        "by": None,
        "subjects": [make_subject(brand), make_subject(brand)],
        "scene_versions": [make_scene(brand), make_scene(brand, ground=0.69)],
        "prompt_version": make_prompt(brand),
        "output_formats": [make_format(brand), make_format(brand)],
        **changed,
    }


def test_it_asks_for_every_subject_in_every_scene_for_every_format(
    sent: list[int], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    brand = make_brand()
    asked = grid(brand)
    with django_capture_on_commit_callbacks(execute=True):
        made = services.request_grid(**asked)
    assert [(row.subject, row.scene_version, row.output_format) for row in made] == [
        (subject, scene, output_format)
        for subject in asked["subjects"]
        for scene in asked["scene_versions"]
        for output_format in asked["output_formats"]
    ]
    assert sent == [8]
    assert Event.objects.filter(kind="generation.queued").count() == 8


def test_it_adds_only_what_is_new_to_a_grid(
    sent: list[int], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    brand = make_brand()
    asked = grid(brand)
    first = services.request_grid(**asked)
    asked["subjects"].append(make_subject(brand))
    with django_capture_on_commit_callbacks(execute=True):
        second = services.request_grid(**asked)
    assert second[:8] == first
    assert sent == [4]
    assert Generation.objects.count() == 12


def test_it_makes_one_of_two_equal_wishes_in_a_grid() -> None:
    brand = make_brand()
    subject = make_subject(brand)
    made = services.request_grid(**grid(brand, subjects=[subject, subject]))
    assert made[:4] == made[4:]
    assert Generation.objects.count() == 4


def test_it_asks_for_all_of_a_grid_or_for_nothing() -> None:
    brand = make_brand()
    with pytest.raises(Invalid, match="is retired"):
        services.request_grid(
            **grid(brand, scene_versions=[make_scene(brand), make_scene(brand, state="retired")])
        )
    nothing_happened()


@pytest.mark.parametrize("kind", ["subjects", "scene_versions", "output_formats"])
def test_it_refuses_a_grid_with_nothing_in_it(kind: str) -> None:
    with pytest.raises(Invalid, match="Choose at least one photo, one scene and one format"):
        services.request_grid(**grid(make_brand(), **{kind: []}))
    nothing_happened()


# Cancel and retry


def test_it_cancels_what_waits() -> None:
    brand = make_brand()
    person = make_user(brand)
    generation = make_generation(brand)
    services.cancel(generation=generation, by=person)
    generation.refresh_from_db()
    assert generation.state == "cancelled"
    assert generation.ended_at is not None
    assert [event.kind for event in history(generation)] == ["generation.cancelled"]


@pytest.mark.parametrize("state", [State.RUNNING, State.SUCCEEDED, State.FAILED])
def test_it_does_not_cancel_what_does_not_wait(state: str) -> None:
    generation = make_generation(make_brand(), state=state)
    with pytest.raises(Conflict):
        services.cancel(generation=generation, by=None)
    generation.refresh_from_db()
    assert generation.state == state


def test_it_makes_again_what_failed(
    sent: list[int], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    generation = make_generation(make_brand(), state=State.FAILED, tries=4, failure_words="No.")
    with django_capture_on_commit_callbacks(execute=True):
        services.retry(generation=generation, by=None)
    generation.refresh_from_db()
    assert (generation.state, generation.tries, generation.failure_words) == ("queued", 0, "")
    assert sent == [1]


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING, State.SUCCEEDED])
def test_it_does_not_make_again_what_is_or_will_be_there(state: str, sent: list[int]) -> None:
    generation = make_generation(make_brand(), state=state)
    with pytest.raises(Conflict, match="Only what ended without a picture is made again"):
        services.retry(generation=generation, by=None)
    generation.refresh_from_db()
    assert (generation.state, sent) == (state, [])


def test_it_does_not_make_again_what_needs_a_retired_scene() -> None:
    brand = make_brand()
    scene = make_scene(brand, state="retired")
    generation = make_generation(brand, state=State.FAILED, scene_version=scene)
    with pytest.raises(Invalid, match="is retired"):
        services.retry(generation=generation, by=None)
    generation.refresh_from_db()
    assert generation.state == State.FAILED


# Races


@pytest.mark.django_db(transaction=True)
def test_it_makes_one_generation_of_a_wish_that_four_ask_at_once(sent: list[int]) -> None:
    asked = wish(make_brand())
    answers = at_once(4, lambda: services.request(**asked))
    assert len({generation.pk for generation, _ in answers}) == 1
    assert sorted(new for _, new in answers) == [False, False, False, True]
    assert sent == [1]
    assert [event.kind for event in history(Generation.objects.get())] == ["generation.queued"]


@pytest.mark.django_db(transaction=True)
def test_it_queues_once_what_four_ask_for_again_at_once(sent: list[int]) -> None:
    asked = wish(make_brand())
    generation, _ = services.request(**asked)
    Generation.objects.filter(pk=generation.pk).update(state=State.FAILED)
    sent.clear()
    answers = at_once(4, lambda: services.request(**asked))
    assert {answer.pk for answer, _ in answers} == {generation.pk}
    assert sent == [1]
    assert [event.data.get("asked") for event in history(generation)] == [None, "again"]


def test_it_gives_a_prompt_all_that_a_prompt_may_speak_of() -> None:
    brand = make_brand()
    text = "|".join(f"{{{{ {name} }}}}" for name in all_names())
    thing, place, shape = make_subject(brand, name="Pear", sku="P-1"), make_scene(brand), make_format(brand)
    SceneTemplate.objects.filter(pk=place.scene_id).update(name="Shelf", description="A plain one")
    asked = wish(
        brand,
        subject=thing,
        scene_version=SceneVersion.objects.get(pk=place.pk),
        prompt_version=make_prompt(brand, text=text),
        output_format=shape,
    )
    generation, _ = services.request(**asked)
    assert generation.prompt == f"{brand.name}|Pear|P-1||Shelf|A plain one|{shape.name}|256|256|1:1"

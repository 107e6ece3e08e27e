"""What curators ask of a model: who may, what is checked first, and the same wish again."""

from typing import Any

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from brandkit.accounts.models import Brand, Role, User
from brandkit.common.errors import Conflict, Invalid, NotAllowed, NotFound
from brandkit.common.models import history
from generation import drafting, tasks
from generation.models import SceneDraft
from generation.providers.base import Provider
from templates_app.models import SceneTemplate, SceneVersion
from tests.factories import make_brand, make_scene, make_user
from tests.races import at_once

pytestmark = pytest.mark.django_db
FAKE = "generation.providers.fake.Fake"
COMPOSITOR = "generation.providers.compositor.Compositor"


class NoSquares(Provider):
    """Makes scenes, but few."""

    name = "No Squares"
    model = "no-squares-1"
    makes_scenes = True
    ratios = frozenset({"4:3"})
    sizes = frozenset({"2K"})
    longest_prompt = 20


@pytest.fixture(autouse=True)
def providers(settings: Any) -> None:
    settings.BRANDKIT_PROVIDERS = {
        "fake": {"BACKEND": FAKE, "OPTIONS": {}},
        "compositor": {"BACKEND": COMPOSITOR, "OPTIONS": {}},
        "strict": {"BACKEND": f"{__name__}.NoSquares", "OPTIONS": {}},
    }


@pytest.fixture
def base(brand: Brand) -> SceneVersion:
    return make_scene(brand)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many workers were told, each time."""
    messages: list[int] = []
    monkeypatch.setattr(tasks, "dispatch", messages.append)
    return messages


def draft(scene: SceneTemplate, by: User, **changes: Any) -> SceneDraft:
    given: dict[str, Any] = {"words": "A beach at noon.", "ratio": "4:3", "size": "2K", "provider": "fake"}
    return drafting.draft_from_words(scene=scene, by=by, **{**given, **changes})[0]


def restyle(version: SceneVersion, by: User, **changes: Any) -> SceneDraft:
    given: dict[str, Any] = {"words": "At night.", "ratio": "4:3", "size": "2K", "provider": "fake"}
    return drafting.restyle(version=version, by=by, **{**given, **changes})[0]


def test_it_queues_a_draft_from_words(
    base: SceneVersion,
    curator: User,
    sent: list[int],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        draft(base.scene, curator, words="  A beach at noon.\n")
    row = SceneDraft.objects.get()
    assert (row.brand, row.scene, row.restyled, row.version) == (base.brand, base.scene, None, None)
    assert (row.state, row.provider, row.model, row.variation) == ("queued", "fake", "fake-1", 1)
    assert (row.prompt, row.ratio, row.size, row.requested_by) == ("A beach at noon.", "4:3", "2K", curator)
    assert sent == [1]
    assert [(event.kind, event.actor) for event in history(row)] == [("scene_draft.queued", curator)]


def test_it_queues_a_restyling(base: SceneVersion, curator: User) -> None:
    made = restyle(base, curator)
    assert (made.scene, made.restyled, made.state) == (base.scene, base, "queued")


def test_it_takes_the_first_provider_that_makes_scenes(
    base: SceneVersion, curator: User, settings: Any
) -> None:
    settings.BRANDKIT_PROVIDER = "strict"
    assert draft(base.scene, curator, provider="", words="A beach.").provider == "strict"
    settings.BRANDKIT_PROVIDER = "compositor"
    assert draft(base.scene, curator, provider="").provider == "fake"


def test_it_takes_the_same_wish_for_the_same_row(
    base: SceneVersion,
    curator: User,
    sent: list[int],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    first = draft(base.scene, curator)
    with django_capture_on_commit_callbacks(execute=True):
        row, new = drafting.draft_from_words(
            scene=base.scene, words="A beach at noon. ", ratio="4:3", size="2K", provider="fake", by=curator
        )
    assert (row, new) == (first, False)
    assert (SceneDraft.objects.count(), sent) == (1, [])


@pytest.mark.parametrize(
    "change",
    [{"words": "A beach at dusk."}, {"ratio": "1:1"}, {"size": "1K"}],
)
def test_it_takes_another_wish_for_another_row(
    base: SceneVersion, curator: User, change: dict[str, str]
) -> None:
    assert draft(base.scene, curator) != draft(base.scene, curator, **change)
    assert restyle(base, curator) != restyle(base, curator, **change)
    assert SceneDraft.objects.count() == 4


def test_it_tells_words_alone_from_a_restyling(base: SceneVersion, curator: User) -> None:
    assert draft(base.scene, curator, words="Night.") != restyle(base, curator, words="Night.")


def test_it_queues_again_what_ended_without_a_picture(
    base: SceneVersion,
    curator: User,
    sent: list[int],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    first = draft(base.scene, curator)
    SceneDraft.objects.update(state="failed", failure_words="No.", tries=4)
    with django_capture_on_commit_callbacks(execute=True):
        again = draft(base.scene, curator)
    again.refresh_from_db()
    assert (again, again.state, again.failure_words, again.tries) == (first, "queued", "", 0)
    assert sent == [1]


@pytest.mark.django_db(transaction=True)
def test_it_makes_one_row_of_the_same_wish_at_once(base: SceneVersion, curator: User) -> None:
    rows = at_once(4, lambda: draft(base.scene, curator))
    assert {row.pk for row in rows} == {SceneDraft.objects.get().pk}
    assert history(rows[0]).count() == 1


def test_it_makes_another_one_as_the_next_variation(base: SceneVersion, curator: User) -> None:
    first = restyle(base, curator)
    second = drafting.another(draft=first, variation=drafting.next_variation(first), by=curator)
    assert drafting.another(draft=first, variation=2, by=curator) == second  # two clicks, one picture
    third = drafting.another(draft=first, variation=drafting.next_variation(first), by=curator)
    assert [each.variation for each in (first, second, third)] == [1, 2, 3]
    assert len({first.wish, second.wish, third.wish}) == 3
    assert (third.restyled, third.prompt, third.state) == (base, first.prompt, "queued")
    assert len({each.seed for each in (first, second, third)}) == 3


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"words": " \n"}, "Say in words what the picture should show."),
        ({"provider": "strict", "ratio": "1:1"}, "No Squares does not make 1:1 pictures; it makes 4:3."),
        ({"provider": "strict", "size": "4K"}, "No Squares does not make 4K pictures; it makes 2K."),
        (
            {"provider": "strict", "words": "x" * 21},
            "No Squares reads prompts of at most 20 characters; this one has 21.",
        ),
        ({"provider": "compositor"}, "Compositor makes no scenes. Choose another provider."),
        ({"provider": "gone"}, "There is no provider 'gone'. There is: compositor, fake, strict."),
    ],
)
def test_it_refuses_what_can_not_be_made(
    base: SceneVersion, curator: User, changes: dict[str, str], words: str
) -> None:
    with pytest.raises(Invalid) as refused:
        draft(base.scene, curator, **changes)
    assert refused.value.message == words
    with pytest.raises(Invalid) as refused:
        restyle(base, curator, **changes)
    assert refused.value.message == words
    assert not SceneDraft.objects.exists()


def test_it_says_what_to_configure_where_nobody_makes_scenes(
    base: SceneVersion, curator: User, settings: Any
) -> None:
    settings.BRANDKIT_PROVIDERS = {"compositor": {"BACKEND": COMPOSITOR, "OPTIONS": {}}}
    with pytest.raises(Invalid, match="The operator sets WISDOM_GATE_KEY or GEMINI_KEY"):
        draft(base.scene, curator, provider="")
    assert drafting.scene_makers() == []


def test_it_lists_those_that_make_scenes_the_usual_one_first(settings: Any) -> None:
    settings.BRANDKIT_PROVIDER = "strict"
    assert [provider.alias for provider in drafting.scene_makers()] == ["strict", "fake"]


@pytest.mark.parametrize("number", [-1, 0, 1001])
def test_it_makes_no_variation_of_any_number(base: SceneVersion, curator: User, number: int) -> None:
    made = draft(base.scene, curator)
    with pytest.raises(Invalid, match="from 1 to 1000"):
        drafting.another(draft=made, variation=number, by=curator)
    assert SceneDraft.objects.count() == 1


@pytest.mark.parametrize("role", [Role.DESIGNER, Role.REVIEWER])
def test_it_is_for_curators_only(brand: Brand, base: SceneVersion, role: Role) -> None:
    somebody = make_user(brand, role)
    made = draft(base.scene, make_user(brand, Role.OWNER))
    with pytest.raises(NotAllowed):
        draft(base.scene, somebody)
    with pytest.raises(NotAllowed):
        restyle(base, somebody)
    with pytest.raises(NotAllowed):
        drafting.another(draft=made, variation=2, by=somebody)
    with pytest.raises(NotAllowed):
        drafting.cancel(draft=made, by=somebody)
    with pytest.raises(NotAllowed):
        drafting.retry(draft=made, by=somebody)
    made.refresh_from_db()
    assert (SceneDraft.objects.count(), made.state) == (1, "queued")


def test_it_knows_nothing_of_another_brand(base: SceneVersion) -> None:
    stranger = make_user(make_brand(), Role.OWNER)
    with pytest.raises(NotFound):
        draft(base.scene, stranger)
    with pytest.raises(NotFound):
        restyle(base, stranger)
    assert not SceneDraft.objects.exists()


def test_it_cancels_what_waits_and_retries_it(base: SceneVersion, curator: User) -> None:
    made = draft(base.scene, curator)
    drafting.cancel(draft=made, by=curator)
    made.refresh_from_db()
    assert made.state == "cancelled"
    with pytest.raises(Conflict):
        drafting.cancel(draft=made, by=curator)
    drafting.retry(draft=made, by=curator)
    made.refresh_from_db()
    assert (made.state, made.asked_again_by) == ("queued", curator)
    with pytest.raises(Conflict):
        drafting.retry(draft=made, by=curator)


def test_it_does_not_cancel_what_is_being_made(base: SceneVersion, curator: User) -> None:
    made = draft(base.scene, curator)
    SceneDraft.objects.update(state="running")
    made.refresh_from_db()
    with pytest.raises(Conflict, match="being made already"):
        drafting.cancel(draft=made, by=curator)
    made.refresh_from_db()
    assert made.state == "running"


def test_it_retries_only_what_can_be_made_now(base: SceneVersion, curator: User, settings: Any) -> None:
    made = draft(base.scene, curator)
    SceneDraft.objects.update(state="failed")
    made.refresh_from_db()
    settings.BRANDKIT_PROVIDERS = {"compositor": {"BACKEND": COMPOSITOR, "OPTIONS": {}}}
    with pytest.raises(Invalid, match="There is no provider 'fake'"):
        drafting.retry(draft=made, by=curator)
    made.refresh_from_db()
    assert made.state == "failed"
    made.fetched = "drafts/1/1/1-answer.png"  # its picture is here: nobody is called again
    drafting.retry(draft=made, by=curator)
    assert made.state == "queued"

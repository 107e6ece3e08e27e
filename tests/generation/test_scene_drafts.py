"""A scene's draft through the runner: what is sent, the version that comes of it, and what does not."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, BinaryIO, ClassVar
from uuid import uuid4

import pytest
from django.db.models.fields.files import FieldFile
from PIL import Image

from brandkit.accounts.models import Brand, Membership, Role, User
from brandkit.common.errors import StorageFailed
from brandkit.common.models import Event, history
from generation import drafting
from generation.engine.drafts import open_scene
from generation.models import Output, SceneDraft
from generation.providers.base import Job, Made, PictureRequest, Provider, Result
from generation.runner import run
from templates_app.models import SceneVersion
from templates_app.services import delete_draft
from tests.conftest import stored_files
from tests.factories import make_scene, make_user, picture_bytes

pytestmark = pytest.mark.django_db
Ask = Callable[..., SceneDraft]
SLOT: dict[str, Any] = {
    "slot_x0": 0.1,
    "slot_y1": 0.9,
    "ground": 0.85,
    "gloss": 0.3,
    "tilt": 30.0,
    "light_azimuth": 250.0,
}


class Seen(Provider):
    """Remembers what it was asked, and hands out a red picture."""

    name = "Seen"
    model = "seen-1"
    makes_scenes: ClassVar[bool] = True
    requests: ClassVar[list[PictureRequest]] = []

    def make(self, request: PictureRequest, sink: BinaryIO, job: Job) -> Result:
        self.requests.append(request)
        sink.write(picture_bytes(request.width, request.height, "red"))
        return Made()


class Thief(Seen):
    """While it is asked, another worker takes the draft over."""

    def make(self, request: PictureRequest, sink: BinaryIO, job: Job) -> Result:
        SceneDraft.objects.update(claim=uuid4(), worker="somebody else")
        return super().make(request, sink, job)


@pytest.fixture
def base(brand: Brand) -> SceneVersion:
    return make_scene(brand, slug="beach", **SLOT)


@pytest.fixture
def ask(settings: Any, base: SceneVersion, curator: User) -> Ask:
    """Asks for a draft from words, or of `base`, by a provider that follows these steps, or is `backend`."""

    def ask(
        *steps: dict[str, Any], restyled: bool = False, backend: type[Provider] | None = None
    ) -> SceneDraft:
        if backend:
            Seen.requests.clear()
            name, options = f"{__name__}.{backend.__name__}", {}
        else:
            name, options = "generation.providers.fake.Fake", {"script": list(steps or [{"do": "picture"}])}
        settings.BRANDKIT_PROVIDERS = {"fake": {"BACKEND": name, "OPTIONS": options}}
        settings.BRANDKIT_PROVIDER = "fake"
        given: dict[str, Any] = {"words": "At noon.", "ratio": "4:3", "size": "1K", "by": curator}
        if restyled:
            return drafting.restyle(version=base, **given)[0]
        return drafting.draft_from_words(scene=base.scene, **given)[0]

    return ask


def ran(draft: SceneDraft) -> SceneDraft:
    SceneDraft.objects.update(retry_at=None)
    run("scene_draft", draft.pk)
    draft.refresh_from_db()
    return draft


def bytes_of(file: FieldFile) -> bytes:
    with file.open() as opened:
        return bytes(opened.read())


def versions_of(draft: SceneDraft) -> list[SceneVersion]:
    return list(draft.scene.versions.order_by("number"))


def test_it_makes_a_draft_version_from_words(ask: Ask, base: SceneVersion, curator: User) -> None:
    draft = ran(ask())
    version = draft.version
    assert version is not None
    assert draft.state == "succeeded"
    assert (version.scene, version.number, version.state) == (base.scene, 2, "draft")
    assert (version.created_by, version.approved_by) == (curator, None)
    assert version.note == "Drafted by fake-1: “At noon.”"
    assert (version.width, version.height, version.media_type) == (1200, 896, "image/jpeg")
    assert (version.slot_x0, version.ground) == (0.25, 0.7)
    with version.picture.open() as file, Image.open(file) as picture:
        assert (picture.format, picture.size) == ("JPEG", (1200, 896))


def test_it_keeps_the_bytes_as_they_came(ask: Ask) -> None:
    draft = ran(ask())
    attempt = draft.attempts.get()
    assert draft.received.name == f"drafts/{draft.brand_id}/{draft.pk}/1-answer.png"
    assert (draft.fetched, attempt.outcome, attempt.cost) == ("", "picture", Decimal("0.01"))
    with draft.received.open() as file, Image.open(file) as picture:
        assert (picture.format, picture.size) == ("PNG", (1200, 896))


def test_it_copies_slot_and_light_of_what_it_restyles(ask: Ask, base: SceneVersion) -> None:
    draft = ran(ask(restyled=True))
    assert draft.version is not None
    assert {name: getattr(draft.version, name) for name in SLOT} == SLOT
    assert draft.version.note == "Restyled from v1 by fake-1: “At noon.”"
    assert draft.version.state == "draft"
    base.refresh_from_db()
    assert base.state == "approved"


def test_it_sends_words_alone_or_the_scene_alone(ask: Ask, base: SceneVersion) -> None:
    first, second = ran(ask(backend=Seen)), SceneDraft.objects.get()
    [request] = Seen.requests
    assert (request.prompt, request.ratio, request.size) == ("At noon.", "4:3", "1K")
    assert (request.pictures, request.slot, request.seed) == ((), None, first.seed)
    assert second.attempts.get().sent == []

    restyled = ran(ask(restyled=True, backend=Seen))
    [request] = Seen.requests
    [scene] = request.pictures
    assert (scene.role, scene.sha256, scene.width) == ("scene", base.sha256, 256)
    assert scene.data == bytes_of(base.picture)
    assert [each["sha256"] for each in restyled.attempts.get().sent] == [base.sha256]


def test_it_tells_its_story(ask: Ask) -> None:
    draft = ran(ask())
    assert draft.version is not None
    kinds = [event.kind for event in history(draft)]
    assert kinds == ["scene_draft.queued", "scene_draft.running", "scene_draft.succeeded"]
    assert [event.kind for event in history(draft.version)] == ["scene_version.drafted"]
    assert not Output.objects.exists()


def test_it_cuts_a_long_note(ask: Ask, base: SceneVersion, curator: User) -> None:
    ask()
    words = "A very long beach. " * 60
    draft = drafting.draft_from_words(scene=base.scene, words=words, ratio="1:1", size="1K", by=curator)[0]
    version = ran(draft).version
    assert version is not None
    assert len(version.note) == 300
    assert version.note.startswith("Drafted by fake-1: “A very long beach.")
    assert version.note.endswith("…")
    assert draft.prompt == words.strip()


@pytest.mark.parametrize(
    ("step", "code"),
    [("blank", "bad_picture_blank"), ("text", "bad_picture_type"), ("nothing", "empty_answer")],
)
def test_it_tries_again_where_no_picture_came(ask: Ask, step: str, code: str) -> None:
    draft = ran(ask({"do": step}, {"do": "picture"}))
    assert (draft.state, len(versions_of(draft))) == ("queued", 1)
    attempt = draft.attempts.get()
    assert (attempt.outcome, attempt.cost) == ("later", Decimal("0.01"))
    assert attempt.code == code
    assert ran(draft).state == "succeeded"
    assert draft.attempts.count() == 2


@pytest.mark.parametrize(
    ("step", "state"), [({"do": "refuse", "words": "Not this."}, "refused"), ({"do": "fail"}, "failed")]
)
def test_it_makes_no_version_where_it_is_refused(ask: Ask, step: dict[str, Any], state: str) -> None:
    draft = ran(ask(step))
    assert (draft.state, draft.version) == (state, None)
    assert draft.failure_words == step.get("words", "The script says so.")
    assert len(versions_of(draft)) == 1
    assert not any("drafts" in name for name in stored_files())


def test_it_keeps_what_came_where_the_store_is_full(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise StorageFailed("The disk is full.")

    draft = ask()
    with monkeypatch.context() as patch:
        patch.setattr("generation.engine.drafts.new_scene_version", full)
        ran(draft)
    words = "The disk is full. Have the operator look at the store, then ask again."
    assert (draft.state, draft.failure_words) == ("failed", words)
    assert not draft.received
    assert len(versions_of(draft)) == 1

    drafting.retry(draft=draft, by=draft.requested_by)  # type: ignore[arg-type]  # a curator asked for it
    assert ran(draft).state == "succeeded"
    assert draft.attempts.count() == 1


def test_it_makes_no_version_for_who_no_longer_curates(ask: Ask, brand: Brand, curator: User) -> None:
    draft = ask()
    Membership.objects.filter(user=curator).update(role=Role.DESIGNER)
    ran(draft)
    assert (draft.state, draft.failure_code, draft.version) == ("failed", "not_allowed", None)
    assert f"{curator} may not curate this brand any more" in draft.failure_words
    assert len(versions_of(draft)) == 1

    owner = make_user(brand, Role.OWNER)
    drafting.retry(draft=draft, by=owner)
    version = ran(draft).version
    assert version is not None
    assert (version.created_by, draft.attempts.count()) == (owner, 1)


def test_it_writes_nothing_where_another_worker_has_it(ask: Ask) -> None:
    draft = ran(ask(backend=Thief))
    assert (draft.state, draft.worker, draft.fetched) == ("running", "somebody else", "")
    assert len(versions_of(draft)) == 1
    assert not Event.objects.filter(kind="scene_draft.succeeded").exists()
    assert not any("drafts" in name for name in stored_files())


def test_it_makes_no_version_where_the_claim_is_lost_at_the_end(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*args: Any, **options: Any) -> Any:
        SceneDraft.objects.update(claim=uuid4(), worker="somebody else")
        return open_scene(*args, **options)

    monkeypatch.setattr("generation.engine.finish.open_scene", slow)
    draft = ask()
    before = len(stored_files())
    ran(draft)
    assert (draft.state, draft.worker, draft.version) == ("running", "somebody else", None)
    assert len(versions_of(draft)) == 1
    assert len(stored_files()) == before + 1  # what came, for the other worker


def test_it_lets_go_of_a_version_that_is_thrown_away(ask: Ask, curator: User) -> None:
    draft = ran(ask())
    assert draft.version is not None
    delete_draft(version=draft.version, by=curator)
    draft.refresh_from_db()
    assert (draft.state, draft.version_id) == ("succeeded", None)
    assert bytes_of(draft.received).startswith(b"\x89PNG")

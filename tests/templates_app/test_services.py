"""Curating: drafts, approval, retirement, and what designers are offered."""

import threading
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import Storage
from django.db import connection
from django.db.models import ProtectedError

from brandkit.accounts.models import Brand, Role, User
from brandkit.common.errors import Conflict, Invalid, NotAllowed, NotFound, StorageFailed
from brandkit.common.models import Event, history
from brandkit.common.storage import keep
from templates_app import services
from templates_app.frozen import Frozen
from templates_app.models import PromptTemplate, PromptVersion, SceneTemplate, SceneVersion
from templates_app.rendering import MissingVariable, TemplateRefused
from tests.conftest import stored_files
from tests.factories import (
    make_brand,
    make_format,
    make_prompt,
    make_scene,
    make_user,
    picture_bytes,
    set_state,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene(brand: Brand) -> SceneTemplate:
    return SceneTemplate.objects.create(brand=brand, slug="kitchen", name="Kitchen")


@pytest.fixture
def prompt(brand: Brand) -> PromptTemplate:
    return PromptTemplate.objects.create(brand=brand, slug="place", name="Place")


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "scene.png"
    path.write_bytes(picture_bytes(120, 80))
    return path


def test_it_makes_a_draft_from_an_uploaded_picture(
    scene: SceneTemplate, curator: User, picture: Path
) -> None:
    version = services.new_scene_version(scene=scene, picture=picture, by=curator, note="first", ground=0.6)
    version = SceneVersion.objects.get(pk=version.pk)
    assert (version.number, version.state, version.note, version.ground) == (1, "draft", "first", 0.6)
    assert (version.width, version.height, version.media_type) == (120, 80, "image/jpeg")
    place = f"brands/{scene.brand_id}/scenes/{version.sha256}"
    assert stored_files() == [f"private/{place}.jpg", f"private/{place}.thumb.webp"]
    assert version.created_by == curator
    assert [event.kind for event in history(version)] == ["scene_version.drafted"]


def test_it_refuses_a_text_named_png_and_keeps_nothing(
    scene: SceneTemplate, curator: User, tmp_path: Path
) -> None:
    path = tmp_path / "scene.png"
    path.write_text("this is not a picture at all")
    with pytest.raises(services.SceneRefused) as refused:
        services.new_scene_version(scene=scene, picture=path, by=curator)
    assert refused.value.step == "type"
    assert stored_files() == []
    assert not SceneVersion.objects.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"slot_x0": 0.9, "slot_x1": 0.1}, "Slot: right: The right edge has to be right of the left one"),
        ({"slot_y0": 0.8, "ground": 0.5, "slot_y1": 0.9}, "Ground line: The subject stands on this line"),
        ({"slot_x1": 1.2}, "Slot: right: Ensure this value is less than or equal to 1.0"),
        ({"light_height": 91.0}, "Light height: Ensure this value is less than or equal to 90"),
    ],
)
def test_it_refuses_a_slot_that_is_none(
    scene: SceneTemplate, curator: User, picture: Path, fields: dict[str, Any], words: str
) -> None:
    with pytest.raises(Invalid, match=words):
        services.new_scene_version(scene=scene, picture=picture, by=curator, **fields)
    assert stored_files() == []
    assert not SceneVersion.objects.exists()


def test_it_leaves_nothing_behind_when_the_disk_is_full(
    scene: SceneTemplate, curator: User, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[str] = []

    def full_at_the_second(store: Storage, name: str, data: bytes) -> str:
        if kept:
            raise StorageFailed
        kept.append(keep(store, name, data))
        return name

    monkeypatch.setattr("brandkit.common.storage.keep", full_at_the_second)
    with pytest.raises(StorageFailed):
        services.new_scene_version(scene=scene, picture=picture, by=curator)
    assert len(kept) == 1
    assert stored_files() == []
    assert not SceneVersion.objects.exists()
    assert not Event.objects.exists()


def test_it_uses_the_same_files_for_the_same_picture(
    scene: SceneTemplate, curator: User, picture: Path
) -> None:
    first = services.new_scene_version(scene=scene, picture=picture, by=curator)
    second = services.new_scene_version(scene=scene, picture=picture, by=curator)
    assert (first.number, second.number) == (1, 2)
    assert first.sha256 == second.sha256
    assert len(stored_files()) == 2


@pytest.mark.django_db(transaction=True)
def test_it_gives_two_drafts_at_once_two_numbers(prompt: PromptTemplate, curator: User) -> None:
    together = threading.Barrier(2, timeout=20)
    failed: list[BaseException] = []

    def draft() -> None:
        try:
            together.wait()
            services.new_prompt_version(template=prompt, text="Set it.", variables={}, by=curator)
        except BaseException as error:  # told by the test
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=draft) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert sorted(prompt.versions.values_list("number", flat=True)) == [1, 2]


def test_it_approves_a_draft_and_keeps_who_and_when(
    scene: SceneTemplate, curator: User, picture: Path
) -> None:
    version = services.new_scene_version(scene=scene, picture=picture, by=curator)
    services.approve(version=version, by=curator)
    version = SceneVersion.objects.get(pk=version.pk)
    assert (version.state, version.approved_by) == ("approved", curator)
    assert version.approved_at
    last = history(version).last()
    assert last
    assert (last.kind, last.actor) == ("scene_version.approved", curator)
    with pytest.raises(Frozen):
        services.change_draft(version=version, by=curator)
    with pytest.raises(Conflict):
        services.approve(version=version, by=curator)


def test_it_does_not_approve_what_was_changed_since_it_was_seen(brand: Brand, curator: User) -> None:
    seen = make_prompt(brand, state="draft")
    changed = PromptVersion.objects.get(pk=seen.pk)
    changed.text = "Something else."
    services.change_draft(version=changed, by=curator)
    with pytest.raises(Conflict, match="Somebody has changed this draft"):
        services.approve(version=seen, by=curator)
    assert PromptVersion.objects.get(pk=seen.pk).state == "draft"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("{{ subject.name", TemplateRefused),
        ("{{ vars.tag_text }}", TemplateRefused),
        ("{% for part in vars.parts %}{{ part.colour }}{% endfor %}", MissingVariable),
        ("{% if subject.sku == 'none' %}Nothing comes out.{% endif %}", TemplateRefused),
    ],
)
def test_it_does_not_approve_a_prompt_that_would_not_work(
    brand: Brand, curator: User, text: str, error: type[Exception]
) -> None:
    version = make_prompt(brand, state="draft", text=text, variables={"parts": [{"name": "a"}]})
    with pytest.raises(error):
        services.approve(version=version, by=curator)
    assert PromptVersion.objects.get(pk=version.pk).state == "draft"
    assert not history(version).exists()


def test_it_retires_just_what_is_approved(brand: Brand, curator: User) -> None:
    version, draft = make_scene(brand), make_scene(brand, state="draft")
    services.retire(version=version, by=curator)
    version.refresh_from_db()
    assert (version.state, version.retired_by) == ("retired", curator)
    with pytest.raises(Conflict):
        services.retire(version=draft, by=curator)


@pytest.mark.parametrize("role", [Role.DESIGNER, Role.REVIEWER])
def test_it_lets_nobody_else_curate(brand: Brand, role: Role, scene: SceneTemplate, picture: Path) -> None:
    person = make_user(brand, role)
    draft = make_prompt(brand, state="draft")
    for act in (
        lambda: services.approve(version=draft, by=person),
        lambda: services.retire(version=draft, by=person),
        lambda: services.change_draft(version=draft, by=person),
        lambda: services.make_default(template=draft.template, by=person),
        lambda: services.new_scene_version(scene=scene, picture=picture, by=person),
        lambda: services.new_prompt_version(template=draft.template, text="x", variables={}, by=person),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert PromptVersion.objects.count() == 1
    assert not Event.objects.exists()
    assert stored_files() == []


def test_it_hides_a_brand_from_the_curators_of_others(brand: Brand) -> None:
    stranger = make_user(make_brand(), Role.CURATOR)
    with pytest.raises(NotFound):
        services.approve(version=make_prompt(brand, state="draft"), by=stranger)


def test_it_refuses_variables_that_are_not_plain(prompt: PromptTemplate, curator: User) -> None:
    for variables in ({"a b": "x"}, {"_x": "y"}, {"a": object()}, {"a": "x" * 501}, {"a": list(range(21))}):
        with pytest.raises(Invalid):
            services.new_prompt_version(template=prompt, text="x", variables=variables, by=curator)
    assert not prompt.versions.exists()


def test_it_keeps_one_default_prompt(brand: Brand, curator: User) -> None:
    first, second = make_prompt(brand).template, make_prompt(brand).template
    services.make_default(template=first, by=curator)
    services.make_default(template=second, by=curator)
    assert list(PromptTemplate.objects.filter(is_default=True)) == [second]


def test_it_offers_the_newest_approved_version_of_each_scene(brand: Brand) -> None:
    old = make_scene(brand)
    new = _next(old, "approved")
    _next(new, "draft")
    make_scene(brand, state="draft")
    make_scene(brand, state="retired")
    make_scene(make_brand())
    assert list(services.approved_scenes(brand)) == [new]


def _next(version: SceneVersion, state: str) -> SceneVersion:
    following = SceneVersion(
        scene=version.scene,
        number=version.number + 1,
        picture=str(version.picture),
        thumbnail=str(version.thumbnail),
        sha256=version.sha256,
        media_type="image/png",
    )
    following.save()
    made: SceneVersion = set_state(following, state)
    return made


def test_it_finds_an_approved_scene_by_name(brand: Brand) -> None:
    version = make_scene(brand, slug="kitchen")
    assert services.find_scene(brand=brand, slug="kitchen") == version


def test_it_says_which_scenes_there_are(brand: Brand) -> None:
    make_scene(brand, slug="studio")
    make_scene(brand, slug="kitchen")
    make_scene(make_brand(), slug="secret")
    with pytest.raises(NotFound, match=r"^There is no scene “kichen”\. There are: kitchen, studio\.$"):
        services.find_scene(brand=brand, slug="kichen")


def test_it_says_why_a_scene_is_not_offered(brand: Brand, curator: User) -> None:
    gone = make_scene(brand, slug="kitchen")
    services.retire(version=gone, by=curator)
    make_scene(brand, slug="studio", state="draft")
    with pytest.raises(Invalid, match=r"^The scene “Kitchen” is retired since \d+ \w+ \d{4}\. Ask a curator"):
        services.find_scene(brand=brand, slug="kitchen")
    with pytest.raises(Invalid, match="The scene “Studio” is only a draft"):
        services.find_scene(brand=brand, slug="studio")


def test_it_finds_a_prompt_by_name_and_the_default_without(brand: Brand, curator: User) -> None:
    one, other = make_prompt(brand), make_prompt(brand)
    slugs = f"{one.template.slug}, {other.template.slug}"
    assert services.find_prompt(brand=brand, slug=one.template.slug) == one
    with pytest.raises(Invalid, match=rf"no default prompt. Name one. There are: {slugs}"):
        services.find_prompt(brand=brand)
    services.make_default(template=other.template, by=curator)
    assert services.find_prompt(brand=brand) == other
    services.retire(version=other, by=curator)
    with pytest.raises(Invalid, match="is retired since"):
        services.find_prompt(brand=brand)
    with pytest.raises(NotFound, match="There is no prompt “nothing”"):
        services.find_prompt(brand=brand, slug="nothing")


def test_it_finds_a_format_that_is_switched_on(brand: Brand) -> None:
    on, off = make_format(brand, slug="square"), make_format(brand, slug="story", name="Story", active=False)
    assert services.find_format(brand=brand, slug="square") == on
    with pytest.raises(Invalid, match=r"The format “Story” is switched off\. There are: square\."):
        services.find_format(brand=brand, slug=off.slug)
    with pytest.raises(NotFound, match=r"There is no format “wide”\. There are: square\."):
        services.find_format(brand=brand, slug="wide")


def test_it_throws_a_draft_away_with_its_picture(scene: SceneTemplate, curator: User, picture: Path) -> None:
    first = services.new_scene_version(scene=scene, picture=picture, by=curator)
    second = services.new_scene_version(scene=scene, picture=picture, by=curator)
    services.delete_draft(version=first, by=curator)
    assert len(stored_files()) == 2
    services.delete_draft(version=second, by=curator)
    assert stored_files() == []
    assert Event.objects.filter(kind="scene_version.deleted", actor=curator).count() == 2


def test_it_keeps_approved_versions_when_their_scene_is_deleted(brand: Brand) -> None:
    version = make_scene(brand)
    with pytest.raises(ProtectedError):
        version.scene.delete()
    assert SceneVersion.objects.filter(pk=version.pk).exists()


def test_it_advises_where_a_scene_is_small(brand: Brand) -> None:
    version = make_scene(brand)
    assert "256 × 256 pixels, so results will look soft" in services.size_advice(version)
    version.width = version.height = 1024
    assert services.size_advice(version) == ""

"""Further photos of a subject: taken in, taken away, put back, and sent with new wishes."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pytest_django import Settings

from brandkit.accounts.models import Role
from brandkit.common.errors import Invalid, NotAllowed, NotFound, StorageFailed
from brandkit.common.models import Event, history
from brandkit.common.storage import DurableFileSystemStorage, digest
from generation import references, services, tasks
from generation.engine.sending import picture_request
from generation.intake import PhotoRefused
from generation.models import Generation, Reference, Subject
from generation.runner import run
from tests.conftest import stored_files
from tests.factories import (
    make_brand,
    make_format,
    make_prompt,
    make_reference,
    make_scene,
    make_subject,
    make_user,
    picture_bytes,
)
from tests.races import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def subject() -> Subject:
    return make_subject(make_brand(), name="Banana")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return save(tmp_path / "back.png", "gold")


def save(file: Path, colour: str) -> Path:
    file.write_bytes(picture_bytes(160, 120, colour))
    return file


def attach(subject: Subject, file: Path, shows: str = "angle", **by: Any) -> tuple[Reference, bool]:
    return references.attach(subject=subject, file=file, shows=shows, **{"by": None, **by})


# Attaching


def test_it_keeps_a_further_photo_upright_and_without_metadata(subject: Subject, photo: Path) -> None:
    before, person = stored_files(), make_user(subject.brand)
    reference, new = attach(subject, photo, "detail", by=person)
    assert new
    reference.refresh_from_db()
    assert (reference.subject, reference.shows, reference.created_by) == (subject, "detail", person)
    assert (reference.width, reference.height, reference.removed_at) == (160, 120, None)
    assert reference.original_sha256 == digest(photo.read_bytes())
    with reference.picture.open() as file:
        assert digest(file.read()) == reference.sha256
    with reference.picture.open() as file, Image.open(file) as picture:
        assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (160, 120))
    with reference.thumbnail.open() as file, Image.open(file) as thumbnail:
        assert thumbnail.format == "WEBP"
    assert len(stored_files()) == len(before) + 2
    [event] = history(reference)
    assert (event.kind, event.actor, event.brand_id) == ("reference.attached", person, subject.brand_id)
    assert event.data == {"subject": subject.pk, "shows": "detail", "sha256": reference.original_sha256}


def test_it_gives_the_same_row_for_the_same_photo(subject: Subject, photo: Path) -> None:
    first, _ = attach(subject, photo)
    files = stored_files()
    assert attach(subject, photo, "detail") == (first, False)
    first.refresh_from_db()
    assert first.shows == "angle"
    assert stored_files() == files
    assert history(first).count() == 1


def test_it_keeps_the_photos_of_two_subjects_apart(subject: Subject, photo: Path) -> None:
    first, _ = attach(subject, photo)
    second, new = attach(make_subject(subject.brand), photo)
    assert new
    assert first.pk != second.pk


@pytest.mark.parametrize(
    ("shows", "attached", "words"),
    [
        (
            "angle",
            ["angle", "detail", "detail", "angle", "detail", "person"],
            "5 further photos of the thing",
        ),
        ("detail", ["angle"] * 5, "5 further photos of the thing itself already"),
        ("person", ["person"] * 5, "5 photos of people already"),
    ],
)
def test_it_refuses_more_than_models_take(
    shows: str, attached: list[str], words: str, subject: Subject, photo: Path
) -> None:
    for kind in attached:
        make_reference(subject, shows=kind)
    files = stored_files()
    with pytest.raises(Invalid, match=rf"“Banana” has {words}.* Remove one first\."):
        attach(subject, photo, shows)
    assert (subject.references.count(), stored_files()) == (len(attached), files)
    assert not Event.objects.filter(kind="reference.attached").exists()


def test_it_counts_only_what_is_attached(subject: Subject, photo: Path) -> None:
    for _ in range(5):
        last = make_reference(subject)
    references.remove(reference=last, by=None)
    assert attach(subject, photo)[1]
    with pytest.raises(Invalid, match="5 further photos of the thing itself"):
        references.put_back(reference=last, by=None)
    last.refresh_from_db()
    assert last.removed_at is not None


def test_it_refuses_the_subjects_own_photo(subject: Subject, photo: Path) -> None:
    Subject.objects.update(original_sha256=digest(photo.read_bytes()))
    subject.refresh_from_db()
    with pytest.raises(Invalid, match="This is the very photo of “Banana”"):
        attach(subject, photo)
    assert not Reference.objects.exists()


def test_it_refuses_a_kind_that_there_is_not(subject: Subject, photo: Path) -> None:
    with pytest.raises(Invalid, match="shows one of: angle, detail, person"):
        attach(subject, photo, "dog")
    assert not Reference.objects.exists()


@pytest.mark.parametrize("data", [b"", b"GIF89a" + bytes(40), picture_bytes()[:200]], ids=["0", "GIF", "cut"])
def test_it_keeps_nothing_of_what_is_no_photo(data: bytes, subject: Subject, tmp_path: Path) -> None:
    file, files = tmp_path / "a.jpg", stored_files()
    file.write_bytes(data)
    with pytest.raises(PhotoRefused):
        attach(subject, file)
    assert (Reference.objects.count(), stored_files()) == (0, files)


def test_it_keeps_nothing_where_the_disk_is_full(
    subject: Subject, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, save_file = stored_files(), DurableFileSystemStorage._save

    def full(self: DurableFileSystemStorage, name: str, content: Any) -> str:
        if name.endswith(".webp"):
            raise OSError(28, "No space left on device")
        return save_file(self, name, content)

    monkeypatch.setattr(DurableFileSystemStorage, "_save", full)
    with pytest.raises(StorageFailed):
        attach(subject, photo)
    assert (Reference.objects.count(), stored_files()) == (0, files)


def test_it_asks_the_policy(subject: Subject, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = make_reference(subject)
    stranger, member = make_user(make_brand(), Role.OWNER), make_user(subject.brand)
    monkeypatch.setattr("brandkit.accounts.policy.ACTS", {Role.DESIGNER: frozenset({"see"})})
    for person, error in ((stranger, NotFound), (member, NotAllowed)):
        with pytest.raises(error):
            attach(subject, photo, by=person)
        with pytest.raises(error):
            references.remove(reference=reference, by=person)
        with pytest.raises(error):
            references.put_back(reference=reference, by=person)
    reference.refresh_from_db()
    assert (reference.removed_at, Reference.objects.count()) == (None, 1)


@pytest.mark.django_db(transaction=True)
def test_it_makes_one_row_of_a_photo_that_three_attach_at_once(subject: Subject, photo: Path) -> None:
    files = stored_files()
    answers = at_once(3, lambda: attach(subject, photo))
    assert len({reference.pk for reference, _ in answers}) == 1
    assert sorted(new for _, new in answers) == [False, False, True]
    assert len(stored_files()) == len(files) + 2


@pytest.mark.django_db(transaction=True)
def test_it_keeps_to_the_most_when_several_are_attached_at_once(subject: Subject, tmp_path: Path) -> None:
    for _ in range(4):
        make_reference(subject)
    files = [save(tmp_path / f"{colour}.png", colour) for colour in ("red", "gold", "navy")]
    left = iter(files)

    def one() -> bool:
        try:
            return attach(subject, next(left))[1]
        except Invalid:
            return False

    assert sorted(at_once(3, one)) == [False, False, True]
    assert subject.references.count() == 5


# Taking away, and putting back


def test_it_takes_a_photo_away_and_brings_it_back(subject: Subject, photo: Path) -> None:
    person = make_user(subject.brand)
    reference, _ = attach(subject, photo)
    references.remove(reference=reference, by=person)
    references.remove(reference=reference, by=person)
    assert references.attached([subject]) == {subject.pk: []}
    assert references.put_back(reference=reference, by=person) == reference
    assert references.put_back(reference=reference, by=person) == reference
    assert references.attached([subject]) == {subject.pk: [reference]}
    kinds = [(event.kind, event.actor) for event in history(reference)]
    assert kinds == [
        ("reference.attached", None),
        ("reference.removed", person),
        ("reference.attached", person),
    ]


def test_it_brings_back_the_row_when_the_same_photo_comes_again(subject: Subject, photo: Path) -> None:
    reference, _ = attach(subject, photo)
    references.remove(reference=reference, by=None)
    files = stored_files()
    assert attach(subject, photo) == (reference, False)
    assert references.attached([subject]) == {subject.pk: [reference]}
    assert stored_files() == files


def test_it_makes_a_new_row_of_a_photo_that_now_shows_something_else(subject: Subject, photo: Path) -> None:
    old, _ = attach(subject, photo, "angle")
    references.remove(reference=old, by=None)
    new, is_new = attach(subject, photo, "detail")
    assert is_new
    assert (new.shows, new.pk != old.pk) == ("detail", True)
    assert references.put_back(reference=old, by=None) == new
    assert references.attached([subject]) == {subject.pk: [new]}


# With new wishes


@pytest.fixture
def providers(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "dispatch", lambda times=1: None)
    settings.BRANDKIT_PROVIDERS = {
        "compositor": {"BACKEND": "generation.providers.compositor.Compositor"},
        "fake": {"BACKEND": "generation.providers.fake.Fake"},
    }


def wish(subject: Subject, **changed: Any) -> dict[str, Any]:
    brand = subject.brand
    return {
        "brand": brand,
        "by": None,
        "subject": subject,
        "scene_version": make_scene(brand),
        "prompt_version": make_prompt(brand),
        "output_format": make_format(brand),
        "provider": "fake",
        **changed,
    }


def fixed(generation: Generation) -> list[Reference]:
    return list(generation.references.order_by("pk"))


@pytest.mark.usefixtures("providers")
def test_it_fixes_the_photos_when_a_picture_is_asked_for(subject: Subject) -> None:
    side, label = make_reference(subject), make_reference(subject, shows="detail")
    asked = wish(subject)
    first, _ = services.request(**asked)
    assert services.request(**asked) == (first, False)
    references.remove(reference=side, by=None)
    second, new = services.request(**asked)
    assert new
    assert (fixed(first), fixed(second)) == ([side, label], [label])
    references.put_back(reference=side, by=None)
    assert services.request(**asked) == (first, False)


@pytest.mark.usefixtures("providers")
def test_it_sends_the_photos_after_subject_and_scene(subject: Subject) -> None:
    side, label = make_reference(subject), make_reference(subject, shows="detail")
    generation, _ = services.request(**wish(subject))
    references.remove(reference=label, by=None)
    run(generation.NOUN, generation.pk)
    [attempt] = generation.attempts.all()
    assert [(each["role"], each["sha256"]) for each in attempt.sent] == [
        ("subject", subject.normal_sha256),
        ("scene", generation.scene_version.sha256),
        ("reference", side.sha256),
        ("reference", label.sha256),
    ]


@pytest.mark.usefixtures("providers")
def test_a_prompt_can_say_what_they_show(subject: Subject) -> None:
    for shows in ("detail", "person", "angle"):
        make_reference(subject, shows=shows)
    prompt = make_prompt(subject.brand, text="{{ subject.name }}. {{ subject.further }}")
    said = " Image 3 shows a detail of it close up. Image 4 shows a person. Image 5 shows another side of it."
    for provider, words in (("fake", said), ("compositor", "")):
        generation, _ = services.request(**wish(subject, prompt_version=prompt, provider=provider))
        assert generation.prompt == f"Banana.{words}"


@pytest.mark.usefixtures("providers")
def test_a_provider_without_a_use_for_them_is_asked_as_before(subject: Subject) -> None:
    asked = wish(subject, provider="compositor")
    first, _ = services.request(**asked)
    make_reference(subject)
    assert services.request(**asked) == (first, False)
    assert fixed(first) == []


@pytest.mark.usefixtures("providers")
def test_it_reads_only_what_is_sent(subject: Subject) -> None:
    """The compositor gets the exact cut-out and scene, a model the photo: neither reads the other's."""
    make_reference(subject)
    for provider, roles in (("compositor", ["cutout", "scene"]), ("fake", ["subject", "scene", "reference"])):
        generation, _ = services.request(**wish(subject, provider=provider))
        request = picture_request(generation)
        found = {"subject": request.subject, "cutout": request.cutout, "scene": request.scene}
        read = [role for role, picture in found.items() if picture] + ["reference"] * len(request.references)
        assert read == roles


@pytest.mark.usefixtures("providers")
def test_a_grid_gives_each_subject_its_own_photos(subject: Subject) -> None:
    brand, plain, bare = subject.brand, make_subject(subject.brand), make_subject(subject.brand)
    mine, other = [make_reference(subject) for _ in range(2)], make_reference(plain)
    made = services.request_grid(
        brand=brand,
        by=None,
        subjects=[subject, plain, bare],
        scene_versions=[make_scene(brand), make_scene(brand, ground=0.6)],
        prompt_version=make_prompt(brand),
        output_formats=[make_format(brand)],
        provider="fake",
    )
    assert [fixed(each) for each in made] == [mine, mine, [other], [other], [], []]


@pytest.mark.usefixtures("providers")
@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ({"most_pictures": 3}, "Fake takes at most 3 pictures in one call, and here are 5. Remove 2."),
        ({"most_objects": 2}, "Fake takes at most 2 photos of the thing itself, and here are 3. Remove 1."),
        ({"most_people": 0}, "Fake takes at most 0 photos of people, and here are 1. Remove 1."),
        ({"longest_prompt": 4}, "Fake reads prompts of at most 4 characters; this one has 14."),
    ],
)
def test_it_refuses_what_the_provider_can_not_take(
    limit: dict[str, int], words: str, subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two sides and a person, with a subject and a scene."""
    for name, value in limit.items():
        monkeypatch.setattr(f"generation.providers.fake.Fake.{name}", value)
    for shows in ("angle", "detail", "person"):
        make_reference(subject, shows=shows)
    with pytest.raises(Invalid) as error:
        services.request(**wish(subject))
    assert error.value.message == f"“Banana” can't be asked for: {words}"
    assert (Generation.objects.count(), Event.objects.count()) == (0, 0)


@pytest.mark.usefixtures("providers")
def test_a_wish_without_further_photos_is_known_as_before_there_were_any(subject: Subject) -> None:
    generation, _ = services.request(**wish(subject))
    scene = generation.scene_version
    numbers = {
        field.attname: getattr(scene, field.attname)
        for field in scene._meta.concrete_fields
        if field.get_internal_type() == "FloatField"
    }
    parts = {
        "subject": [subject.original_sha256, subject.normal_sha256, subject.cutout_sha256],
        "scene": [scene.sha256, numbers],
        "prompt": "Set Banana in.",
        "provider": ["fake", "fake-1", {}],
        "format": [generation.output_format_id, "1:1", "1K"],
        "variation": 1,
    }
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    assert generation.wish == hashlib.sha256(canonical.encode()).hexdigest()

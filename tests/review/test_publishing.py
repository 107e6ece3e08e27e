"""Publish and take back: rows, files and trail, and what is left when the store fails."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image

from brandkit.accounts.models import Brand, Role, User
from brandkit.common.errors import Conflict, NotAllowed, NotFound, StorageFailed
from brandkit.common.models import history
from brandkit.common.storage import digest, public_store
from generation.signals import ticked
from review.deciding import decide
from review.models import Asset, AssetVersion, Rendition, Review
from review.publishing import actions
from review.publishing.actions import publish, publish_due, sweep, unpublish
from templates_app.models import OutputFormat
from tests.conftest import stored_files
from tests.factories import (
    make_brand,
    make_format,
    make_prompt,
    make_scene,
    make_subject,
    make_user,
    picture_bytes,
    stored,
)
from tests.review.factories import make_published, make_review, too_late

pytestmark = pytest.mark.django_db


def inputs(brand: Brand, **fields: Any) -> dict[str, Any]:
    """The same subject, scene and format for several pictures."""
    return {
        "subject": make_subject(brand, slug="cup"),
        "scene_version": make_scene(brand, slug="kitchen"),
        "output_format": make_format(brand, slug="square", **fields),
        "prompt_version": make_prompt(brand),
    }


def other_picture(colour: str) -> dict[str, Any]:
    data = picture_bytes(1024, 1024, colour)
    return {"picture": stored("output.png", data), "sha256": digest(data)}


def public() -> list[str]:
    return [name.removeprefix("public/") for name in stored_files() if name.startswith("public/")]


def fill_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: Any) -> str:
        raise StorageFailed("The picture could not be stored: No space left on device.")

    monkeypatch.setattr(actions, "keep", full)


def work_off(review: Review) -> None:
    """What a worker does when its approval can no longer be undone."""
    too_late(review)
    publish_due()


@pytest.mark.parametrize(("file_type", "name"), [("jpg", "JPEG"), ("png", "PNG"), ("webp", "WEBP")])
def test_it_publishes_the_exact_pixels_under_the_hash_of_the_content(
    brand: Brand, file_type: str, name: str
) -> None:
    version = make_published(brand, **inputs(brand, width=300, height=200, file_type=file_type))
    assert (version.asset.name, version.number) == ("cup-kitchen-square", 1)
    rendition = version.renditions.get()
    with rendition.file.open() as file:
        data = file.read()
    assert rendition.sha256 == digest(data)
    assert rendition.key == digest(data)[:16]
    assert rendition.bytes == len(data)
    assert public() == [f"assets/acme/cup-kitchen-square.{rendition.key}.{file_type}"]
    with Image.open(BytesIO(data)) as image:
        assert (image.format, image.size) == (name, (300, 200))
        assert (rendition.width, rendition.height) == image.size


def test_it_keeps_a_thumbnail_for_the_brand(brand: Brand) -> None:
    rendition = make_published(brand, **inputs(brand, width=600, height=300)).renditions.get()
    with rendition.thumbnail.open() as file, Image.open(file) as image:
        assert (image.format, image.size) == ("WEBP", (512, 256))


def test_it_tells_the_trail_what_became_public(brand: Brand, reviewer: User) -> None:
    version = make_published(brand, by=reviewer)
    event = history(version.review).last()
    assert event is not None
    key = version.renditions.get().key
    assert (event.kind, event.actor, event.brand_id) == ("review.published", reviewer, brand.pk)
    assert event.data == {"from": "approved", "asset": version.asset.name, "version": 1, "key": key}


def test_it_gives_the_next_picture_of_the_same_the_next_number(brand: Brand) -> None:
    same = inputs(brand)
    first = make_published(brand, **same)
    second = make_published(brand, **same, output=other_picture("pink"))
    assert first.asset == second.asset
    assert (first.number, second.number) == (1, 2)
    assert len(public()) == 2


def test_it_gives_two_things_two_names_though_their_slugs_run_together(brand: Brand) -> None:
    square = make_format(brand, slug="square")
    one: dict[str, Any] = {
        "subject": make_subject(brand, slug="tea-cup"),
        "scene_version": make_scene(brand, slug="bar"),
    }
    two: dict[str, Any] = {
        "subject": make_subject(brand, slug="tea"),
        "scene_version": make_scene(brand, slug="cup-bar"),
    }
    names = [make_published(brand, output_format=square, **each).asset.name for each in (one, two)]
    assert names[0] == "tea-cup-bar-square"
    assert names[1].startswith("tea-cup-bar-square-")


def test_it_keeps_the_name_of_an_asset_when_slugs_change(brand: Brand) -> None:
    same = inputs(brand)
    first = make_published(brand, **same)
    OutputFormat.objects.filter(pk=same["output_format"].pk).update(slug="feed")
    second = make_published(brand, **same, output=other_picture("pink"))
    assert second.asset == first.asset
    assert second.asset.name == "cup-kitchen-square"


def test_it_takes_a_version_back_and_deletes_its_file(brand: Brand, reviewer: User) -> None:
    version = make_published(brand)
    unpublish(version=version, by=reviewer)
    review = Review.objects.get()
    assert review.state == "recalled"
    assert version.recalled_by == reviewer
    assert version.recalled_at is not None
    assert public() == []
    assert version.renditions.get().file.name == ""
    event = history(review).last()
    assert event is not None
    assert (event.kind, event.actor) == ("review.recalled", reviewer)
    assert event.data == {"from": "published", "asset": version.asset.name, "version": 1}


def test_it_takes_a_version_back_once(brand: Brand, reviewer: User) -> None:
    version = make_published(brand)
    late = AssetVersion.objects.get(pk=version.pk)
    assert late.review.state == "published"
    unpublish(version=version, by=reviewer)
    with pytest.raises(Conflict):
        unpublish(version=late, by=reviewer)
    assert [event.kind for event in history(version.review)].count("review.recalled") == 1


def test_it_keeps_a_file_that_another_version_shows_too(brand: Brand, reviewer: User) -> None:
    same = inputs(brand)
    first, second = make_published(brand, **same), make_published(brand, **same)
    assert len(public()) == 1
    unpublish(version=second, by=reviewer)
    assert public() == [first.renditions.get().file.name]
    unpublish(version=first, by=reviewer)
    assert public() == []


@pytest.mark.parametrize("role", [Role.DESIGNER, Role.CURATOR])
def test_it_refuses_people_without_the_right(brand: Brand, role: Role) -> None:
    version = make_published(brand)
    for user, error in (
        (make_user(brand, role), NotAllowed),
        (make_user(make_brand(), Role.OWNER), NotFound),
    ):
        with pytest.raises(error):
            unpublish(version=version, by=user)
        with pytest.raises(error):
            publish(review=version.review, by=user)
    assert Review.objects.get().state == "published"
    assert len(public()) == 1


@pytest.mark.parametrize("state", ["waiting", "rejected", "published", "recalled"])
def test_it_publishes_only_what_is_approved(brand: Brand, reviewer: User, state: str) -> None:
    review = make_review(brand)
    review.state = state
    review.save(update_fields=["state"])
    with pytest.raises(Conflict, match="only an approved one can be published"):
        publish(review=review, by=reviewer)
    assert public() == []
    assert not AssetVersion.objects.exists()


def test_it_stays_approved_when_the_store_is_full(
    brand: Brand, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    review = make_review(brand)
    fill_the_disk(monkeypatch)
    before = stored_files()
    decide(review=review, by=reviewer, verdict="approved")
    work_off(review)
    review.refresh_from_db()
    assert review.state == "approved"
    assert review.problem == "The picture could not be stored: No space left on device."
    assert review.retry_at is not None
    assert not AssetVersion.objects.exists()
    assert stored_files() == before
    assert [event.kind for event in history(review)][-2:] == ["review.approved", "review.not_published"]


def test_it_leaves_no_file_when_the_rows_fail(
    brand: Brand, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    review = make_review(brand)
    before = stored_files()

    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the database went away")

    monkeypatch.setattr(Rendition.objects, "create", broken)
    decide(review=review, by=reviewer, verdict="approved")
    with pytest.raises(RuntimeError):
        work_off(review)
    assert Review.objects.get().state == "approved"
    assert not AssetVersion.objects.exists()
    assert stored_files() == before


def test_it_publishes_again_once_the_store_works(
    brand: Brand, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    review = make_review(brand)
    with monkeypatch.context() as full:
        fill_the_disk(full)
        decide(review=review, by=reviewer, verdict="approved")
        work_off(review)
    publish(review=review, by=reviewer)
    review.refresh_from_db()
    assert (review.state, review.problem, review.retry_at) == ("published", "", None)
    assert len(public()) == 1


def test_it_tries_again_what_could_not_be_published(
    brand: Brand, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    review = make_review(brand)
    with monkeypatch.context() as full:
        fill_the_disk(full)
        decide(review=review, by=reviewer, verdict="approved")
        work_off(review)
    publish_due()
    assert Review.objects.get().state == "approved", "not due yet"
    Review.objects.update(retry_at=timezone.now() - timedelta(seconds=1))
    assert {answer for _, answer in ticked.send_robust(sender=None)} == {None}
    assert Review.objects.get().state == "published"
    assert AssetVersion.objects.get().published_by == reviewer
    assert len(public()) == 1


def test_it_does_not_lose_an_approval_whose_worker_ended_before_it_was_public(
    brand: Brand, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    review = make_review(brand)
    decide(review=review, by=reviewer, verdict="approved")
    with monkeypatch.context() as killed:
        killed.setattr(actions, "publish_or_note", lambda **given: None)
        work_off(review)
    Review.objects.update(retry_at=Review.objects.get().retry_at - actions.AGAIN_AFTER)  # type: ignore[operator]  # set by the worker
    publish_due()
    assert Review.objects.get().state == "published"


def test_it_does_not_try_again_what_can_never_be_published(
    brand: Brand, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    review = make_review(brand)
    monkeypatch.setattr("review.deciding.require_fit", lambda review: None)
    OutputFormat.objects.update(width=4000)
    decide(review=Review.objects.for_desk().get(), by=reviewer, verdict="approved")
    work_off(review)
    review.refresh_from_db()
    assert review.state == "approved"
    assert review.retry_at is None
    assert "never enlarged" in review.problem


def test_it_deletes_by_the_sweep_what_could_not_be_deleted(
    brand: Brand, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = make_published(brand)

    def broken(name: str) -> None:
        raise ConnectionError("the store is away")

    with monkeypatch.context() as away:
        away.setattr(type(public_store()), "delete", lambda self, name: broken(name))
        unpublish(version=version, by=reviewer)
    assert Review.objects.get().state == "recalled"
    assert len(public()) == 1
    sweep()
    assert public() == []
    assert version.renditions.get().file.name == ""


def test_it_has_no_asset_without_a_version_in_the_library(
    brand: Brand, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_the_disk(monkeypatch)
    review = make_review(brand)
    decide(review=review, by=reviewer, verdict="approved")
    work_off(review)
    assert not Asset.objects.filter(versions__isnull=False).exists()


def test_it_keeps_the_file_of_an_equal_picture_that_is_taken_back_meanwhile(
    brand: Brand, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    same = inputs(brand)
    first = make_published(brand, by=reviewer, **same)
    second = make_review(brand, **same)
    publish_rows = actions._published

    def late(*args: Any) -> AssetVersion:
        unpublish(version=first, by=reviewer)
        assert [name for name in stored_files() if name.startswith("public/")] == []
        return publish_rows(*args)

    monkeypatch.setattr(actions, "_published", late)
    decide(review=second, by=reviewer, verdict="approved")
    work_off(second)
    [rendition] = Rendition.objects.filter(version__recalled_at=None)
    assert rendition.version.review == second
    with public_store().open(str(rendition.file)) as file:
        assert digest(file.read()) == rendition.sha256

"""Nothing else is ever public: every stored file is asked for, by a stranger, wherever it might be found."""

from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest
from django.test import Client
from django.urls import reverse

from brandkit.accounts.models import Role
from generation import runner, services
from generation.models import Output, Subject
from review.deciding import decide
from review.models import AssetVersion, Rendition, Review
from review.publishing.actions import unpublish
from templates_app.models import SceneVersion
from tests.conftest import stored_files
from tests.factories import make_user
from tests.pages.factories import Shop, make_banana, make_shop
from tests.review.factories import approve

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.one_database]

ROOTS = ("", "media/", "static/", "assets/", "files/", "uploads/", "storage/", "var/", "data/")


def whole_job() -> Shop:
    """One subject in two scenes and formats: one published, one taken back, one rejected, one open."""
    shop = make_shop()
    made = services.request_grid(
        brand=shop.brand,
        by=shop.designer,
        subjects=[make_banana(shop)],
        scene_versions=[shop.kitchen, shop.picnic],
        prompt_version=shop.prompt,
        output_formats=[shop.square, shop.wide],
    )
    for generation in made:
        runner.run(generation.NOUN, generation.pk)
    reviewer = make_user(shop.brand, Role.REVIEWER)
    published, taken_back, rejected, _ = Review.objects.for_desk()
    approve(published, reviewer)
    approve(taken_back, reviewer)
    unpublish(version=AssetVersion.objects.get(review=taken_back), by=reviewer)
    decide(review=rejected, by=reviewer, verdict="rejected", reasons=["other"])
    return shop


def places(stored: str, brand: str) -> Iterator[str]:
    """Where somebody might look for a stored file."""
    below = stored.partition("/")[2]
    file = PurePosixPath(stored).name
    for root in (*ROOTS, f"b/{brand}/", f"b/{brand}/studio/", f"b/{brand}/studio/files/", f"assets/{brand}/"):
        for path in (stored, below, file):
            yield f"/{root}{path}"
        yield f"/{root}../{stored}"
        yield f"/{root}..%2f{stored}"


def private_pages(brand: str) -> Iterator[str]:
    """The addresses at which the brand's own people see these files."""
    for row in Subject.objects.all():
        for kind in ("original", "normal", "cutout", "thumbnail"):
            yield reverse("studio:subject-file", args=[brand, row.pk, kind])
    for output in Output.objects.all():
        for kind in ("picture", "preview", "thumbnail"):
            yield reverse("studio:output-file", args=[brand, output.pk, kind])
    for scene in SceneVersion.objects.all():
        for kind in ("picture", "thumbnail"):
            yield reverse("studio:scene-file", args=[brand, scene.pk, kind])
    for version in AssetVersion.objects.select_related("asset"):
        yield reverse("review:thumbnail", args=[brand, version.asset.name, version.number])


def seen(addresses: Iterator[str]) -> set[str]:
    """Those that a stranger gets a picture from."""
    stranger = Client()
    found = set()
    for address in addresses:
        response = stranger.get(address)
        if response.status_code == 200:
            found.add(address)
            b"".join(response)  # to its end, so that its file is closed
        assert response.status_code in (200, 302, 404, 410), address
    return found


def test_it_shows_strangers_nothing_but_what_is_published() -> None:
    shop = whole_job()
    brand = shop.brand.slug
    states = sorted(Review.objects.values_list("state", flat=True))
    assert states == ["published", "recalled", "rejected", "waiting"]
    live = Rendition.objects.get(version__recalled_at=None)
    gone = Rendition.objects.get(version__recalled_at__isnull=False)
    files = stored_files()
    assert len(files) > 20
    assert [name for name in files if name.startswith("public/")] == [f"public/{live.file.name}"]

    asked = {place for name in files for place in places(name, brand)}
    asked |= set(private_pages(brand))
    published = {live.stable_path, live.immutable_path}
    asked |= published | {gone.stable_path, gone.immutable_path}
    assert seen(iter(sorted(asked))) == published
    assert Client().get(gone.stable_path).status_code == 410
    assert Client().get(gone.immutable_path).status_code == 410


def test_it_shows_other_brands_people_nothing_either() -> None:
    shop = whole_job()
    other = Client()
    other.force_login(make_user(role=Role.OWNER))
    for address in private_pages(shop.brand.slug):
        assert other.get(address).status_code == 404

"""The public addresses: what they answer, with which headers, and what they never do."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from brandkit.accounts.models import Brand, User
from brandkit.common.storage import digest, public_store
from review import library
from review.deciding import decide
from review.models import Asset, AssetVersion, Rendition
from review.publishing.actions import publish, unpublish
from templates_app.models import OutputFormat
from tests.factories import make_brand
from tests.review.factories import make_published, make_review, too_late
from tests.review.test_publishing import fill_the_disk, inputs, other_picture

pytestmark = pytest.mark.django_db


def get(address: str, method: str = "get", **headers: str) -> Any:
    """What a stranger gets, read to its end as `response.body`."""
    response = getattr(Client(), method)(
        address, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    response.body = b"".join(response)
    return response


def addresses(version: AssetVersion) -> tuple[str, str]:
    rendition = version.renditions.get()
    return rendition.stable_path, rendition.immutable_path


def test_it_names_a_stable_and_an_immutable_address(brand: Brand) -> None:
    version = make_published(brand, **inputs(brand))
    key = version.renditions.get().key
    assert addresses(version) == (
        "/assets/acme/cup-kitchen-square.jpg",
        f"/assets/acme/cup-kitchen-square.{key}.jpg",
    )


def test_it_shows_strangers_the_published_bytes(brand: Brand) -> None:
    version = make_published(brand, **inputs(brand))
    rendition = version.renditions.get()
    for address in addresses(version):
        response = get(address)
        assert response.status_code == 200
        assert digest(response.body) == rendition.sha256
        assert response["Content-Type"] == "image/jpeg"
        assert int(response["Content-Length"]) == rendition.bytes


def test_it_sends_headers_that_keep_a_picture_a_picture(brand: Brand) -> None:
    version = make_published(brand, **inputs(brand))
    for address in addresses(version):
        response = get(address)
        assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert response["Content-Disposition"] == 'inline; filename="cup-kitchen-square.jpg"'


def test_it_caches_a_stable_address_shortly_and_an_immutable_one_for_ever(brand: Brand) -> None:
    stable, immutable = (get(address) for address in addresses(make_published(brand)))
    assert stable["Cache-Control"] == "public, max-age=60"
    assert immutable["Cache-Control"] == "public, max-age=31536000, immutable"
    for response in (stable, immutable):
        assert "Vary" not in response or "Cookie" not in response["Vary"]


def test_it_answers_304_to_those_who_have_it(brand: Brand) -> None:
    version = make_published(brand)
    rendition = version.renditions.get()
    for address in addresses(version):
        first = get(address)
        assert first["ETag"] == f'"{rendition.sha256}"'
        for condition in ({"If_None_Match": first["ETag"]}, {"If_Modified_Since": first["Last-Modified"]}):
            again = get(address, **condition)
            assert (again.status_code, again.body) == (304, b"")
            assert again["Cache-Control"] == first["Cache-Control"]
            assert again["ETag"] == first["ETag"]
        other = get(address, If_None_Match='"other"')
        assert other.status_code == 200


def test_it_sets_no_cookie_and_asks_the_database_once(
    brand: Brand, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for address in addresses(make_published(brand)):
        with django_assert_num_queries(1):
            response = get(address)
        assert not response.cookies


def test_it_answers_head_and_get_only(brand: Brand) -> None:
    version = make_published(brand)
    for address in addresses(version):
        head = get(address, "head")
        assert head.status_code == 200
        assert int(head["Content-Length"]) == version.renditions.get().bytes
        for method in ("post", "put", "patch", "delete"):
            assert get(address, method).status_code == 405


def test_it_moves_the_stable_address_to_the_newest_and_keeps_the_older_bytes(brand: Brand) -> None:
    same = inputs(brand)
    first = make_published(brand, **same)
    second = make_published(brand, **same, output=other_picture("pink"))
    (stable, old), (_, new) = addresses(first), addresses(second)
    assert old != new
    assert digest(get(stable).body) == second.renditions.get().sha256
    assert digest(get(new).body) == second.renditions.get().sha256
    assert digest(get(old).body) == first.renditions.get().sha256


def test_it_shows_what_was_approved_last_though_it_was_published_first(brand: Brand, reviewer: User) -> None:
    same = inputs(brand)
    late, early = make_published(brand, **same), make_published(brand, **same, output=other_picture("pink"))
    AssetVersion.objects.filter(pk=late.pk).update(approved_at=timezone.now())
    assert digest(get(addresses(early)[0]).body) == late.renditions.get().sha256


def test_it_keeps_showing_what_was_approved_later_when_an_older_approval_is_published(
    brand: Brand, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    same = inputs(brand)
    with monkeypatch.context() as disk:
        fill_the_disk(disk)
        early = make_review(brand, **same, output=other_picture("pink"))
        decide(review=early, by=reviewer, verdict="approved")
    too_late(early)
    late = make_published(brand, **same)
    publish(review=early, by=reviewer)
    assert Asset.objects.get().current == library.version_of(brand, late.asset.name, None) == late
    assert (late.number, early.asset_version.number) == (1, 2)
    assert digest(get(addresses(late)[0]).body) == late.renditions.get().sha256
    unpublish(version=early.asset_version, by=reviewer)
    assert not Asset.objects.get().taken_back
    unpublish(version=late, by=reviewer)
    assert (Asset.objects.get().current, Asset.objects.get().taken_back) == (late, True)
    anew = make_published(brand, **same, output=other_picture("white"))
    assert (Asset.objects.get().current, Asset.objects.get().taken_back) == (anew, False)


def test_it_knows_what_older_installs_show(brand: Brand, reviewer: User) -> None:
    same = inputs(brand)
    make_published(brand, **same)
    again, other = make_published(brand, **same, output=other_picture("pink")), make_published(brand)
    unpublish(version=other, by=reviewer)
    before = list(Asset.objects.values_list("pk", "current", "taken_back"))
    Asset.objects.update(current=None, taken_back=False)
    import_module("review.migrations.0004_what_addresses_show").note(apps, None)
    assert list(Asset.objects.values_list("pk", "current", "taken_back")) == before
    assert sorted(row[1:] for row in before) == [(again.pk, False), (other.pk, True)]


def test_it_answers_410_at_both_addresses_after_a_recall(brand: Brand, reviewer: User) -> None:
    version = make_published(brand)
    unpublish(version=version, by=reviewer)
    for address in addresses(version):
        response = get(address)
        assert response.status_code == 410
        assert response.body == b"This picture was published once and has been taken back.\n"
        assert response["Cache-Control"] == "no-store"
        etag = f'"{version.renditions.get().sha256}"'
        assert get(address, If_None_Match=etag).status_code == 410


def test_it_does_not_bring_an_older_version_back(brand: Brand, reviewer: User) -> None:
    same = inputs(brand)
    first = make_published(brand, **same)
    second = make_published(brand, **same, output=other_picture("pink"))
    unpublish(version=second, by=reviewer)
    stable, old = addresses(first)
    assert get(stable).status_code == 410
    assert get(addresses(second)[1]).status_code == 410
    assert digest(get(old).body) == first.renditions.get().sha256, "until it is taken back itself"
    unpublish(version=first, by=reviewer)
    assert get(old).status_code == 410


def test_it_shows_a_new_version_at_an_address_that_was_taken_back(brand: Brand, reviewer: User) -> None:
    same = inputs(brand)
    first = make_published(brand, **same)
    unpublish(version=first, by=reviewer)
    again = make_published(brand, **same)  # equal bytes, so equal addresses
    assert addresses(again) == addresses(first)
    for address in addresses(again):
        assert digest(get(address).body) == again.renditions.get().sha256


def test_it_keeps_both_endings_when_a_format_changes_its_file_type(brand: Brand) -> None:
    same = inputs(brand)
    first = make_published(brand, **same)
    OutputFormat.objects.update(file_type="png")
    same["output_format"].refresh_from_db()
    second = make_published(brand, **same)
    assert addresses(second)[0] == "/assets/acme/cup-kitchen-square.png"
    for version in (first, second):
        assert digest(get(addresses(version)[0]).body) == version.renditions.get().sha256


@pytest.mark.parametrize(
    "path",
    [
        "acme/nothing.jpg",
        "acme/cup-kitchen-square.png",
        "acme/cup-kitchen-square.0000000000000000.jpg",
        "acme/cup-kitchen-square",
        "acme/",
        "",
        "other/cup-kitchen-square.jpg",
        "acme/../acme/cup-kitchen-square.jpg",
        "acme/cup-kitchen-square.jpg/",
    ],
)
def test_it_knows_no_other_address(brand: Brand, path: str) -> None:
    make_published(brand, **inputs(brand))
    make_brand(slug="other")
    assert get(f"/assets/{path}").status_code == 404


def test_it_does_not_serve_a_file_that_no_row_publishes(brand: Brand) -> None:
    version = make_published(brand, **inputs(brand))
    name = str(version.renditions.get().file.name)
    Rendition.objects.all().delete()
    assert public_store().exists(name)
    assert get(f"/{name}").status_code == 404


def test_it_tells_a_lost_file_as_what_it_is(brand: Brand) -> None:
    version = make_published(brand)
    public_store().delete(str(version.renditions.get().file.name))
    response = get(addresses(version)[0])
    assert response.status_code == 503
    assert response["Cache-Control"] == "no-store"


def test_it_publishes_nothing_for_a_rejection(brand: Brand, reviewer: User) -> None:
    review = make_review(brand, **inputs(brand))
    decide(review=review, by=reviewer, verdict="rejected", reasons=["other"])
    assert get("/assets/acme/cup-kitchen-square.jpg").status_code == 404

"""Photos over HTTP: uploaded, refused with what was found, looked at."""

import errno
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from rest_framework.test import APIClient

from brandkit.accounts.models import Brand, Role, User
from generation.models import Subject
from tests.api.conftest import client_of, refused
from tests.conftest import stored_files
from tests.factories import cutout_bytes, make_brand, make_subject, make_user

pytestmark = pytest.mark.django_db


def upload(api: APIClient, data: bytes, name: str = "red-mug.png", **fields: str) -> Any:
    photo = SimpleUploadedFile(name, data)
    return api.post("/api/v1/subjects", {"photo": photo, **fields}, format="multipart")


def test_it_takes_a_photo_in(api: APIClient, brand: Brand, designer: User) -> None:
    response = upload(api, cutout_bytes(), sku="MUG-1")
    assert response.status_code == 201, response.content
    body = response.json()
    subject = Subject.objects.get()
    assert response["Location"] == body["url"] == f"http://testserver/api/v1/subjects/{subject.pk}"
    assert (body["id"], body["brand"], body["name"], body["sku"]) == (
        subject.pk,
        brand.slug,
        "Red mug",
        "MUG-1",
    )
    assert (body["original_type"], body["original_width"], body["original_height"]) == ("image/png", 64, 64)
    assert body["box"] == subject.box
    assert body["created_at"].endswith("Z")
    assert "too_small" in [advice["code"] for advice in body["advice"]]
    assert subject.created_by == designer


def test_it_knows_the_same_photo_again(api: APIClient) -> None:
    first = upload(api, cutout_bytes())
    again = upload(api, cutout_bytes(), name="other.png", sku="OTHER")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert "Location" not in again
    assert Subject.objects.count() == 1


def test_it_leaves_no_upload_lying_about(api: APIClient) -> None:
    upload(api, cutout_bytes())
    assert [name for name in stored_files() if name.startswith("tmp/")] == []


@pytest.mark.parametrize(
    ("data", "status", "step", "found"),
    [
        (b"just words", 415, "type", {"bytes": 10}),
        (b"", 422, "size", {"bytes": 0}),
        (cutout_bytes()[:200], 422, "structure", {"bytes": 200, "type": "image/png"}),
        (cutout_bytes(16, 16), 422, "header", {"width": 16, "height": 16}),
    ],
)
def test_it_refuses_with_what_it_found_and_keeps_nothing(
    api: APIClient, data: bytes, status: int, step: str, found: dict[str, object]
) -> None:
    response = upload(api, data, name="photo.jpg")
    body = refused(response, status, "photo_refused")
    assert body["step"] == step, body
    assert found.items() <= body["found"].items()
    assert not Subject.objects.exists()
    assert stored_files() == []


def test_it_refuses_a_file_that_is_too_large(api: APIClient) -> None:
    response = upload(api, cutout_bytes() + bytes(50 * 2**20))
    body = refused(response, 413, "photo_refused")
    assert body["step"] == "size"
    assert body["found"]["bytes"] > 50 * 2**20
    assert not Subject.objects.exists()
    assert stored_files() == []


def test_it_asks_for_the_photo(api: APIClient) -> None:
    body = refused(api.post("/api/v1/subjects", {"name": "Mug"}, format="multipart"), 422, "invalid")
    assert [(one["field"], one["code"]) for one in body["errors"]] == [("photo", "required")]


def test_it_keeps_names_to_their_length(api: APIClient) -> None:
    body = refused(upload(api, cutout_bytes(), name="a.png", sku="x" * 61), 422, "invalid")
    assert [one["field"] for one in body["errors"]] == ["sku"]
    assert not Subject.objects.exists()


def test_it_asks_which_brand_where_there_are_several(designer: User, api: APIClient, brand: Brand) -> None:
    other = make_brand()
    other.memberships.create(user=designer, role=Role.DESIGNER)
    body = refused(upload(api, cutout_bytes()), 422, "invalid")
    assert brand.slug in body["detail"]
    assert other.slug in body["detail"]
    refused(api.get("/api/v1/subjects"), 422, "invalid")
    assert upload(api, cutout_bytes(), brand=other.slug).json()["brand"] == other.slug
    assert api.get("/api/v1/subjects", {"brand": brand.slug}).json()["results"] == []
    assert len(api.get("/api/v1/subjects", {"brand": other.slug}).json()["results"]) == 1


def test_it_takes_nothing_in_for_a_brand_of_others(api: APIClient) -> None:
    refused(upload(api, cutout_bytes(), brand=make_brand().slug), 404, "not_found")
    refused(upload(api, cutout_bytes(), brand="no-such"), 404, "not_found")
    assert not Subject.objects.exists()


def test_it_says_so_to_people_of_no_brand() -> None:
    body = refused(client_of(make_user()).get("/api/v1/subjects"), 404, "not_found")
    assert "Ask an owner" in body["detail"]


def test_it_shows_the_cutout(api: APIClient, brand: Brand) -> None:
    subject = make_subject(brand)
    response = api.get(f"/api/v1/subjects/{subject.pk}/cutout")
    assert (response.status_code, response["Content-Type"]) == (200, "image/png")
    assert b"".join(response) == cutout_bytes()
    assert "sandbox" in response["Content-Security-Policy"]


def test_it_shows_nothing_of_other_brands(api: APIClient) -> None:
    foreign = make_subject(make_brand())
    refused(api.get(f"/api/v1/subjects/{foreign.pk}"), 404, "not_found")
    refused(api.get(f"/api/v1/subjects/{foreign.pk}/cutout"), 404, "not_found")
    assert api.get("/api/v1/subjects").json()["results"] == []


def test_it_tells_a_full_disk_as_what_it_is(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(TemporaryFileUploadHandler, "receive_data_chunk", full)
    response = api.post("/api/v1/subjects", {"photo": io.BytesIO(b"x")}, format="multipart")
    assert "The disk is full" in refused(response, 507, "storage_failed")["detail"]
    assert stored_files() == []


def test_it_wants_to_know_how_long_an_upload_is(api: APIClient) -> None:
    response = api.post("/api/v1/subjects", format="multipart", headers={"transfer-encoding": "chunked"})
    refused(response, 411, "length_required")

"""Further photos of a subject over HTTP: attached, looked at, taken away, put back."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from brandkit.accounts.models import Brand
from generation import references
from generation.models import Reference, Subject
from tests.api.conftest import refused
from tests.conftest import stored_files
from tests.factories import make_brand, make_generation, make_reference, make_subject, picture_bytes

pytestmark = pytest.mark.django_db
HOST = "http://testserver"


@pytest.fixture
def subject(brand: Brand) -> Subject:
    return make_subject(brand, name="Mug")


def upload(api: APIClient, subject: Subject, data: bytes, **fields: str) -> Any:
    photo = SimpleUploadedFile("back.png", data)
    address = f"/api/v1/subjects/{subject.pk}/references"
    return api.post(address, {"photo": photo, **fields}, format="multipart")


def test_it_attaches_a_further_photo(api: APIClient, subject: Subject) -> None:
    response = upload(api, subject, picture_bytes(80, 60), shows="detail")
    assert response.status_code == 201, response.content
    body = response.json()
    reference = Reference.objects.get()
    assert response["Location"] == body["url"] == f"{HOST}/api/v1/references/{reference.pk}"
    assert (body["id"], body["subject"], body["shows"]) == (reference.pk, subject.pk, "detail")
    assert (body["width"], body["height"], body["removed_at"]) == (80, 60, None)
    assert api.get(body["url"]).json() == body
    assert api.get("/api/v1/references").json()["results"] == [body]
    assert api.get(f"/api/v1/subjects/{subject.pk}").json()["references"] == [body]
    assert api.get("/api/v1/subjects").json()["results"][0]["references"] == [body]
    assert [name for name in stored_files() if name.startswith("tmp/")] == []


def test_it_knows_the_same_photo_again(api: APIClient, subject: Subject) -> None:
    first = upload(api, subject, picture_bytes())
    again = upload(api, subject, picture_bytes())
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["shows"] == "angle"
    assert "Location" not in again


def test_it_refuses_what_is_no_photo(api: APIClient, subject: Subject) -> None:
    files = stored_files()
    body = refused(upload(api, subject, b"just words"), 415, "photo_refused")
    assert (body["step"], body["found"]) == ("type", {"bytes": 10, "type": "text"})
    assert (Reference.objects.count(), stored_files()) == (0, files)


def test_it_refuses_a_kind_that_there_is_not(api: APIClient, subject: Subject) -> None:
    body = refused(upload(api, subject, picture_bytes(), shows="dog"), 422, "invalid")
    assert [one["field"] for one in body["errors"]] == ["shows"]
    assert not Reference.objects.exists()


def test_it_says_how_many_there_may_be(api: APIClient, subject: Subject) -> None:
    for _ in range(5):
        make_reference(subject)
    body = refused(upload(api, subject, picture_bytes()), 422, "invalid")
    assert body["detail"].startswith("“Mug” has 5 further photos of the thing itself already")
    assert Reference.objects.count() == 5


def test_it_takes_one_away_and_brings_it_back(api: APIClient, subject: Subject) -> None:
    reference = make_reference(subject)
    address = f"/api/v1/references/{reference.pk}"
    removed = api.post(f"{address}/remove").json()
    assert removed["removed_at"].endswith("Z")
    assert api.get(f"/api/v1/subjects/{subject.pk}").json()["references"] == []
    assert api.get(address).json() == removed
    assert api.post(f"{address}/restore").json()["removed_at"] is None
    assert [each["id"] for each in api.get(f"/api/v1/subjects/{subject.pk}").json()["references"]] == [
        reference.pk
    ]


def test_it_shows_the_photo(api: APIClient, subject: Subject) -> None:
    reference = make_reference(subject)
    response = api.get(f"/api/v1/references/{reference.pk}/picture")
    assert (response.status_code, response["Content-Type"]) == (200, "image/png")
    with reference.picture.open() as file:
        assert b"".join(response) == file.read()
    assert response["ETag"] == f'"{reference.sha256}"'
    assert "sandbox" in response["Content-Security-Policy"]


def test_it_knows_nothing_of_other_brands(api: APIClient) -> None:
    foreign = make_subject(make_brand())
    reference = make_reference(foreign)
    refused(upload(api, foreign, picture_bytes()), 404, "not_found")
    for verb, tail in ((api.get, ""), (api.get, "/picture"), (api.post, "/remove"), (api.post, "/restore")):
        refused(verb(f"/api/v1/references/{reference.pk}{tail}"), 404, "not_found")
    assert api.get("/api/v1/references").json()["results"] == []
    reference.refresh_from_db()
    assert (Reference.objects.count(), reference.removed_at) == (1, None)


def test_a_generation_names_what_it_is_made_from(api: APIClient, subject: Subject, brand: Brand) -> None:
    first, second = make_reference(subject), make_reference(subject)
    generation = make_generation(brand, subject=subject)
    generation.references.set([second, first])
    references.remove(reference=first, by=None)
    body = api.get(f"/api/v1/generations/{generation.pk}").json()
    assert body["references"] == [first.pk, second.pk]


def test_lists_need_no_query_more_for_more_photos(
    api: APIClient, subject: Subject, django_assert_max_num_queries: Any
) -> None:
    for _ in range(3):
        make_reference(subject)
        make_reference(make_subject(subject.brand))
    with django_assert_max_num_queries(7):
        assert len(api.get("/api/v1/subjects").json()["results"]) == 4

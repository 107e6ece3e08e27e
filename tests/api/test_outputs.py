"""Pictures that came out, over HTTP."""

import pytest
from rest_framework.test import APIClient

from brandkit.accounts.models import Brand
from brandkit.common.storage import private_store
from tests.api.conftest import refused
from tests.factories import make_brand, make_generation, make_output, picture_bytes, stored

pytestmark = pytest.mark.django_db


def test_it_tells_of_a_picture(api: APIClient, brand: Brand) -> None:
    flags = [{"code": "too_small", "words": "It has 512 × 512 pixels instead of 1024 × 1024."}]
    output = make_output(make_generation(brand), flags=flags)
    body = api.get(f"/api/v1/outputs/{output.pk}").json()
    expected = {
        "id": output.pk,
        "brand": brand.slug,
        "generation": output.generation_id,
        "picture": f"http://testserver/api/v1/outputs/{output.pk}/picture",
        "preview": f"http://testserver/api/v1/outputs/{output.pk}/preview",
        "sha256": output.sha256,
        "width": 1024,
        "height": 1024,
        "bytes": output.bytes,
        "subject_box": [0.25, 0.25, 0.75, 0.75],
        "flags": flags,
    }
    assert expected.items() <= body.items()
    assert api.get("/api/v1/outputs").json()["results"] == [body]


@pytest.mark.parametrize("kind", ["picture", "preview"])
def test_it_hands_out_the_bytes_themselves(api: APIClient, brand: Brand, kind: str) -> None:
    output = make_output(make_generation(brand))
    response = api.get(f"/api/v1/outputs/{output.pk}/{kind}", headers={"accept": "image/*"})
    assert (response.status_code, response["Content-Type"]) == (200, "image/png")
    assert b"".join(response) == picture_bytes(1024, 1024)
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "private" in response["Cache-Control"]


def test_it_names_the_type_of_bytes_that_came_without_a_name(api: APIClient, brand: Brand) -> None:
    output = make_output(make_generation(brand), picture=stored("answer", picture_bytes()))
    response = api.get(f"/api/v1/outputs/{output.pk}/picture")
    assert b"".join(response) == picture_bytes()
    assert response["Content-Type"] == "image/png"
    assert response["Content-Disposition"] == 'inline; filename="picture.png"'


def test_it_says_that_a_file_is_lost(api: APIClient, brand: Brand) -> None:
    output = make_output(make_generation(brand))
    private_store().delete(str(output.picture.name))
    body = refused(api.get(f"/api/v1/outputs/{output.pk}/picture"), 404, "not_found")
    assert "operator" in body["detail"]


def test_it_hands_out_nothing_of_others(api: APIClient) -> None:
    output = make_output(make_generation(make_brand()))
    for kind in ("", "/picture", "/preview"):
        refused(api.get(f"/api/v1/outputs/{output.pk}{kind}"), 404, "not_found")
    assert api.get("/api/v1/outputs").json()["results"] == []

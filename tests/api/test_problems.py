"""Whatever goes wrong, the API says so in one way."""

import pytest
from django.core.exceptions import (
    ImproperlyConfigured,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from rest_framework.test import APIClient

from brandkit.accounts.models import User
from brandkit.common.errors import Gone, StorageFailed
from generation.models import Generation, Subject
from tests.api.conftest import refused
from tests.factories import make_subject

pytestmark = pytest.mark.django_db


def test_it_asks_for_a_token(client: APIClient) -> None:
    response = client.get("/api/v1/subjects")
    refused(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"] == "Token"


@pytest.mark.parametrize(
    "words", ["Token", "Token nonsense", "Token a b", "Token \xff\xfe", "Token " + "x" * 5000]
)
def test_it_refuses_what_is_no_token(words: str) -> None:
    response = APIClient().get("/api/v1/subjects", headers={"authorization": words})
    refused(response, 401, "authentication_failed")


def test_it_tells_an_unknown_address_from_an_unknown_row(api: APIClient) -> None:
    assert "no such address" in refused(api.get("/api/v1/nonsense"), 404, "not_found")["detail"]
    assert "not yours" in refused(api.get("/api/v1/subjects/1"), 404, "not_found")["detail"]
    refused(api.get("/api/v1/subjects/x"), 404, "not_found")
    refused(api.get(f"/api/v1/subjects/{10**30}"), 404, "not_found")


def test_it_names_the_methods_that_there_are(api: APIClient) -> None:
    response = api.delete("/api/v1/subjects")
    refused(response, 405, "method_not_allowed")
    assert response["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_it_takes_json_only(api: APIClient) -> None:
    refused(api.post("/api/v1/generations", "a=b", content_type="text/plain"), 415, "unsupported_media_type")
    refused(api.post("/api/v1/subjects", {"photo": "x"}, format="json"), 415, "unsupported_media_type")


@pytest.mark.parametrize("body", ["{", '{"a": NaN}', "\xff"])
def test_it_refuses_what_is_not_json(api: APIClient, body: str) -> None:
    response = api.generic("POST", "/api/v1/generations", body, content_type="application/json")
    refused(response, 400, "parse_error")


@pytest.mark.parametrize("body", ["[]", "3", "null", '"text"'])
def test_it_refuses_json_that_is_no_object(api: APIClient, body: str) -> None:
    response = api.generic("POST", "/api/v1/generations", body, content_type="application/json")
    refused(response, 422, "invalid")


def test_it_names_each_field_that_is_wrong(api: APIClient) -> None:
    body = refused(api.post("/api/v1/generations", {"subject": "x", "scene": "no slug!"}), 422, "invalid")
    assert [(one["field"], one["code"]) for one in body["errors"]] == [
        ("subject", "invalid"),
        ("scene", "invalid"),
        ("format", "required"),
    ]
    assert "format: This field is required." in body["detail"]


def test_it_keeps_the_csrf_check_for_people_who_sign_in_by_session(designer: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(designer)
    assert client.get("/api/v1/subjects").status_code == 200
    body = refused(client.post("/api/v1/generations", {}), 403, "permission_denied")
    assert "CSRF" in body["detail"]


def test_it_tells_nothing_of_our_inside_when_it_fails(
    api: APIClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fail(monkeypatch, RuntimeError("the secret inside"))
    api.raise_request_exception = False
    response = api.post("/api/v1/generations/1/cancel")
    assert "noted" in refused(response, 500, "error")["detail"]
    assert "secret" not in response.content.decode()
    assert "the secret inside" in caplog.text


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Gone(), 410, "gone"),
        (StorageFailed(), 507, "storage_failed"),
        (PermissionDenied(), 403, "not_allowed"),
        (RequestDataTooBig(), 413, "too_large"),
        (SuspiciousOperation(), 400, "bad_request"),
        (ValidationError({"name": "Too long."}), 422, "invalid"),
    ],
)
def test_it_tells_each_error_by_its_own_status(
    api: APIClient, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, code: str
) -> None:
    fail(monkeypatch, error)
    refused(api.post("/api/v1/generations/1/cancel"), status, code)


def test_it_tells_a_wrong_setting_as_our_own_mistake(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    fail(monkeypatch, ImproperlyConfigured("BRANDKIT_PROVIDERS is wrong"))
    api.raise_request_exception = False
    body = refused(api.post("/api/v1/generations/1/cancel"), 500, "error")
    assert "BRANDKIT_PROVIDERS" not in body["detail"]


def test_it_refuses_an_upload_by_its_length_before_reading_it(api: APIClient) -> None:
    response = api.generic(
        "POST",
        "/api/v1/subjects",
        "",
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(60 * 2**20),
    )
    assert "at most 50 MB" in refused(response, 413, "too_large")["detail"]
    assert not Subject.objects.exists()


def test_it_answers_in_json_whatever_is_accepted(api: APIClient, brand: object) -> None:
    subject = make_subject(brand)  # type: ignore[arg-type] # a Brand
    response = api.get(f"/api/v1/subjects/{subject.pk}", headers={"accept": "image/png"})
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")


def fail(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """The next look for a generation raises `error`."""

    def raises(*args: object, **kwargs: object) -> Generation:
        raise error

    monkeypatch.setattr("generation.api.GenerationViewSet.get_object", raises)


@pytest.mark.parametrize("body", ["[" * 100_000, '{"a":' * 50_000, '"\\ud800"', '{"\\udfff": 1}'])
def test_it_refuses_json_without_end_and_half_characters(api: APIClient, body: str) -> None:
    for address in ("/api/v1/generations", "/api/v1/login"):
        response = api.generic("POST", address, body, content_type="application/json")
        refused(response, 400, "parse_error")

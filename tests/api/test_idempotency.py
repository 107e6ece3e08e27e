"""`Idempotency-Key`: a POST that is sent again is answered again, and done once."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from rest_framework.test import APIClient

from brandkit.accounts.api import Login
from brandkit.accounts.models import Brand, User
from brandkit.common import idempotency
from brandkit.common.errors import StorageFailed
from brandkit.common.idempotency import Idempotent, forget_old_calls
from brandkit.common.models import Event, IdempotentCall
from generation.models import Generation, Subject
from tests.api.conftest import client_of, refused
from tests.factories import (
    cutout_bytes,
    make_format,
    make_generation,
    make_prompt,
    make_scene,
    make_subject,
    make_user,
)
from tests.races import at_once

pytestmark = pytest.mark.django_db
ANY = "8e03978e-40d5-43dd-bc93-6894a57f9324"


def wish(brand: Brand, **more: Any) -> dict[str, Any]:
    return {
        "subject": make_subject(brand).pk,
        "scene": make_scene(brand).scene.slug,
        "prompt": make_prompt(brand).template.slug,
        "format": make_format(brand).slug,
        **more,
    }


def ask(api: APIClient, body: Any, key: str = ANY) -> Any:
    return api.post("/api/v1/generations", body, headers={"idempotency-key": key})


def upload(api: APIClient, data: bytes, key: str = ANY, **fields: str) -> Any:
    photo = SimpleUploadedFile(fields.pop("file_name", "mug.png"), data)
    return api.post(
        "/api/v1/subjects", {"photo": photo, **fields}, format="multipart", headers={"idempotency-key": key}
    )


def test_it_answers_the_same_request_with_the_first_answer(api: APIClient, brand: Brand) -> None:
    body = wish(brand)
    first, events = ask(api, body), Event.objects.count()
    Generation.objects.update(state=Generation.State.FAILED)  # asked for anew it would be queued again
    again = ask(api, dict(reversed(body.items())))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again["Location"] == first["Location"] == first.json()["url"]
    assert again["Content-Type"] == first["Content-Type"] == "application/json"
    assert (again["Idempotency-Replayed"], "Idempotency-Replayed" in first) == ("true", False)
    assert Generation.objects.get().state == Generation.State.FAILED
    assert Event.objects.count() == events


def test_it_does_the_same_thing_anew_without_a_key_or_under_another(api: APIClient, brand: Brand) -> None:
    body = wish(brand)
    assert ask(api, body).status_code == 201
    assert ask(api, body, "another").status_code == 200
    assert api.post("/api/v1/generations", body).status_code == 200
    assert IdempotentCall.objects.count() == 2


def test_it_knows_an_upload_by_its_fields_and_bytes(api: APIClient) -> None:
    first = upload(api, cutout_bytes(), sku="A-1")
    again = upload(api, cutout_bytes(), sku="A-1")  # with a boundary of its own
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    for other in (
        upload(api, cutout_bytes(65), sku="A-1"),
        upload(api, cutout_bytes(), sku="A-2"),
        upload(api, cutout_bytes(), sku="A-1", file_name="other.png"),
    ):
        refused(other, 422, "idempotency_key_used")
    assert Subject.objects.count() == 1


def test_it_takes_the_same_key_for_one_request_only(api: APIClient, brand: Brand) -> None:
    body = wish(brand)
    number = ask(api, body).json()["id"]
    refused(ask(api, {**body, "variation": 2}), 422, "idempotency_key_used")
    elsewhere = api.post(f"/api/v1/generations/{number}/cancel", headers={"idempotency-key": ANY})
    refused(elsewhere, 422, "idempotency_key_used")
    assert [one.state for one in Generation.objects.all()] == [Generation.State.QUEUED]


def test_it_answers_without_a_body_again(designer: User) -> None:
    leaving, staying = client_of(designer), client_of(designer)
    key = {"idempotency-key": ANY}
    assert leaving.post("/api/v1/logout", headers=key).status_code == 204
    again = staying.post("/api/v1/logout", headers=key)
    assert (again.status_code, again.content) == (204, b"")
    assert staying.get("/api/v1/brands").status_code == 200  # it was not ended: nothing is done again


def test_keys_are_each_persons_own(api: APIClient, brand: Brand) -> None:
    body = wish(brand)
    assert ask(api, body).status_code == 201
    assert ask(client_of(make_user(brand)), body).status_code == 200  # the same wish, and a call of its own


def test_it_keeps_a_refusal_too(api: APIClient, brand: Brand) -> None:
    body = wish(brand)
    scene = body.pop("scene")
    first = refused(ask(api, {**body, "scene": "later"}), 404, "not_found")
    make_scene(brand, slug="later")
    again = ask(api, {**body, "scene": "later"})
    assert refused(again, 404, "not_found") == first
    assert again["Idempotency-Replayed"] == "true"
    assert ask(api, {**body, "scene": scene}, "another").status_code == 201


@pytest.mark.parametrize("error", [StorageFailed(), RuntimeError("broken")])
def test_it_keeps_nothing_that_may_go_better_next_time(
    api: APIClient, brand: Brand, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fails(**_: object) -> None:
        raise error

    body, api.raise_request_exception = wish(brand), False
    with monkeypatch.context() as patch:
        patch.setattr("generation.services.request", fails)
        assert ask(api, body).status_code >= 500
    assert not IdempotentCall.objects.exists()
    assert ask(api, body).status_code == 201


def test_it_keeps_no_conflict(api: APIClient, brand: Brand) -> None:
    done = make_generation(brand, state=Generation.State.RUNNING)
    key = {"idempotency-key": ANY}
    refused(api.post(f"/api/v1/generations/{done.pk}/cancel", headers=key), 409, "conflict")
    Generation.objects.update(state=Generation.State.QUEUED)
    assert api.post(f"/api/v1/generations/{done.pk}/cancel", headers=key).status_code == 200


def test_it_tells_who_is_not_signed_in_and_keeps_nothing(brand: Brand) -> None:
    refused(ask(APIClient(), wish(brand)), 401, "not_authenticated")
    assert not IdempotentCall.objects.exists()


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "tab\there", "caf\xe9", '""', '"' + "x" * 256 + '"'])
def test_it_refuses_what_is_no_key(api: APIClient, brand: Brand, key: str) -> None:
    refused(ask(api, wish(brand), key), 400, "bad_idempotency_key")
    assert not IdempotentCall.objects.exists()
    assert not Generation.objects.exists()


def test_it_takes_a_key_with_the_quotes_of_the_standard(api: APIClient, brand: Brand) -> None:
    body = wish(brand)
    assert [ask(api, body, key).status_code for key in (f'"{ANY}"', ANY, "x" * 255)] == [201, 201, 200]
    assert idempotency.read_key(r'"a \"b\" \\ c"') == r'a "b" \ c'


def test_it_keeps_no_body_that_can_not_be_read(api: APIClient, brand: Brand) -> None:
    headers = {"idempotency-key": ANY}
    broken = api.generic("POST", "/api/v1/generations", "{", "application/json", headers=headers)
    refused(broken, 400, "parse_error")
    assert ask(api, wish(brand)).status_code == 201


@pytest.fixture
def under_way(api: APIClient, brand: Brand) -> dict[str, Any]:
    """A request whose process was killed before it had its answer; gives its body."""
    body = wish(brand)
    ask(api, body)
    Generation.objects.all().delete()
    IdempotentCall.objects.update(status=None, body=None, headers={})
    return body


def age(by: timedelta) -> None:
    IdempotentCall.objects.update(created_at=timezone.now() - by)


def test_it_waits_for_the_first_of_them(api: APIClient, under_way: dict[str, Any]) -> None:
    answer = ask(api, under_way)
    refused(answer, 409, "still_under_way")
    assert answer["Retry-After"] == "1"
    assert not Generation.objects.exists()


def test_a_process_that_was_killed_does_not_keep_the_key(api: APIClient, under_way: dict[str, Any]) -> None:
    age(idempotency.GIVEN_UP + timedelta(seconds=1))
    refused(ask(api, {**under_way, "variation": 2}), 422, "idempotency_key_used")
    assert ask(api, under_way).status_code == 201
    assert ask(api, under_way)["Idempotency-Replayed"] == "true"
    assert Generation.objects.count() == 1


def test_who_comes_back_after_another_took_over_changes_nothing(
    api: APIClient, under_way: dict[str, Any]
) -> None:
    age(idempotency.GIVEN_UP + timedelta(seconds=1))
    late = IdempotentCall.objects.get()
    first = ask(api, under_way)
    idempotency.end(late, api.get("/api/v1/brands"))
    assert ask(api, under_way).content == first.content


def test_a_key_is_free_after_a_day(api: APIClient, brand: Brand) -> None:
    body = wish(brand)
    ask(api, body)
    age(timedelta(hours=25))
    assert ask(api, {**body, "variation": 2}).status_code == 201
    assert ask(api, {**body, "variation": 2})["Idempotency-Replayed"] == "true"


def test_old_keys_are_forgotten(api: APIClient, brand: Brand) -> None:
    ask(api, wish(brand))
    forget_old_calls()
    assert IdempotentCall.objects.count() == 1
    age(timedelta(hours=25))
    forget_old_calls()
    assert not IdempotentCall.objects.exists()


def test_an_answer_is_given_also_where_it_can_not_be_kept(
    api: APIClient, brand: Brand, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(idempotency, "end", away)
    assert ask(api, wish(brand)).status_code == 201
    assert "was not kept" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_are_one(brand: Brand, designer: User) -> None:
    body, clients = wish(brand), [client_of(designer) for _ in range(50)]
    answers = at_once(50, lambda: ask(clients.pop(), body))
    told = Counter(answer.status_code for answer in answers)
    assert set(told) <= {201, 409}
    assert told[201] >= 1
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert sum("Idempotency-Replayed" not in answer for answer in answers if answer.status_code == 201) == 1
    assert Generation.objects.count() == IdempotentCall.objects.count() == 1
    assert Event.objects.filter(kind="generation.queued").count() == 1
    assert ask(client_of(designer), body)["Idempotency-Replayed"] == "true"


def test_every_view_that_takes_posts_takes_keys_but_login() -> None:
    views = {view for view, methods in api_views() if "post" in methods}
    assert len(views) > 6
    assert {view for view in views if not issubclass(view, Idempotent)} == {Login}


def api_views(patterns: list[Any] | None = None) -> Iterator[tuple[type, set[str]]]:
    """Every view class of the API, with the methods that each of its routes answers."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            if patterns is not None or str(pattern.pattern) == "api/v1/":
                yield from api_views(pattern.url_patterns)
        elif isinstance(pattern, URLPattern):
            view = getattr(pattern.callback, "cls", None)
            if view:
                actions = getattr(pattern.callback, "actions", None)
                yield view, set(actions or (name for name in view.http_method_names if hasattr(view, name)))


def test_the_openapi_file_tells_of_it(api: APIClient) -> None:
    paths = api.get("/api/v1/openapi.json").json()["paths"]
    posts = {path: verbs["post"] for path, verbs in paths.items() if "post" in verbs}
    without = [
        path
        for path, told in posts.items()
        if "Idempotency-Key" not in [one["name"] for one in told.get("parameters", ())]
        or not {"400", "409", "422"} <= set(told["responses"])
    ]
    assert without == ["/api/v1/login"]

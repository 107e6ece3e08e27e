"""Tokens: made from a name and a password or by the operator, shown once, kept as a hash, and ended."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient

from brandkit.accounts.models import Brand, User
from brandkit.accounts.tokens import make_token
from tests.api.conftest import client_of, refused
from tests.factories import make_brand, make_user

pytestmark = pytest.mark.django_db
WRONG = "authentication_failed"


def test_it_makes_a_token_that_works(designer: User) -> None:
    response = APIClient().post("/api/v1/login", {"username": designer.username, "password": "pass-word-1"})
    assert response.status_code == 200
    body = response.json()
    assert set(body) == {"token", "expiry"}
    assert body["expiry"].endswith("Z")
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {body['token']}")
    assert client.get("/api/v1/brands").status_code == 200


def test_it_keeps_a_hash_only(designer: User) -> None:
    _, words = make_token(user=designer)
    [row] = AuthToken.objects.values_list("digest", "token_key")
    assert words not in row[0]
    assert len(row[1]) < len(words) / 2


@pytest.mark.parametrize("password", ["wrong-one-1", "pass-word-1 "])
def test_it_makes_no_token_for_a_wrong_password(designer: User, password: str) -> None:
    response = APIClient().post("/api/v1/login", {"username": designer.username, "password": password})
    assert refused(response, 401, "authentication_failed")["detail"] == "Wrong name or password."
    assert not AuthToken.objects.exists()


def test_it_says_the_same_of_an_unknown_name_and_of_somebody_who_has_left() -> None:
    left = make_user(make_brand(), is_active=False)
    for name in ("nobody", left.username):
        response = APIClient().post("/api/v1/login", {"username": name, "password": "pass-word-1"})
        assert refused(response, 401, "authentication_failed")["detail"] == "Wrong name or password."


def test_it_stops_those_who_try_passwords(designer: User, settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT = 100  # many addresses, one name: the minute's own limit
    wrong = {"username": designer.username, "password": "wrong-one-1"}
    for _ in range(10):
        refused(APIClient().post("/api/v1/login", wrong), 401, "authentication_failed")
    response = APIClient().post("/api/v1/login", {**wrong, "password": "pass-word-1"})
    refused(response, 429, "throttled")
    assert 0 < int(response["Retry-After"]) <= 60
    assert not AuthToken.objects.exists()


def test_it_is_not_fooled_by_an_address_that_is_made_up(designer: User) -> None:
    for number in range(31):
        response = APIClient().post(
            "/api/v1/login",
            {"username": f"name-{number}", "password": "x"},
            headers={"x-forwarded-for": f"10.0.0.{number}"},
        )
    refused(response, 429, "throttled")


def test_it_ends_one_token_or_all_of_them(designer: User) -> None:
    first, second, third = client_of(designer), client_of(designer), client_of(designer)
    other = client_of(make_user(make_brand()))
    assert first.post("/api/v1/logout").status_code == 204
    refused(first.get("/api/v1/brands"), 401, "authentication_failed")
    assert second.get("/api/v1/brands").status_code == 200
    assert second.post("/api/v1/logout-all").status_code == 204
    refused(third.get("/api/v1/brands"), 401, "authentication_failed")
    assert other.get("/api/v1/brands").status_code == 200


def test_it_refuses_a_token_after_its_end(designer: User) -> None:
    client = client_of(designer)
    AuthToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    refused(client.get("/api/v1/brands"), 401, "authentication_failed")


def test_it_refuses_a_token_of_somebody_who_has_left(designer: User) -> None:
    client = client_of(designer)
    designer.is_active = False
    designer.save(update_fields=["is_active"])
    refused(client.get("/api/v1/brands"), 401, "authentication_failed")


def test_the_operator_makes_one_too(designer: User) -> None:
    out, err = StringIO(), StringIO()
    call_command("make_token", designer.username, "--days", "7", stdout=out, stderr=err)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {out.getvalue().strip()}")
    assert client.get("/api/v1/brands").status_code == 200
    assert out.getvalue().strip() not in err.getvalue()
    left = AuthToken.objects.get().expiry - timezone.now()
    assert timedelta(days=6) < left <= timedelta(days=7)


@pytest.mark.parametrize(("name", "days"), [("nobody", "7"), ("", "0")])
def test_the_operator_is_told_what_is_wrong(designer: User, name: str, days: str) -> None:
    with pytest.raises(CommandError, match=r"nobody|--days"):
        call_command("make_token", name or designer.username, "--days", days)
    assert not AuthToken.objects.exists()


def test_it_lists_the_brands_that_one_belongs_to(brand: Brand, api: APIClient) -> None:
    make_brand()
    assert api.get("/api/v1/brands").json() == [
        {
            "id": brand.pk,
            "slug": brand.slug,
            "name": brand.name,
            "allow_self_review": False,
            "may": ["request", "see"],
        }
    ]


def test_it_says_so_where_the_door_is_closed_to_guesses(settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    make_user(username="dana")
    client = APIClient()
    for n in range(2):
        refused(client.post("/api/v1/login", {"username": "dana", "password": f"guess-{n}"}), 401, WRONG)
    for password in ("guess-3", "pass-word-1"):
        response = client.post("/api/v1/login", {"username": "dana", "password": password})
        assert "Wait a quarter of an hour" in refused(response, 429, "too_many_tries")["detail"]
    assert not AuthToken.objects.exists()

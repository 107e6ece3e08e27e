"""The door: right and wrong passwords, and how often one may guess."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from tests.factories import make_brand, make_user

pytestmark = pytest.mark.django_db


def sign_in(client: Client, password: str, username: str = "dana") -> int:
    return client.post("/sign-in/", {"username": username, "password": password}).status_code


def test_it_lets_the_right_password_in_and_goes_on_to_the_page_asked_for(client: Client) -> None:
    make_user(make_brand(slug="fruit"), username="dana")
    answer = client.post(
        "/sign-in/", {"username": "dana", "password": "pass-word-1", "next": "/b/fruit/library/"}
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, "/b/fruit/library/")


@pytest.mark.parametrize(
    ("page", "back"),
    [
        ("http://testserver/b/fruit/spend/?month=2026-11", "/b/fruit/spend/?month=2026-11"),
        ("https://example.org/b/fruit/spend/", "/"),
        ("", "/"),
    ],
)
def test_who_was_signed_out_meanwhile_goes_back_to_the_page_of_the_form(
    client: Client, page: str, back: str
) -> None:
    make_brand(slug="fruit")
    answer = client.post("/b/fruit/spend/limit", {"limit": "5"}, headers={"Referer": page})
    assert answer.headers["Location"] == f"/sign-in/?{urlencode({'next': back}, safe='/')}"


def test_it_does_not_go_on_to_another_host(client: Client) -> None:
    make_user(username="dana")
    given = {"username": "dana", "password": "pass-word-1", "next": "https://example.org/"}
    assert client.post("/sign-in/", given).headers["Location"] == "/"


def test_it_closes_the_door_to_guesses_for_a_while(client: Client) -> None:
    make_user(username="dana")
    make_user(username="rita")
    guesses = [sign_in(client, f"guess-{n}") for n in range(10)]
    assert guesses == [200] * 9 + [429]
    answer = client.post("/sign-in/", {"username": "dana", "password": "pass-word-1"})
    assert answer.status_code == 429
    assert "Wait a quarter of an hour" in answer.content.decode()
    assert "_auth_user_id" not in client.session
    assert sign_in(client, "pass-word-1", "rita") == 302


def test_it_opens_the_door_again_after_a_quarter_of_an_hour(client: Client) -> None:
    make_user(username="dana")
    for n in range(10):
        sign_in(client, f"guess-{n}")
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert sign_in(client, "pass-word-1") == 302

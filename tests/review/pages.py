"""What the tests of review's pages share."""

from typing import Any

from django.test import Client
from django.urls import reverse

from brandkit.accounts.models import User


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def address(name: str, *args: Any) -> str:
    return reverse(f"review:{name}", args=["acme", *args])


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())

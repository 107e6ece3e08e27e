"""People with tokens."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from brandkit.accounts.models import Brand, Role, User
from brandkit.accounts.tokens import make_token
from tests.factories import make_user


@pytest.fixture(autouse=True)
def no_tries_yet() -> Iterator[None]:
    """Sign-in tries are counted in the cache."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def reviewer(brand: Brand) -> User:
    return make_user(brand, Role.REVIEWER)


@pytest.fixture
def api(designer: User) -> APIClient:
    """The designer's client."""
    return client_of(designer)


def client_of(user: User) -> APIClient:
    """A client with a token of `user`, as programs have it."""
    client = APIClient(enforce_csrf_checks=True)
    client.credentials(HTTP_AUTHORIZATION=f"Token {make_token(user=user)[1]}")
    return client


def refused(response: Any, status: int, code: str) -> Any:
    """The body of a refusal, after a look at what all refusals share."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert (body["type"], body["status"], body["code"]) == ("about:blank", status, code)
    assert body["title"]
    assert body["detail"]
    return body

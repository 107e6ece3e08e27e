"""The brand whose pictures are judged, and who judges them."""

import pytest

from brandkit.accounts.models import Brand, Role, User
from tests.factories import make_brand, make_user


@pytest.fixture
def brand() -> Brand:
    return make_brand(slug="acme")


@pytest.fixture
def reviewer(brand: Brand) -> User:
    return make_user(brand, Role.REVIEWER, first_name="Ruth")


@pytest.fixture
def other(brand: Brand) -> User:
    return make_user(brand, Role.REVIEWER, first_name="Otto")

"""A brand, and those who make and curate pictures for it."""

import pytest

from brandkit.accounts.models import Brand, Role, User
from tests.factories import make_brand, make_user


@pytest.fixture
def brand() -> Brand:
    return make_brand()


@pytest.fixture
def designer(brand: Brand) -> User:
    return make_user(brand)


@pytest.fixture
def curator(brand: Brand) -> User:
    return make_user(brand, Role.CURATOR)

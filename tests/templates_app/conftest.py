"""The brand whose templates are kept, and who keeps them."""

import pytest

from brandkit.accounts.models import Brand, Role, User
from tests.factories import make_brand, make_user


@pytest.fixture
def brand() -> Brand:
    return make_brand()


@pytest.fixture
def curator(brand: Brand) -> User:
    return make_user(brand, Role.CURATOR)

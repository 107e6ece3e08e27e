"""Who may do what: every role, in every brand that differs in who may review."""

from itertools import product

import pytest
from pytest_django import DjangoAssertNumQueries

from brandkit.accounts.models import Brand, Role, User
from brandkit.accounts.policy import Act, acts_of, brands_for, may, require, reviewers
from brandkit.common.errors import NotAllowed, NotFound
from tests.factories import make_brand, make_user

pytestmark = pytest.mark.django_db

SWITCHES = {
    Role.DESIGNER: "designers_review",
    Role.REVIEWER: "reviewers_review",
    Role.CURATOR: "curators_review",
}
SAME_EVERYWHERE = {
    Role.DESIGNER: {"see", "request"},
    Role.REVIEWER: {"see", "request"},
    Role.CURATOR: {"see", "request", "curate"},
    Role.OWNER: {"see", "request", "review", "curate", "manage"},
}


@pytest.mark.one_database
@pytest.mark.parametrize("on", list(product([False, True], repeat=3)))
def test_who_may_review_follows_the_brand(on: tuple[bool, bool, bool]) -> None:
    switches = dict(zip(SWITCHES.values(), on, strict=True))
    brand = make_brand(**switches)
    other = make_brand(**{name: not value for name, value in switches.items()})
    for role in Role:
        user = make_user(brand, role)
        expected = set(SAME_EVERYWHERE[role])
        if role in SWITCHES and switches[SWITCHES[role]]:
            expected.add("review")
        assert acts_of(user, brand) == expected
        for act in Act:
            assert may(user, act, brand) == (act in expected), (role, act)
            assert list(brands_for(user, act)) == ([brand] if act in expected else []), (role, act)
            assert not may(user, act, other)
        assert reviewers(brand).filter(pk=user.pk).exists() == ("review" in expected)
        assert acts_of(user, other) == set()


def test_the_operator_may_do_everything_and_who_has_left_nothing() -> None:
    brand = make_brand(reviewers_review=False)
    operator = make_user(is_superuser=True)
    gone = make_user(brand, Role.OWNER, is_active=False)
    assert acts_of(operator, brand) == set(Act)
    assert all(may(operator, act, brand) for act in Act)
    assert acts_of(gone, brand) == set()
    assert not any(may(gone, act, brand) for act in Act)
    assert list(reviewers(brand)) == []


def test_it_tells_members_no_and_strangers_nothing() -> None:
    brand = make_brand(reviewers_review=False)
    with pytest.raises(NotAllowed):
        require(make_user(brand, Role.REVIEWER), Act.REVIEW, brand)
    with pytest.raises(NotFound):
        require(make_user(make_brand(), Role.OWNER), Act.REVIEW, brand)


def test_each_question_is_one_query(
    brand: Brand, designer: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for question in (
        lambda: may(designer, Act.REVIEW, brand),
        lambda: acts_of(designer, brand),
        lambda: list(brands_for(designer, Act.REVIEW)),
    ):
        with django_assert_num_queries(1):
            question()

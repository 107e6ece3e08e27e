"""Who may do what: one table, asked by pages, API, admin and shell alike."""

from collections.abc import Mapping
from enum import StrEnum

from django.db.models import Q, QuerySet

from brandkit.accounts.models import Brand, Membership, Role, User
from brandkit.common.errors import NotAllowed, NotFound


class Act(StrEnum):
    """What a person can want to do in a brand."""

    SEE = "see"
    REQUEST = "request"  # upload subjects, ask for pictures, cancel and retry them
    REVIEW = "review"  # approve, reject, publish, take back
    CURATE = "curate"  # scenes, prompts and formats
    MANAGE = "manage"  # members and the brand's own settings


ACTS: Mapping[str, frozenset[Act]] = {
    Role.DESIGNER: frozenset({Act.SEE, Act.REQUEST}),
    Role.REVIEWER: frozenset({Act.SEE, Act.REQUEST}),
    Role.CURATOR: frozenset({Act.SEE, Act.REQUEST, Act.CURATE}),
    Role.OWNER: frozenset(Act),
}
"""What a role may do in any brand."""

MAY_REVIEW: Mapping[str, str] = {
    Role.DESIGNER: "designers_review",
    Role.REVIEWER: "reviewers_review",
    Role.CURATOR: "curators_review",
}
"""The switch of a brand by which a role may review there, too."""


def brands_for(user: User, act: Act = Act.SEE) -> QuerySet[Brand]:
    """The brands in which `user` may do `act`. The operator (a superuser) may do everything everywhere."""
    if not user.is_active:
        return Brand.objects.none()
    if user.is_superuser:
        return Brand.objects.all()
    mine = Membership.objects.filter(_allowing(act), user=user)
    return Brand.objects.filter(pk__in=mine.values("brand_id"))


def reviewers(brand: Brand) -> QuerySet[User]:
    """The members who may review in `brand`; the operator is none of them."""
    members = Membership.objects.filter(_allowing(Act.REVIEW), brand=brand, user__is_active=True)
    return User.objects.filter(pk__in=members.values("user_id"))


def acts_of(user: User, brand: Brand) -> frozenset[Act]:
    """Everything that `user` may do in `brand`."""
    if user.is_active and user.is_superuser:
        return frozenset(Act)
    member = Membership.objects.filter(user=user, brand=brand, user__is_active=True).first()
    if member is None:
        return frozenset()
    switch = MAY_REVIEW.get(member.role, "")
    return ACTS[member.role] | {Act.REVIEW} if switch and getattr(brand, switch) else ACTS[member.role]


def may(user: User, act: Act, brand: Brand) -> bool:
    """Whether `user` may do `act` in `brand`."""
    return brands_for(user, act).filter(pk=brand.pk).exists()


def require(user: User, act: Act, brand: Brand) -> None:
    """Raises NotFound for those who may not know of the brand, NotAllowed for those who may not do this."""
    if not may(user, act, brand):
        raise NotAllowed if may(user, Act.SEE, brand) else NotFound


def _allowing(act: Act) -> Q:
    """The memberships by which somebody may do `act`."""
    allowed = Q(role__in=[role for role, acts in ACTS.items() if act in acts])
    if act == Act.REVIEW:
        for role, switch in MAY_REVIEW.items():
            allowed |= Q(role=role, **{f"brand__{switch}": True})
    return allowed

"""Who may do what: one table, asked by pages, API, admin and shell alike."""

from collections.abc import Mapping
from enum import StrEnum

from django.db.models import QuerySet

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
    Role.REVIEWER: frozenset({Act.SEE, Act.REQUEST, Act.REVIEW}),
    Role.CURATOR: frozenset({Act.SEE, Act.REQUEST, Act.CURATE}),
    Role.OWNER: frozenset(Act),
}


def brands_for(user: User, act: Act = Act.SEE) -> QuerySet[Brand]:
    """The brands in which `user` may do `act`. The operator (a superuser) may do everything everywhere."""
    if not user.is_active:
        return Brand.objects.none()
    if user.is_superuser:
        return Brand.objects.all()
    roles = [role for role, acts in ACTS.items() if act in acts]
    mine = Membership.objects.filter(user=user, role__in=roles)
    return Brand.objects.filter(pk__in=mine.values("brand_id"))


def acts_of(user: User, brand: Brand) -> frozenset[Act]:
    """Everything that `user` may do in `brand`."""
    if user.is_active and user.is_superuser:
        return frozenset(Act)
    member = Membership.objects.filter(user=user, brand=brand, user__is_active=True).first()
    return ACTS[member.role] if member else frozenset()


def may(user: User, act: Act, brand: Brand) -> bool:
    """Whether `user` may do `act` in `brand`."""
    return brands_for(user, act).filter(pk=brand.pk).exists()


def require(user: User, act: Act, brand: Brand) -> None:
    """Raises NotFound for those who may not know of the brand, NotAllowed for those who may not do this."""
    if not may(user, Act.SEE, brand):
        raise NotFound
    if not may(user, act, brand):
        raise NotAllowed

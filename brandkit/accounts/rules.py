"""How a brand judges its pictures: the trail of these rules, and what they make impossible."""

from collections.abc import Mapping
from typing import Any

from brandkit.accounts.models import Brand, User
from brandkit.accounts.policy import MAY_REVIEW, reviewers
from brandkit.common.models import record

RULES = ("allow_self_review", "approvals", *MAY_REVIEW.values(), "review_due_hours")
"""Names of the brand's fields."""

LONGEST = 8760
"""Hours of the longest time that a review may be due in: a year."""


def note_change(brand: Brand, *, old: Mapping[str, Any], by: User) -> None:
    """Write down which rules are no longer as in `old`. Call it in the transaction of the change."""
    changed = [name for name in RULES if getattr(brand, name) != old[name]]
    if changed:
        new = {name: getattr(brand, name) for name in changed}
        record("brand.rules", brand, actor=by, old={name: old[name] for name in changed}, new=new)


def what_is_impossible(brand: Brand) -> str:
    """One or two sentences on what no member can do by these rules; empty where all is well."""
    judges = [str(user) for user in reviewers(brand).order_by("pk")[:3]]
    if not judges:
        return "No member may review: nothing is decided until somebody may."
    who = " and ".join(judges)
    if len(judges) < brand.approvals:
        return f"Only {who} may review, and a picture needs two approvals: none can be approved."
    if brand.allow_self_review or len(judges) > brand.approvals:
        return ""
    if len(judges) == 1:
        return f"Only {who} may review: nobody can decide on what {who} asks for."
    return f"Only {who} may review: what one of them asks for can't get its second approval."

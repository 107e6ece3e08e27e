"""What every template may show: the brand that one stands in, the ways from there, and one's other brands."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from brandkit.accounts.models import Brand, User
from brandkit.accounts.notices import count_new
from brandkit.accounts.policy import Act, acts_of, brands_for


@dataclass(frozen=True, kw_only=True)
class Link:
    """One way in the top bar."""

    label: str
    url: str
    here: bool


@dataclass(frozen=True, kw_only=True)
class Nav:
    """The top bar of a signed-in person. brand is None where the page belongs to no brand.

    new_notices: how many they have not seen; from 100 on they are not counted.
    """

    brand: Brand | None
    brands: list[Brand]
    links: list[Link]
    may_curate: bool
    new_notices: int

    @property
    def told_new(self) -> str:
        return str(self.new_notices) if self.new_notices < 100 else "99+"


WAYS = (
    ("Studio", "studio:home", Act.REQUEST),
    ("Batches", "batches:home", Act.SEE),
    ("Review", "review:desk", Act.REVIEW),
    ("Library", "review:library", Act.SEE),
    ("Spend", "spend:page", Act.SEE),
)


def page(request: HttpRequest) -> dict[str, object]:
    """Context processor: `nav`, worked out only where a template shows it."""
    user = getattr(request, "user", None)  # missing where a middleware answers before it is known
    if user is None or not user.is_authenticated:
        return {"nav": None}
    brand = getattr(request, "brand", None)
    return {"nav": SimpleLazyObject(lambda: nav(user, brand, request.path))}


def nav(user: User, brand: Brand | None, path: str) -> Nav:
    """What `user` sees in the top bar at `path`."""
    brands = list(brands_for(user))
    if brand not in brands:
        brand = None
    acts = acts_of(user, brand) if brand else frozenset()
    return Nav(
        brand=brand,
        brands=brands,
        links=links(brand, acts, path) if brand else [],
        may_curate=Act.CURATE in acts and user.is_staff,
        new_notices=count_new(user),
    )


def links(brand: Brand, acts: frozenset[Act], path: str) -> list[Link]:
    ways = [(label, reverse(name, args=[brand.slug])) for label, name, act in WAYS if act in acts]
    return [Link(label=label, url=url, here=path.startswith(url)) for label, url in ways]

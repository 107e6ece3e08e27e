"""What is published: how it is found."""

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import QueryDict

from brandkit.accounts.models import Brand
from brandkit.common.errors import NotFound
from review.models import Asset, AssetVersion

PAGE = 48


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What somebody looks for in the library. Empty means everything that is published."""

    scene: str = ""
    format: str = ""
    subject: str = ""
    taken_back: bool = False

    @classmethod
    def of(cls, query: QueryDict) -> "Wanted":
        return cls(
            scene=query.get("scene", ""),
            format=query.get("format", ""),
            subject=query.get("subject", "").strip(),
            taken_back=query.get("state") == "recalled",
        )

    def __bool__(self) -> bool:
        return self != Wanted()


def shown(brand: Brand, wanted: Wanted) -> QuerySet[AssetVersion]:
    """What each asset's address shows today (or showed last, where it has been taken back), newest first."""
    newest = AssetVersion.objects.filter(asset=OuterRef("asset")).order_by("-approved_at", "-number")
    found = with_its_parts(
        AssetVersion.objects.filter(asset__brand=brand, pk=Subquery(newest.values("pk")[:1]))
    ).filter(recalled_at__isnull=not wanted.taken_back)
    if wanted.scene:
        found = found.filter(asset__scene__slug=wanted.scene)
    if wanted.format:
        found = found.filter(asset__output_format__slug=wanted.format)
    if wanted.subject:
        text = wanted.subject
        named = Q(asset__subject__name__icontains=text) | Q(asset__subject__sku__icontains=text)
        found = found.filter(named | Q(asset__subject__slug=text))
    return found.order_by("-approved_at", "-pk")


def with_its_parts(versions: QuerySet[AssetVersion]) -> QuerySet[AssetVersion]:
    """With all that a page shows of them."""
    return versions.select_related(
        "asset__brand", "asset__subject", "asset__scene", "asset__output_format", "review__output"
    ).prefetch_related("renditions__output_format")


def version_of(brand: Brand, name: str, number: int | None) -> AssetVersion:
    """One version of an asset; without a number the one that its address shows. Raises NotFound."""
    found = with_its_parts(AssetVersion.objects.filter(asset__brand=brand, asset__name=name))
    found = found.filter(number=number) if number else found.order_by("-approved_at", "-number")
    version = found.first()
    if version is None:
        raise NotFound
    return version


def choices(brand: Brand) -> dict[str, list[tuple[str, str]]]:
    """What the library can be narrowed down to: just what is in it."""
    there = Asset.objects.filter(brand=brand, versions__isnull=False)
    scenes = there.order_by("scene__name").values_list("scene__slug", "scene__name").distinct()
    formats = there.order_by("output_format__name").values_list("output_format__slug", "output_format__name")
    return {"scenes": list(scenes), "formats": list(formats.distinct())}


def page_of(found: QuerySet[AssetVersion], number: str) -> Page[AssetVersion]:
    """One page of the library; the first or the last where the number makes no sense."""
    return Paginator(found, PAGE).get_page(number)

"""What is published: how it is found."""

from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import QueryDict

from brandkit.accounts.models import Brand
from brandkit.common.errors import NotFound
from brandkit.common.keyset import Page, newest_first
from brandkit.common.numbers import row_number
from generation.models import Subject
from review.models import Asset, AssetVersion, Review
from templates_app.models import OutputFormat, SceneTemplate

PAGE = 48

FEW = 500
"""So many subjects are looked up by their numbers; where more fit, a page is full soon without that."""

STUCK = 10
"""So many pictures at most are told of that could not be published."""


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


def shown(brand: Brand, wanted: Wanted) -> QuerySet[Asset]:
    """What each address shows today, or showed last where that has been taken back."""
    found = _on_shelf(brand, wanted.taken_back)
    if wanted.scene:
        found = found.filter(scene=_number(SceneTemplate.objects.all(), brand, wanted.scene))
    if wanted.format:
        found = found.filter(output_format=_number(OutputFormat.objects.all(), brand, wanted.format))
    if wanted.subject:
        found = found.filter(_of_subject(brand, wanted.subject))
    return found.select_related("subject", "scene", "output_format", "current")


def _on_shelf(brand: Brand, *taken_back: bool) -> QuerySet[Asset]:
    # Said as a list, since SQLite finds no `NOT taken_back` in an index.
    return Asset.objects.filter(brand=brand, current__isnull=False, taken_back__in=taken_back)


def _number(rows: "QuerySet[SceneTemplate] | QuerySet[OutputFormat]", brand: Brand, slug: str) -> int:
    """The number of that slug, 0 where there is none: known beforehand, it can be found in an index."""
    found: int | None = rows.filter(brand=brand, slug=slug).values_list("pk", flat=True).first()
    return found or 0


def _of_subject(brand: Brand, text: str) -> Q:
    named = Q(name__icontains=text) | Q(sku__icontains=text) | Q(slug=text)
    few = list(Subject.objects.filter(named, brand=brand).order_by().values_list("pk", flat=True)[: FEW + 1])
    if len(few) <= FEW:
        return Q(subject__in=few)
    return Q(subject__name__icontains=text) | Q(subject__sku__icontains=text) | Q(subject__slug=text)


def page_of(found: QuerySet[Asset], query: QueryDict) -> Page[Asset]:
    """The page that `query` names, newest first; the first where it names none that there is."""
    before, after = (row_number(query.get(name, "")) for name in ("before", "after"))
    return newest_first(found, PAGE, by="current_id", before=before, after=after)


def with_its_parts(versions: QuerySet[AssetVersion]) -> QuerySet[AssetVersion]:
    """With all that a page shows of them."""
    return versions.select_related(
        "asset__brand", "asset__subject", "asset__scene", "asset__output_format", "review__output"
    ).prefetch_related("renditions__output_format")


def version_of(brand: Brand, name: str, number: int | None) -> AssetVersion:
    """One version of an asset; without a number the one that its address shows. Raises NotFound."""
    found = with_its_parts(AssetVersion.objects.filter(asset__brand=brand, asset__name=name))
    version = found.filter(Q(number=number) if number else Q(pk=F("asset__current"))).first()
    if version is None:
        raise NotFound
    return version


def choices(brand: Brand) -> dict[str, list[tuple[str, str]]]:
    """What the library can be narrowed down to: just what is in it."""
    there = _on_shelf(brand, True, False)
    scenes = SceneTemplate.objects.filter(Exists(there.filter(scene=OuterRef("pk"))), brand=brand)
    formats = OutputFormat.objects.filter(Exists(there.filter(output_format=OuterRef("pk"))), brand=brand)
    return {
        "scenes": list(scenes.order_by("name").values_list("slug", "name")),
        "formats": list(formats.order_by("name").values_list("slug", "name")),
    }


def not_public_yet(brand: Brand) -> QuerySet[Review]:
    """Approved pictures that could not be published, those first that are tried again first."""
    approved = Review.objects.filter(brand=brand, state=Review.State.APPROVED).exclude(problem="")
    parts = approved.select_related("output__generation__subject", "output__generation__scene_version__scene")
    return parts.order_by("retry_at")[:STUCK]

"""What the Studio shows: reads only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from zlib import crc32

from django.db.models import Q, QuerySet

from brandkit.accounts.models import Brand, User
from brandkit.common.errors import Invalid, NotFound
from generation.models import Generation, Subject
from generation.provider import get_provider, get_providers, price_of, why_not
from generation.provider_accounts import AccountState, state_of
from generation.providers.base import Provider
from generation.waiting import shut_words, why_waiting
from templates_app.models import OutputFormat, PromptVersion, SceneVersion
from templates_app.services import approved_prompts, approved_scenes

SUBJECTS = 12
"""So many photos are shown at once; more are found by name or SKU."""

PICTURES = 24
"""So many pictures a page."""


@dataclass(frozen=True, kw_only=True)
class FormatChoice:
    """A format as the Studio offers it; why_not: a sentence where the provider can't make it.

    price: about what one picture of a photo in a scene costs, in US dollars; None where no price is set.
    """

    format: OutputFormat
    why_not: str
    price: Decimal | None

    @property
    def shape(self) -> tuple[int, int]:
        """Width and height of its little drawing, in pixels: the longer side has 26."""
        longest = max(self.format.width, self.format.height)
        return round(26 * self.format.width / longest), round(26 * self.format.height / longest)

    @property
    def inner(self) -> tuple[int, int]:
        """The same without its outline."""
        return max(self.shape[0] - 2, 1), max(self.shape[1] - 2, 1)


@dataclass(frozen=True, kw_only=True)
class Choices:
    """Everything that one can choose from in the Studio."""

    subjects: list[Subject]
    many_subjects: bool
    scenes: list[SceneVersion]
    prompts: list[PromptVersion]
    providers: list[Provider]


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What one provider can make now, and how its account stands. shut: why nobody calls it, in words."""

    provider: Provider
    formats: list[FormatChoice]
    account: AccountState
    shut: str

    @property
    def reference_price(self) -> Decimal:
        """US dollars of each further photo that is sent."""
        return self.provider.prices.input if self.provider.takes_references else Decimal(0)

    def usual_formats(self) -> list[int]:
        """Number of the first that it can make."""
        return [choice.format.pk for choice in self.formats if not choice.why_not][:1]


@dataclass(frozen=True, kw_only=True)
class Card:
    """A picture as its card shows it. waits: what it waits for, beside its turn."""

    picture: Generation
    waits: str

    @property
    def mark(self) -> str:
        """What a page knows of it; a card with another mark has changed."""
        return f"{self.picture.state}.{crc32(self.waits.encode()):x}"


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some pictures, newest first; `before` names the last one where there are older ones."""

    cards: list[Card]
    before: int | None


def choices(brand: Brand, *, picked: Iterable[int] = ()) -> Choices:
    """What `brand` offers its designers. picked: subjects that are shown whatever their age."""
    return Choices(
        subjects=subjects(brand, picked=picked),
        many_subjects=Subject.objects.filter(brand=brand)[SUBJECTS:].exists(),
        scenes=list(approved_scenes(brand)),
        prompts=list(approved_prompts(brand)),
        providers=get_providers(),
    )


def offer(brand: Brand, provider: Provider) -> Offer:
    """The brand's formats as `provider` makes them."""
    account = state_of(provider)
    return Offer(
        provider=provider,
        formats=formats_of(brand, provider),
        account=account,
        shut=shut_words(provider.name, account),
    )


def formats_of(brand: Brand, provider: Provider) -> list[FormatChoice]:
    """Those that the brand offers, as `provider` makes them."""
    return [
        FormatChoice(
            format=each,
            why_not=why_not(provider, each),
            price=price_of(provider, size=each.size, pictures=2),
        )
        for each in OutputFormat.objects.filter(brand=brand, active=True)
    ]


def subjects(brand: Brand, *, words: str = "", picked: Iterable[int] = ()) -> list[Subject]:
    """The picked ones, then the newest whose name or SKU holds `words`."""
    own = Subject.objects.filter(brand=brand).prefetch_related("references")
    first = list(own.filter(pk__in=picked))
    found = own.filter(Q(name__icontains=words) | Q(sku__icontains=words)) if words else own
    return first + list(found.exclude(pk__in=[subject.pk for subject in first])[:SUBJECTS])


def subject(brand: Brand, pk: int) -> Subject:
    """Raises NotFound."""
    found = Subject.objects.filter(brand=brand, pk=pk).select_related("brand").first()
    if found is None:
        raise NotFound
    return found


def with_all(rows: QuerySet[Generation]) -> QuerySet[Generation]:
    """With everything that a picture's card shows."""
    return rows.select_related(
        "brand", "subject", "scene_version__scene", "output_format", "prompt_version__template", "output"
    ).prefetch_related("references")


def pictures(brand: Brand, user: User, *, before: int | None = None) -> Page:
    """What `user` has asked for, newest first, from below the number `before`; no batches."""
    own = Generation.objects.filter(brand=brand, requested_by=user, batch=None)
    if before is not None:
        own = own.filter(pk__lt=before)
    found = list(with_all(own.order_by("-pk"))[: PICTURES + 1])
    shown = found[:PICTURES]
    return Page(cards=cards(shown), before=shown[-1].pk if len(found) > PICTURES else None)


def cards(pictures: Sequence[Generation]) -> list[Card]:
    waits = why_waiting(pictures)
    return [Card(picture=picture, waits=waits.get(picture.pk, "")) for picture in pictures]


def some_cards(brand: Brand, pks: Iterable[int]) -> list[Card]:
    """Of the pictures of these numbers that are the brand's, newest first."""
    return cards(list(with_all(Generation.objects.filter(brand=brand, pk__in=list(pks)).order_by("-pk"))))


def news(brand: Brand, known: Mapping[int, str]) -> tuple[list[Card], list[Card]]:
    """Of the pictures in `known`, number to mark: the cards that have changed, and the unfinished."""
    now = some_cards(brand, known)
    changed = [card for card in now if card.mark != known[card.picture.pk]]
    return changed, [card for card in now if not card.picture.has_ended]


def picture(brand: Brand, pk: int) -> Generation:
    """One picture with its story. Raises NotFound."""
    rows = Generation.objects.filter(brand=brand, pk=pk)
    found = with_all(rows).select_related("requested_by").prefetch_related("attempts").first()
    if found is None:
        raise NotFound
    return found


def cost(generation: Generation) -> Decimal:
    """What all its attempts have cost, in US dollars."""
    return sum((attempt.cost for attempt in generation.attempts.all()), Decimal(0))


def varies(generation: Generation) -> bool:
    """Whether its provider makes another picture when asked again; one without a use for words does not."""
    try:
        return get_provider(generation.provider).uses_prompt
    except Invalid:  # it was made by a provider that is no longer there
        return False


def maker(generation: Generation) -> str:
    """The name of its provider, where there are several to choose from; else empty."""
    several = len(get_providers()) > 1
    try:
        return get_provider(generation.provider).name if several else ""
    except Invalid:
        return generation.provider


def price_again(generation: Generation) -> Decimal | None:
    """About what one more call for it costs, in US dollars; None where it is free or has no price."""
    if generation.fetched and generation.state != Generation.State.SUCCEEDED:  # its answer waits, and is paid
        return None
    try:
        provider = get_provider(generation.provider)
    except Invalid:
        return None
    pictures = 2 + len(generation.references.all())
    return price_of(provider, size=generation.size, pictures=pictures) or None


def next_variation(generation: Generation) -> int:
    """The first number that nobody has asked for with the same photo, scene, prompt and format."""
    same = Generation.objects.filter(
        brand=generation.brand_id,
        subject=generation.subject_id,
        scene_version=generation.scene_version_id,
        prompt_version=generation.prompt_version_id,
        output_format=generation.output_format_id,
    )
    return same.next_variation()

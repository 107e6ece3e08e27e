"""The page that asks for many pictures: what to choose from, and what the choice comes to."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from zlib import crc32

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.text import get_text_list
from django.views.decorators.http import require_GET, require_POST

from brandkit.accounts.models import Brand
from brandkit.accounts.policy import Act
from brandkit.common.errors import Invalid
from brandkit.common.numbers import row_number, row_numbers
from brandkit.web.pages import HtmxRequest, brand_page
from generation import selectors
from generation.batches import asking, choosing, estimate
from generation.batches.choosing import Choice
from generation.batches.estimate import Estimate
from generation.batches.forms import ManyForm
from generation.batches.plans import Plan
from generation.models import Batch, Priority, Subject
from generation.pages import PROVIDER, provider_in
from generation.provider import get_providers
from templates_app.services import approved_prompts, approved_scenes

PARTS = ("found", "chosen", "offer")
"""What htmx may ask for by its target; else it is told what the choice comes to."""

LOOKED_AT = 2000
"""Pictures that are looked for one by one while somebody chooses: half a second."""


@dataclass(frozen=True, kw_only=True)
class Sum:
    """What a choice comes to. words: what is still to be chosen, or why it can't be asked for."""

    things: int = 0
    scenes: int = 0
    formats: int = 0
    variations: int = 1
    estimate: Estimate | None = None
    words: str = ""


class Asked:
    """A form's state, as the page shows it: with no format that its provider can't make."""

    def __init__(self, request: HtmxRequest, brand: Brand, given: QueryDict) -> None:
        self.request, self.brand = request, brand
        self.given = given.copy()
        self.words = self.given.get("q", "").strip()
        self._change()
        self.offer = selectors.offer(brand, provider_in(request, self.given))
        self._keep_makeable()
        self.choice = Choice.of(self.given)

    def _change(self) -> None:
        """What its buttons do: all that are found, all of a batch, or not these after all."""
        if self.given.get("add") == "found":
            self.given.appendlist("found", self.words)
        if self.given.get("add") == "of":
            self.given.appendlist("of", self.given.get("batch", ""))
        name, _, value = self.given.get("drop", "").partition(":")
        if name in ("found", "of"):
            self.given.setlist(name, [each for each in self.given.getlist(name) if each != value])

    def _keep_makeable(self) -> None:
        wanted = row_numbers(self.given.getlist("format") + self.given.getlist("kept"))
        makeable = {choice.format.pk for choice in self.offer.formats if not choice.why_not}
        self.kept = wanted
        self.given.setlist("format", [str(pk) for pk in wanted if pk in makeable])
        self.given["provider"] = self.offer.provider.alias

    def take_usual(self) -> None:
        """Where nothing is chosen yet: the usual prompt, and the first format that can be made."""
        usual = self.choices["prompts"][:1]
        if usual and not self.given.get("prompt"):
            self.given["prompt"] = str(usual[0].pk)
        if not self.kept:
            self.kept = self.offer.usual_formats()
            self.given.setlist("format", [str(pk) for pk in self.kept])

    @cached_property
    def choices(self) -> dict[str, list[Any]]:
        return {
            "scenes": list(approved_scenes(self.brand)),
            "prompts": list(approved_prompts(self.brand)),
            "providers": get_providers(),
        }

    @cached_property
    def form(self) -> ManyForm:
        return ManyForm(self.brand, self.request.user, self.given)

    def sum(self) -> Sum:
        form = self.form
        missing = [
            words
            for words, there in [
                ("photos", form.things),
                ("a scene", self.given.getlist("scene")),
                ("a format", self.given.getlist("format")),
            ]
            if not there
        ]
        if missing:
            return Sum(words=f"Choose {get_text_list(missing, 'and')}, and see here what it comes to.")
        try:
            plan = form.plan()
            data = form.checked()
            return Sum(
                things=form.things,
                scenes=len(data["scene"]),
                formats=len(data["format"]),
                variations=form.variations_wanted,
                estimate=estimate.of(spread(plan), look_at=LOOKED_AT),
            )
        except Invalid as error:
            return Sum(words=error.message)

    def context(self) -> dict[str, object]:
        """What the page and each of its parts show; most of it is read only where it is shown."""
        return {
            "asked": self,
            "choices": self.choices,
            "offer": self.offer,
            "given": self.given,
            "picked": {
                "scene": row_numbers(self.given.getlist("scene")),
                "format": self.kept,
                "prompt": row_number(self.given.get("prompt", "")),
            },
            "priorities": Priority.choices,
            "priority": row_number(self.given.get("priority", "")) or Priority.NORMAL,
        }

    # For templates

    def groups(self) -> list[choosing.Group]:
        return self.choice.groups(self.brand)

    def to_tick(self) -> list[tuple[Subject, bool]]:
        ticked = set(self.choice.ticked)
        found = choosing.to_tick(self.brand, self.words, self.choice.ticked)
        return [(subject, subject.pk in ticked) for subject in found]

    def found(self) -> int:
        return choosing.found(self.brand, self.words).count()

    def batches(self) -> list[Batch]:
        return choosing.to_take_from(self.brand)


def spread(plan: Plan) -> Plan:
    """The same with its lines in no order: those that are looked at stand for the others."""
    mixed = sorted(plan.lines, key=lambda line: crc32(str(line.number).encode()))
    return replace(plan, lines=mixed)


@require_GET
@brand_page(Act.REQUEST)
def many(request: HtmxRequest, brand: Brand) -> HttpResponse:
    """Everything to choose from. The query may choose: ?subject=1&scene=2&of=3 (a batch)."""
    asked = Asked(request, brand, request.GET)
    asked.take_usual()
    return render(request, "generation/batches/ask.html", asked.context())


@require_POST
@brand_page(Act.REQUEST)
def look(request: HtmxRequest, brand: Brand) -> HttpResponse:
    """What the choice comes to, with nothing asked for; a search, and all that it finds."""
    asked = Asked(request, brand, request.POST)
    if not request.htmx:
        return render(request, "generation/batches/ask.html", asked.context())
    part = request.htmx.target if request.htmx.target in PARTS else "sum"
    return render(request, f"generation/batches/partials/{part}_now.html", asked.context())


@require_POST
@brand_page(Act.REQUEST)
def start(request: HtmxRequest, brand: Brand) -> HttpResponse:
    """Ask for all of it. What can't be is told on the page, with the choice as it was."""
    asked = Asked(request, brand, request.POST)
    try:
        batch = asking.ask(asked.form.plan())
    except Invalid as error:
        context = {**asked.context(), "problem": error.message}
        return render(request, "generation/batches/ask.html", context, status=error.status)
    request.session[PROVIDER] = batch.provider
    return redirect("batches:show", brand.slug, batch.pk)

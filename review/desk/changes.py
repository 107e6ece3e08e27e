"""Asking for changes: the next picture, filled in from this one."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods

from brandkit.accounts.models import Brand, User
from brandkit.accounts.policy import Act
from brandkit.common.errors import Conflict, Invalid
from brandkit.common.numbers import row_number
from brandkit.web.pages import HtmxRequest, brand_page
from generation.models import Generation
from generation.provider import get_provider, price_of
from generation.selectors import FormatChoice, formats_of
from generation.services import changed, prompt_after
from generation.wish import LONGEST_CHANGE, MOST_CHANGES, MOST_VARIATIONS
from review import reasons
from review.changes import ask_for_changes, carried, lines_for, place_of, there_already, usual_variation
from review.claiming import require_judge, who_was_faster
from review.desk.page import address, carry
from review.models import Reason, Review
from review.showing import find
from review.wanted import Wanted
from templates_app.models import OutputFormat, SceneVersion
from templates_app.rendering import has_changes
from templates_app.services import approved_scenes


@dataclass(frozen=True)
class Form:
    """What somebody has filled in so far, over what the picture itself gives.

    given: as the form or an address sends it. Rubbish in it counts as not sent.
    """

    review: Review
    by: User
    given: QueryDict

    @property
    def parent(self) -> Generation:
        return self.review.output.generation

    @cached_property
    def offered(self) -> list[Reason]:
        return reasons.offered(self.review.brand)

    @cached_property
    def chosen(self) -> list[str]:
        """Codes of the reasons."""
        codes = set(self.given.getlist("reason"))
        return [reason.code for reason in self.offered if reason.code in codes]

    @property
    def note(self) -> str:
        return self.given.get("note", "")

    @cached_property
    def worked_out(self) -> list[str]:
        """The lines that reasons, note and pins make."""
        return lines_for(self.review, [each for each in self.offered if each.code in self.chosen], self.note)

    @cached_property
    def lines(self) -> list[str]:
        """The same, as the person has edited them."""
        if "changes" not in self.given:
            return self.worked_out
        before = self.given.get("before", "").splitlines()
        return carried(self.given.get("changes", "").splitlines(), before, self.worked_out)

    @property
    def words(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)

    @property
    def before(self) -> str:
        """What the next form is to take for worked out."""
        return "\n".join(self.worked_out)

    @cached_property
    def scenes(self) -> list[SceneVersion]:
        """The newest version of each, and the picture's own while it may be used."""
        newest, own = list(approved_scenes(self.review.brand)), self.parent.scene_version
        usable = own.state == SceneVersion.State.APPROVED and own not in newest
        return [own, *newest] if usable else newest

    @cached_property
    def formats(self) -> list[FormatChoice]:
        return formats_of(self.review.brand, get_provider(self.parent.provider))

    @cached_property
    def scene(self) -> SceneVersion | None:
        """The chosen one; at first the picture's own, or the version that has taken its place."""
        own, pk = self.parent.scene_version, row_number(self.given.get("scene", ""))
        by_number = {each.pk: each for each in self.scenes}
        heir = next((each for each in self.scenes if each.scene_id == own.scene_id), None)
        return by_number.get(pk or own.pk) or heir

    @cached_property
    def format(self) -> OutputFormat | None:
        pk = row_number(self.given.get("format", "")) or self.parent.output_format_id
        found = (each.format for each in self.formats if each.format.pk == pk and not each.why_not)
        return next(found, None)

    @property
    def variation(self) -> int | None:
        return row_number(self.given.get("variation", ""))

    def told(self) -> list[str]:
        """What can't stay as it was, a sentence each."""
        own, wanted = self.parent.scene_version, self.parent.output_format
        words = []
        if own not in self.scenes:
            then = f"v{self.scene.number} takes its place" if self.scene else "choose another one"
            words.append(f"The scene “{own.scene}” v{own.number} is retired; {then}.")
        if not wanted.active:
            words.append(f"The format “{wanted.name}” is switched off; choose another one.")
        prompt = prompt_after(self.parent.prompt_version)
        if prompt != self.parent.prompt_version:
            words.append(f"The prompt {self.parent.prompt_version} is retired; v{prompt.number} is used.")
        if not get_provider(self.parent.provider).uses_prompt:
            words.append("Its provider reads no prompts: only another scene or format changes the picture.")
        return words

    def look(self) -> dict[str, Any]:
        """The picture as it would be asked for, or why it can't be."""
        try:
            return self._look()
        except Invalid as error:
            return {"problem": error.message}

    def _look(self) -> dict[str, Any]:
        if self.scene is None or self.format is None:
            raise Invalid("Choose a scene and a format.")
        things: dict[str, Any] = {
            "parent": self.parent,
            "by": self.by,
            "changes": self.lines,
            "scene_version": self.scene,
            "output_format": self.format,
        }
        number = self.variation or usual_variation(**things)
        row = changed(**things, variation=number)
        priced = price_of(get_provider(row.provider), size=row.size, pictures=2) is not None
        return {
            "row": row,
            "there": there_already(row),
            "price": row.price if priced else None,
            "own_words": has_changes(row.prompt_version.text),
        }


@require_http_methods(["GET", "HEAD", "POST"])
@brand_page(Act.REVIEW)
def changes(request: HtmxRequest, brand: Brand, pk: int) -> HttpResponse:
    """The form, filled in from the picture; posted, it shows how things stand (`do=look`) or asks for it."""
    review = find(brand, pk)
    require_judge(review, request.user)
    form = Form(review, request.user, request.POST if request.method == "POST" else _begun(request.GET))
    if not review.is_undecided:
        return _too_late(request, who_was_faster(review, request.user))
    if request.method != "POST" or form.given.get("do") != "ask":
        return _page(request, form)
    try:
        return _ask(request, form)
    except Invalid as error:
        return _page(request, form, refused=error.message, status=error.status)
    except Conflict as error:
        return _too_late(request, error)


def _begun(query: QueryDict) -> QueryDict:
    """What an address fills in: not the desk's filters, which have names like our fields."""
    given = QueryDict(mutable=True)
    for name in ("reason", "note"):
        given.setlist(name, query.getlist(name))
    return given


def _ask(request: HtmxRequest, form: Form) -> HttpResponse:
    """On to the next picture, where the verdict can be undone for some seconds."""
    if not form.chosen:
        raise Invalid("Choose at least one reason.")
    look = form.look()
    if "row" not in look:
        raise Invalid(look["problem"])
    row: Generation = look["row"]
    decision = ask_for_changes(
        review=form.review,
        by=form.by,
        reasons=form.chosen,
        note=form.note,
        scene_version=row.scene_version,
        output_format=row.output_format,
        variation=row.variation,
        changes=form.lines,
    )
    if decision.asked and decision.asked.state == Generation.State.SUCCEEDED:
        messages.info(request, "That very picture is there already; nothing is made or paid for again.")
    return redirect(address("desk", request.brand, wanted=Wanted.of(request.GET)))


def _too_late(request: HtmxRequest, error: Conflict) -> HttpResponse:
    messages.error(request, error.message)
    return redirect(address("desk", request.brand, wanted=Wanted.of(request.GET)))


def _page(request: HtmxRequest, form: Form, *, refused: str = "", status: int = 200) -> HttpResponse:
    """Of htmx the parts that follow from the fields; the lines only where they are not being written."""
    pins = [(pin, place_of(pin.x, pin.y)) for pin in form.review.pins.filter(resolved_at=None)]
    context = {
        "review": form.review,
        "generation": form.parent,
        "output": form.review.output,
        "form": form,
        "look": form.look(),
        "pins": pins,
        "refused": refused,
        "carry": carry(Wanted.of(request.GET)),
        "most": MOST_CHANGES,
        "longest": LONGEST_CHANGE,
        "variations": MOST_VARIATIONS,
        "with_lines": request.htmx and request.htmx.trigger == "why",
    }
    if request.htmx and not request.htmx.boosted:
        return render(request, "review/partials/changes_parts.html", context)
    told: dict[str, Any]
    try:
        told = {"told": form.told(), "formats": form.formats}
    except Invalid as error:
        told = {"told": [error.message], "formats": []}
    return render(request, "review/changes.html", context | told, status=status)


urlpatterns: list[URLPattern] = [
    path("review/<int:pk>/changes", changes, name="changes"),
]

"""Where a picture came from, input by input, and in what two pictures differ."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.db.models import Q
from django.urls import reverse

from brandkit.accounts.models import User
from brandkit.common.models import Event
from generation.models import Generation
from review.models import Reason, Review, Verdict

WORDS = {
    "generation.queued": "Put back, to be tried again",
    "generation.running": "A worker took it",
    "generation.succeeded": "The picture came",
    "generation.refused": "The provider refused",
    "generation.failed": "Failed",
    "generation.cancelled": "Cancelled",
    "review.waiting": "Waits for review",
    "review.claimed": "Taken to be looked at",
    "review.approved": "Approved",
    "review.rejected": "Rejected",
    "review.changes_requested": "Changes wanted",
    "review.undone": "Undone",
    "review.not_published": "Could not be published",
    "review.published": "Published",
    "review.recalled": "Taken back",
    "pin.added": "Pin put",
    "pin.edited": "Pin edited",
    "pin.deleted": "Pin deleted",
    "pin.resolved": "Pin resolved",
    "pin.reopened": "Pin opened again",
}
VERDICTS = {f"review.{verdict}" for verdict in (Verdict.APPROVED, Verdict.REJECTED, Verdict.CHANGES)}


@dataclass(frozen=True, kw_only=True)
class Input:
    """One thing that went into a picture. Equal words mean an equal thing.

    href: where it can be seen. whole: a text or a data structure, to be shown as it is.
    """

    label: str
    words: str
    href: str = ""
    whole: bool = False


@dataclass(frozen=True)
class Happened:
    """One event, in words. names: of the brand's reasons by code, of people by number."""

    event: Event
    names: Mapping[str | int, str]

    @property
    def words(self) -> str:
        """What was done."""
        kind, data = self.event.kind, self.event.data
        if kind == "generation.queued" and self.event.actor:
            return "Asked for"
        if undone := data.get("undone"):
            return f"Undone: {WORDS[f'review.{undone}'].lower()}"
        if kind == "review.waiting" and data.get("from"):
            put_back = "Put back" if self.event.actor else "Let go of: nobody looked at it any more"
            return _first_approval(self.event) or put_back
        if taken_from := data.get("taken_from"):
            return f"Taken over from {self.names[taken_from]}"
        return WORDS.get(kind) or kind.replace(".", ": ").replace("_", " ")

    @property
    def detail(self) -> str:
        """What was said with it: reasons, note, why a verdict took another's place; the words of a pin."""
        data = self.event.data
        if self.event.kind.startswith("pin."):
            return f"“{data['words']}”"
        codes = [*data.get("reasons", ()), *filter(None, [data.get("reason")])]  # one only, in old events
        parts = [", ".join(self.names.get(code, code) for code in codes)]
        parts += [f"“{note}”" for note in [data.get("note")] if note]
        parts += [f"in place of another verdict: “{why}”" for why in [data.get("why")] if why]
        return "; ".join(filter(None, parts))


def inputs(generation: Generation) -> list[Input]:
    """Everything that decides what a picture looks like, in the order of the house."""
    return [*_ours(generation), *_sent(generation)]


def _ours(generation: Generation) -> list[Input]:
    brand, subject, scene = generation.brand.slug, generation.subject, generation.scene_version
    wanted, prompt = generation.output_format, generation.prompt_version
    photo = f"{subject.original_width} × {subject.original_height}"
    return [
        Input(
            label="Subject",
            words=f"{subject.name}, SKU {subject.sku}" if subject.sku else subject.name,
            href=f"{reverse('review:library', args=[brand])}?subject={subject.slug}",
        ),
        Input(
            label="Subject photo",
            words=f"{photo}, {_hash(subject.original_sha256)}",
            href=reverse("studio:subject-file", args=[brand, subject.pk, "normal"]),
        ),
        Input(
            label="Cut-out",
            words=_hash(subject.cutout_sha256),
            href=reverse("studio:subject-file", args=[brand, subject.pk, "cutout"]),
        ),
        Input(
            label="Further photos",
            words=", ".join(_hash(each.sha256) for each in generation.references.all()) or "None",
        ),
        Input(
            label="Scene",
            words=f"{scene}, {_hash(scene.sha256)}",
            href=reverse("studio:scene-file", args=[brand, scene.pk, "picture"]),
        ),
        Input(label="Prompt", words=str(prompt), href="#prompt"),
        Input(label="Rendered text", words=generation.prompt, whole=True),
        Input(label="Variables", words=_data(generation.variables), whole=True),
        Input(label="Format", words=f"{wanted}, {wanted.get_file_type_display()}"),
    ]


def _sent(generation: Generation) -> list[Input]:
    output = getattr(generation, "output", None)
    version = output.attempt.model_version if output else ""
    return [
        Input(label="Made at", words=f"{generation.ratio}, {generation.size}"),
        Input(label="Variation", words=str(generation.variation)),
        Input(label="Provider", words=generation.provider),
        Input(label="Model", words=f"{generation.model} ({version})" if version else generation.model),
        Input(label="Parameters", words=_data(generation.parameters), whole=True),
    ]


def compare(one: Generation, two: Generation) -> tuple[list[tuple[Input, Input]], list[str]]:
    """The inputs that differ, in pairs, and the names of those that are the same."""
    pairs = list(zip(inputs(one), inputs(two), strict=True))
    differ = [(a, b) for a, b in pairs if a.words != b.words]
    return differ, [a.label for a, b in pairs if a.words == b.words]


def trail(review: Review) -> list[Happened]:
    """What happened to a picture from the wish to its end, oldest first."""
    output = review.output
    rows = [output.generation, output, review]
    about = [Q(object_type=row._meta.label_lower, object_id=row.pk) for row in rows]
    events = Event.objects.filter(about[0] | about[1] | about[2]).select_related("actor").order_by("id")
    told = _without_doubles(list(events))
    names = _names(review, told)
    return [Happened(event, names) for event in told]


def _names(review: Review, events: list[Event]) -> dict[str | int, str]:
    """What its events name by code or number."""
    names: dict[str | int, str] = {}
    if any(event.data.get("reasons") or event.data.get("reason") for event in events):
        names |= dict(Reason.objects.filter(brand=review.brand).values_list("code", "words"))
    if people := {number for event in events if (number := event.data.get("taken_from"))}:
        names |= {user.pk: str(user) for user in User.objects.filter(pk__in=people)}
    return names


def _first_approval(event: Event) -> str:
    """In words; empty where it is another event."""
    return "Approved, the first of two" if event.data.get("approval") else ""


def _without_doubles(events: list[Event]) -> list[Event]:
    """A claim right before its own verdict says nothing, unless it was taken from somebody."""
    hidden = {
        a.pk
        for a, b in pairwise(events)
        if a.kind == "review.claimed"
        and (b.kind in VERDICTS or _first_approval(b))
        and a.actor == b.actor
        and "taken_from" not in a.data
    }
    return [event for event in events if event.pk not in hidden]


def _data(value: Any) -> str:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) if value else ""


def _hash(sha256: str) -> str:
    return f"sha256 {sha256[:16]}"

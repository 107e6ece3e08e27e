"""One wanted picture before it is asked for: its prompt in full, and the hash that tells it from others."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from django.db import models

from brandkit.accounts.models import Brand, User
from brandkit.common.errors import Invalid
from brandkit.common.storage import digest
from generation.models import Generation, Reference, Subject
from generation.providers.base import Provider
from templates_app.grammar import MAX_ITEMS, is_text
from templates_app.models import OutputFormat, PromptVersion, SceneVersion
from templates_app.rendering import render

MOST_VARIATIONS = 1000
"""So many pictures of the same things can be asked for."""

MOST_CHANGES = MAX_ITEMS
LONGEST_CHANGE = 300
"""Characters."""

PLAINLY = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
"""Writes equal parts equally: what is hashed."""

SHOWN: Mapping[str, str] = {
    Reference.Shows.ANGLE: "another side of it",
    Reference.Shows.DETAIL: "a detail of it close up",
    Reference.Shows.PERSON: "a person",
}
"""A further photo, as a prompt speaks of it after the thing's name."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What all pictures of one request share.

    variables: over the prompt's own usual values. references: by a subject's number, the further photos of it
    that are sent, in order. parent: the picture that it is wanted instead of, with these changes.
    """

    brand: Brand
    by: User | None
    prompt: PromptVersion
    provider: Provider
    variation: int
    variables: Mapping[str, Any]
    references: Mapping[int, Sequence[Reference]] = field(default_factory=dict)
    parent: Generation | None = None
    changes: Sequence[str] = ()

    def row(self, subject: Subject, scene: SceneVersion, output_format: OutputFormat) -> Generation:
        """The Generation as it would be, not saved.

        Raises Invalid where the prompt can't be rendered, or the provider can't be asked with all this.
        """
        values = self._values(subject, scene, output_format)
        row = Generation(
            brand=self.brand,
            subject=subject,
            scene_version=scene,
            prompt_version=self.prompt,
            output_format=output_format,
            variation=self.variation,
            provider=self.provider.alias,
            model=self.provider.model,
            ratio=output_format.ratio,
            size=output_format.size,
            variables=values["vars"],
            prompt=render(self.prompt.text, values=values, changes=self.changes),
            requested_by=self.by,
            parent=self.parent,
            changes=list(self.changes),
        )
        references = self.references.get(subject.pk, ())
        self._check_sendable(row, references)
        row.price = self.provider.price(size=row.size, pictures=2 + len(references))
        row.wish = wish_of(row, references)
        return row

    def _check_sendable(self, row: Generation, references: Sequence[Reference]) -> None:
        """So many pictures at once, and so long a prompt. The scene is no thing that must stay the same."""
        people = sum(each.shows == Reference.Shows.PERSON for each in references)
        words = self.provider.why_not_from(
            pictures=2 + len(references),
            objects=1 + len(references) - people,
            people=people,
            prompt=row.prompt,
        )
        if words:
            raise Invalid(f"“{row.subject.name}” can't be asked for: {words}")

    def _values(self, subject: Subject, scene: SceneVersion, output_format: OutputFormat) -> dict[str, Any]:
        """All that a prompt may speak of: plain values only."""
        return {
            "brand": {"name": self.brand.name},
            "subject": {
                "name": subject.name,
                "sku": subject.sku,
                "further": further(self.references.get(subject.pk, ())),
            },
            "scene": {"name": scene.scene.name, "description": scene.scene.description},
            "format": {
                "name": output_format.name,
                "width": output_format.width,
                "height": output_format.height,
                "ratio": output_format.ratio,
            },
            "vars": self._own,
        }

    @cached_property
    def _own(self) -> dict[str, Any]:
        return self.own_values()

    def own_values(self) -> dict[str, Any]:
        """The given values over the prompt's usual ones. One whose usual value is null has to be given.

        Raises Invalid for a variable that the prompt does not have.
        """
        usual = self.prompt.variables
        unknown = sorted(set(self.variables) - set(usual))
        if unknown:
            known = ", ".join(usual) or "none"
            raise Invalid(f"This prompt has no variable “{unknown[0]}”. Its variables: {known}.")
        return {name: value for name, value in {**usual, **self.variables}.items() if value is not None}


def checked_variation(number: int) -> int:
    """The same number. Raises Invalid where no variation has it."""
    if not 1 <= number <= MOST_VARIATIONS:
        raise Invalid(f"A variation is a number from 1 to {MOST_VARIATIONS}.")
    return number


def checked_changes(lines: Iterable[str]) -> list[str]:
    """What should be different: a line each, without space around it, none twice. Raises Invalid."""
    changes = list(dict.fromkeys(" ".join(line.split()) for line in lines if line.strip()))
    if not changes:
        raise Invalid("Say in a line or more what should be different.")
    if len(changes) > MOST_CHANGES:
        raise Invalid(f"At most {MOST_CHANGES} changes can be asked for; these are {len(changes)}.")
    if long := next((line for line in changes if len(line) > LONGEST_CHANGE), ""):
        raise Invalid(f"A change has at most {LONGEST_CHANGE} characters; “{long[:40]}…” has {len(long)}.")
    if not all(is_text(line) for line in changes):
        raise Invalid("A change is plain text; this one holds characters that can't be kept.")
    return changes


def further(references: Sequence[Reference]) -> str:
    """What the pictures after subject and scene show, for a prompt to say."""
    return " ".join(
        f"Image {number} shows {SHOWN[each.shows]}." for number, each in enumerate(references, start=3)
    )


def wish_of(generation: Generation, references: Sequence[Reference] = ()) -> str:
    """The hash, in hex, of all that would make it another picture: the same hash is the same wish.

    Photo and scene count by their bytes and the slot's numbers, the prompt by its rendered text: a version
    that changes none of these asks for nothing new. The format counts because a Generation names just one.
    Without further photos it is what it was before there were any.
    """
    subject, scene = generation.subject, generation.scene_version
    parts: dict[str, Any] = {
        "subject": [subject.original_sha256, subject.normal_sha256, subject.cutout_sha256],
        "scene": [scene.sha256, _numbers(scene)],
        "prompt": generation.prompt,
        "provider": [generation.provider, generation.model, generation.parameters],
        "format": [generation.output_format_id, generation.ratio, generation.size],
        "variation": generation.variation,
    }
    if references:
        parts["references"] = [reference.sha256 for reference in references]
    return hash_of(parts)


def hash_of(parts: Mapping[str, Any]) -> str:
    """In hex; the same parts give the same."""
    return digest(PLAINLY.encode(parts).encode())


def _numbers(scene: SceneVersion) -> dict[str, float]:
    """The numbers that a curator gives a scene: all of them are its slot, its ground and its light."""
    return {name: float(getattr(scene, name)) for name in _names_of_numbers()}


@cache
def _names_of_numbers() -> list[str]:
    fields = SceneVersion._meta.concrete_fields
    return [field.attname for field in fields if isinstance(field, models.FloatField)]

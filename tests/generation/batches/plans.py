"""Batches for tests: a few things in a scene or several, small enough to count by hand."""

from collections.abc import Sequence
from typing import Any

from brandkit.accounts.models import Brand
from generation.batches import asking
from generation.batches.plans import Line, Plan
from generation.models import Batch, BatchProgress, Generation, Subject
from generation.provider import get_provider
from templates_app.models import SceneVersion
from tests.factories import make_format, make_prompt, make_scene, make_subject

State = Generation.State


def lines_of(
    brand: Brand, things: Sequence[Subject] | int, *, scenes: Sequence[SceneVersion] | int = 1, **fields: Any
) -> list[Line]:
    """A line for each thing; the scenes differ in their slot, so that each makes another picture."""
    subjects = [make_subject(brand) for _ in range(things)] if isinstance(things, int) else things
    if isinstance(scenes, int):
        scenes = [make_scene(brand, ground=0.5 + number / 100) for number in range(scenes)]
    given = {"scenes": scenes, "formats": [make_format(brand)], **fields}
    return [Line(number=number, subject=each, **given) for number, each in enumerate(subjects, start=1)]


def plan_of(brand: Brand, lines: Sequence[Line] | int = 2, **fields: Any) -> Plan:
    """By the operator unless told."""
    given: dict[str, Any] = {"by": None, "name": "Spring", **fields}
    return Plan(
        brand=brand,
        prompt_version=given.pop("prompt_version", None) or make_prompt(brand),
        provider=get_provider(given.pop("provider", "compositor")),
        lines=lines_of(brand, lines) if isinstance(lines, int) else lines,
        **given,
    )


def asked(brand: Brand, lines: Sequence[Line] | int = 2, **fields: Any) -> Batch:
    """A batch that was started; its first chunk is written."""
    return as_is(asking.ask(plan_of(brand, lines, **fields)))


def as_is(batch: Batch) -> Batch:
    """As it stands in the database now."""
    return Batch.objects.select_related("progress", "brand").get(pk=batch.pk)


def pictures(batch: Batch) -> list[Generation]:
    """All that it holds, in the order in which it asked for them."""
    return [item.generation for item in batch.items.select_related("generation").order_by("pk")]


def set_state(state: str, *rows: Generation, **fields: Any) -> None:
    """As workers would, one move after the other: its batches count it."""
    for row in rows:
        row.refresh_from_db()
        if row.state == State.QUEUED and state != State.CANCELLED:
            row.move(State.RUNNING)
        if state != State.RUNNING:
            row.move(state, **fields)


def counted(batch: Batch) -> dict[str, int]:
    """Its counts by state that are not zero."""
    row = BatchProgress.objects.get(batch=batch)
    return {state: getattr(row, state) for state in State.values if getattr(row, state)}


def truly(batch: Batch) -> dict[str, int]:
    """The same, counted one by one."""
    states = [row.state for row in pictures(batch)]
    return {state: states.count(state) for state in State.values if state in states}

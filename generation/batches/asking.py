"""Asking for many pictures together: a plan is written down as a batch, then started or thrown away."""

import secrets
from collections.abc import Iterable
from pathlib import PurePath
from typing import IO

from django.db import transaction
from django.utils import timezone

from brandkit.accounts.models import Brand, User
from brandkit.accounts.policy import Act, require
from brandkit.common.errors import Conflict, Invalid, NotFound
from brandkit.common.models import record
from brandkit.common.storage import NewFiles, private_store
from generation.batches.filling import fill_some
from generation.batches.plans import Line, Plan, Wishes
from generation.models import Batch, BatchChore, BatchItem, BatchLine, BatchProgress, Priority
from generation.provider import get_provider
from generation.usable import check_format, check_makeable, check_prompt, check_scene
from generation.wish import checked_variation
from templates_app.models import OutputFormat, PromptVersion, SceneVersion

State = Batch.State
MOST_LINES = 100_000
MOST_PICTURES = 1_000_000
"""Of one batch."""
AT_ONCE = 1000
Content = bytes | IO[bytes]


def draft(plan: Plan, *, source: Content | None = None, photos: Content | None = None) -> Batch:
    """Write the plan down, with nothing asked for yet. source: the imported file; photos: its zip.

    Raises Invalid (with what to do), NotFound for another brand's things, NotAllowed, StorageFailed; then
    neither a row nor a file is left.
    """
    _check(plan)
    place = f"brands/{plan.brand.pk}/batches/{secrets.token_hex(8)}"
    with NewFiles(private_store(), place) as kept:
        files = {
            "source": kept.add(f"source{PurePath(plan.source_name).suffix[:8]}", source) if source else "",
            "photos": kept.add("photos.zip", photos) if photos else "",
        }
        batch = _write(plan, files)
        kept.stay()
    return batch


def start(batch: Batch, by: User | None) -> None:
    """Ask for its pictures: the first at once, the others in small steps by the workers.

    Raises Invalid where nothing of it can be made, NotAllowed, NotFound, and Conflict where it was started.
    """
    _allow(by, batch.brand)
    get_provider(batch.provider)
    check_prompt(batch.prompt_version)
    if not batch.progress.lines:
        raise Invalid("Nothing of this can be made: every line has a problem. Mend the file and import it.")
    with transaction.atomic():
        batch.move(State.FILLING, actor=by, started_at=timezone.now())
        BatchChore.objects.create(batch=batch, kind=BatchChore.Kind.FILL, asked_by=by)
    fill_some(batch, photos=False)


def ask(plan: Plan) -> Batch:
    """Write it down and start it. Raises as `draft` and `start` do."""
    if not any(line.pictures for line in plan.lines):
        raise Invalid("Choose at least one photo, one scene and one format.")
    batch = draft(plan)
    start(batch, plan.by)
    return batch


def discard(batch: Batch, by: User | None) -> None:
    """Throw away a draft, its files too. Raises Conflict where it was started, NotAllowed, NotFound."""
    _allow(by, batch.brand)
    files = [file.name for file in (batch.source, batch.photos) if file.name]
    with transaction.atomic():
        if Batch.objects.select_for_update().filter(pk=batch.pk, state=State.DRAFT).first() is None:
            raise Conflict("This batch was started already: it can be cancelled, not thrown away.")
        record("batch.discarded", batch, actor=by, name=batch.name)
        for model in (BatchItem, BatchChore, BatchLine, BatchProgress):
            # One DELETE each: a hundred thousand lines are not fetched to be deleted.
            model.objects.filter(batch=batch)._raw_delete(model.objects.db)
        Batch.objects.filter(pk=batch.pk).delete()
    for name in files:
        private_store().delete(name)


def _write(plan: Plan, files: dict[str, str]) -> Batch:
    good = [line for line in plan.lines if not line.problem]
    pictures = sum(line.pictures for line in good)
    with transaction.atomic():
        batch = Batch.objects.create(
            brand=plan.brand,
            name=plan.name,
            prompt_version=plan.prompt_version,
            provider=plan.provider.alias,
            variables=dict(plan.variables),
            scenes=list({scene.pk: None for line in plan.lines for scene in line.scenes}),
            priority=plan.priority,
            requested_by=plan.by,
            source_name=plan.source_name[:200],
            **files,
        )
        BatchLine.objects.bulk_create((_row(batch, line) for line in plan.lines), batch_size=AT_ONCE)
        BatchProgress.objects.create(
            batch=batch, lines=len(good), problems=len(plan.lines) - len(good), wanted=pictures
        )
        record("batch.draft", batch, actor=plan.by, lines=len(plan.lines), pictures=pictures)
    return batch


def _row(batch: Batch, line: Line) -> BatchLine:
    return BatchLine(
        batch=batch,
        number=line.number,
        sku=line.sku,
        name=line.name,
        photo=line.photo,
        subject=line.subject,
        scenes=[scene.pk for scene in line.scenes],
        formats=[each.pk for each in line.formats],
        variations=line.variations,
        priority=line.priority,
        cells=dict(line.cells),
        problem=line.problem,
    )


def _check(plan: Plan) -> None:
    _allow(plan.by, plan.brand)
    if not plan.name.strip() or len(plan.name) > 120:
        raise Invalid("Give the batch a name of at most 120 characters.")
    if plan.priority not in Priority.values:
        raise Invalid(f"A priority is one of: {', '.join(map(str, Priority.values))}.")
    if not plan.lines:
        raise Invalid("Choose at least one photo, one scene and one format.")
    if len(plan.lines) > MOST_LINES:
        raise Invalid(f"A batch has at most {MOST_LINES:,} lines. Split it into several.")
    if sum(line.pictures for line in plan.lines) > MOST_PICTURES:
        raise Invalid(f"A batch has at most {MOST_PICTURES:,} pictures. Split it into several.")
    _check_lines(plan.lines)
    _check_things(plan)


def _check_lines(lines: Iterable[Line]) -> None:
    numbers: set[int] = set()
    for line in lines:
        if line.number in numbers:
            raise Invalid(f"There are two lines {line.number}.")
        numbers.add(line.number)
        if line.problem:
            continue
        if not (line.subject or line.photo) or not line.scenes or not line.formats:
            raise Invalid(f"Line {line.number} needs a photo, a scene and a format.")
        checked_variation(line.variations)
        if line.priority not in Priority.values:
            raise Invalid(f"The priority of line {line.number} is none of {Priority.values}.")


def _check_things(plan: Plan) -> None:
    """Each once, however many lines name it."""
    good = [line for line in plan.lines if not line.problem]
    scenes: dict[int, SceneVersion] = {each.pk: each for line in good for each in line.scenes}
    formats: dict[int, OutputFormat] = {each.pk: each for line in good for each in line.formats}
    subjects = {line.subject.brand_id for line in good if line.subject}
    things: list[SceneVersion | OutputFormat | PromptVersion] = [
        *scenes.values(),
        *formats.values(),
        plan.prompt_version,
    ]
    if {thing.brand_id for thing in things} | subjects != {plan.brand.pk}:
        raise NotFound
    for scene in scenes.values():
        check_scene(scene)
    check_prompt(plan.prompt_version)
    for each in formats.values():
        check_format(each)
    check_makeable(plan.provider, formats.values())
    Wishes(plan).check()


def _allow(by: User | None, brand: Brand) -> None:
    if by:
        require(by, Act.REQUEST, brand)

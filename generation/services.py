"""What people ask for: pictures, and that they be made again or not at all."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import product
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from brandkit.accounts.models import Brand, User
from brandkit.accounts.policy import Act, require
from brandkit.common.errors import Invalid, NotFound
from generation.batches.lanes import take_over
from generation.models import Batch, Generation, Reference, Subject
from generation.provider import get_provider
from generation.providers.base import Provider
from generation.queueing import get_or_add, put_back, take_out
from generation.references import sent_by
from generation.usable import check_makeable, check_prompt, check_usable
from generation.wish import Wish, checked_changes, checked_variation
from templates_app.models import OutputFormat, PromptVersion, SceneVersion
from templates_app.services import approved_prompts


def request(
    *,
    brand: Brand,
    by: User | None,
    subject: Subject,
    scene_version: SceneVersion,
    prompt_version: PromptVersion,
    output_format: OutputFormat,
    variation: int = 1,
    provider: str = "",
    variables: Mapping[str, Any] | None = None,
    parent: Generation | None = None,
    changes: Sequence[str] = (),
    send: bool = True,
) -> tuple[Generation, bool]:
    """Ask for one picture; the bool says whether nobody had asked for it before.

    The same wish again is the same Generation; one that ended without a picture is queued again.
    by: None in the operator's shell. provider: an alias; "" is the usual one. variables: over the prompt's
    own usual values. parent, changes: those of a picture that a reviewer wanted, where it is asked for once
    more. send: False where the caller runs it itself.
    Raises Invalid (with what to do), NotFound for another brand's things, NotAllowed.
    """
    _check(brand, by, [subject], [scene_version], prompt_version, [output_format])
    model = _provider(provider, [output_format])
    wish = Wish(
        brand=brand,
        by=by,
        prompt=prompt_version,
        provider=model,
        variation=checked_variation(variation),
        variables=variables or {},
        references=sent_by(model, [subject]),
        parent=parent,
        changes=changes,
    )
    wanted = [wish.row(subject, scene_version, output_format)]
    [answer] = add_all(wanted, brand=brand, by=by, references=wish.references, send=send)
    return answer


def request_grid(
    *,
    brand: Brand,
    by: User | None,
    subjects: Sequence[Subject],
    scene_versions: Sequence[SceneVersion],
    prompt_version: PromptVersion,
    output_formats: Sequence[OutputFormat],
    variation: int = 1,
    provider: str = "",
    variables: Mapping[str, Any] | None = None,
) -> list[Generation]:
    """Ask for every subject in every scene for every format: for all or, where one can't be, for none.

    The answers come in that order, the formats of a scene side by side. Otherwise as `request`.
    """
    _check(brand, by, subjects, scene_versions, prompt_version, output_formats)
    model = _provider(provider, output_formats)
    wish = Wish(
        brand=brand,
        by=by,
        prompt=prompt_version,
        provider=model,
        variation=checked_variation(variation),
        variables=variables or {},
        references=sent_by(model, subjects),
    )
    wanted = [wish.row(*each) for each in product(subjects, scene_versions, output_formats)]
    answers = add_all(wanted, brand=brand, by=by, references=wish.references)
    return [generation for generation, _ in answers]


def request_changed(
    *,
    parent: Generation,
    by: User,
    changes: Sequence[str],
    scene_version: SceneVersion,
    output_format: OutputFormat,
    variation: int,
    not_before: datetime,
) -> tuple[Generation, bool]:
    """Ask for another picture instead of `parent`; the bool says whether nobody had asked for it before.

    Subject, provider and variables stay, and the prompt too where it may still be used: see `prompt_after`.
    It is asked for in the name of whoever wanted the parent, so that `by` may judge what comes. Nothing is
    called, nor paid, before `not_before`; cancelled until then, the money set aside is free again.
    changes: what should be different, at most 20 lines of 300 characters.
    Raises as `request`, and Invalid where it would be the parent itself.
    """
    wanted, references = _changed(parent, by, changes, scene_version, output_format, variation)
    wanted.retry_at = not_before
    brand = parent.brand
    with transaction.atomic():
        [answer] = add_all([wanted], brand=brand, by=by, references=references)
        generation, _ = answer
        if generation.pk == parent.pk:
            raise Invalid("This asks for the very same picture. Change a line, or take another variation.")
        if generation.retry_at == not_before:  # also where it was cancelled, and had another parent then
            generation.parent, generation.changes = parent, wanted.changes
            generation.save(update_fields=["parent", "changes"])
    return answer


def changed(
    *,
    parent: Generation,
    by: User,
    changes: Sequence[str],
    scene_version: SceneVersion,
    output_format: OutputFormat,
    variation: int,
) -> Generation:
    """The picture that `request_changed` would ask for, not saved. Raises as it does."""
    return _changed(parent, by, changes, scene_version, output_format, variation)[0]


def prompt_after(prompt: PromptVersion) -> PromptVersion:
    """The version to go on with: the same as long as it may be used, else the prompt's newest approved one.

    Raises Invalid where there is none.
    """
    if prompt.state == PromptVersion.State.RETIRED:
        newer = approved_prompts(prompt.brand).filter(template=prompt.template_id).first()
        prompt = newer or prompt
    check_prompt(prompt)
    return prompt


def _changed(
    parent: Generation,
    by: User,
    changes: Sequence[str],
    scene: SceneVersion,
    output_format: OutputFormat,
    variation: int,
) -> tuple[Generation, Mapping[int, Sequence[Reference]]]:
    """The row as it would be, and the further photos that are sent with it."""
    prompt = prompt_after(parent.prompt_version)
    _check(parent.brand, by, [parent.subject], [scene], prompt, [output_format])
    model = _provider(parent.provider, [output_format])
    wish = Wish(
        brand=parent.brand,
        by=parent.requested_by,
        prompt=prompt,
        provider=model,
        variation=checked_variation(variation),
        variables={name: value for name, value in parent.variables.items() if name in prompt.variables},
        references=sent_by(model, [parent.subject]),
        parent=parent,
        changes=checked_changes(changes),
    )
    return wish.row(parent.subject, scene, output_format), wish.references


def cancel(*, generation: Generation, by: User | None) -> None:
    """Take a waiting one out of the queue. Raises Conflict where it is in work or has ended."""
    _allow(by, generation.brand)
    take_out(generation, by)


def retry(*, generation: Generation, by: User | None, send: bool = True) -> None:
    """Queue again what was refused, failed or cancelled. Raises Conflict, and Invalid as `request` does."""
    _allow(by, generation.brand)
    check_usable(generation.scene_version, generation.prompt_version, generation.output_format)
    put_back(generation, by, send=send)


def _allow(by: User | None, brand: Brand) -> None:
    if by:
        require(by, Act.REQUEST, brand)


def _check(
    brand: Brand,
    by: User | None,
    subjects: Sequence[Subject],
    scenes: Sequence[SceneVersion],
    prompt: PromptVersion,
    formats: Sequence[OutputFormat],
) -> None:
    _allow(by, brand)
    if not (subjects and scenes and formats):
        raise Invalid("Choose at least one photo, one scene and one format.")
    things: list[Subject | SceneVersion | PromptVersion | OutputFormat] = [
        *subjects,
        *scenes,
        prompt,
        *formats,
    ]
    if any(thing.brand_id != brand.pk for thing in things):
        raise NotFound
    for scene, output_format in product(scenes, formats):
        check_usable(scene, prompt, output_format)


def _provider(alias: str, formats: Sequence[OutputFormat]) -> Provider:
    provider = get_provider(alias or settings.BRANDKIT_PROVIDER)
    check_makeable(provider, formats)
    return provider


def add_all(
    wanted: Sequence[Generation],
    *,
    brand: Brand,
    by: User | None,
    references: Mapping[int, Sequence[Reference]],
    lane: Batch | None = None,
    send: bool = True,
) -> list[tuple[Generation, bool]]:
    """The row of each wish, and whether it is new; with a new one goes what it is to be made from.

    references: by a subject's number, what is sent beside it. lane: the batch in whose turn they are made;
    None for a person's single wishes. What was there is locked until the transaction ends.
    """
    with transaction.atomic():
        rows = Generation.objects.all() if lane else _rows()
        answers = get_or_add(wanted, among=rows, brand=brand, by=by, send=send)
        take_over([generation for generation, new in answers if not new], lane)
        fixed = Generation.references.through
        fixed.objects.bulk_create(
            fixed(generation=generation, reference=reference)
            for generation in {generation for generation, new in answers if new}
            for reference in references.get(generation.subject_id, ())
        )
    return answers


def _rows() -> QuerySet[Generation]:
    """With what is shown of an answer."""
    return Generation.objects.select_related(
        "subject", "scene_version__scene", "prompt_version__template", "output_format"
    )

"""What people ask for: pictures, and that they be made again or not at all."""

from collections.abc import Mapping, Sequence
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
from generation.usable import check_makeable, check_usable
from generation.wish import Wish, checked_variation
from templates_app.models import OutputFormat, PromptVersion, SceneVersion


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
    send: bool = True,
) -> tuple[Generation, bool]:
    """Ask for one picture; the bool says whether nobody had asked for it before.

    The same wish again is the same Generation; one that ended without a picture is queued again.
    by: None in the operator's shell. provider: an alias; "" is the usual one. variables: over the prompt's
    own usual values. send: False where the caller runs it itself.
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

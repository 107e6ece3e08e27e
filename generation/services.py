"""What people ask for: pictures, and that they be made again or not at all."""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import product
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from brandkit.accounts.models import Brand, User
from brandkit.accounts.policy import Act, require
from brandkit.common.errors import Conflict, Invalid, NotFound
from brandkit.common.models import record
from generation import tasks
from generation.models import Generation, Subject
from generation.provider import get_provider, why_not
from generation.providers.base import Provider
from generation.wish import MOST_VARIATIONS, Wish
from templates_app.frozen import Version
from templates_app.models import OutputFormat, PromptVersion, SceneVersion

State = Generation.State
AGAIN = frozenset({State.REFUSED, State.FAILED, State.CANCELLED})
"""Ended without a picture: asked for once more, it is queued once more."""


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
    wish = Wish(
        brand=brand,
        by=by,
        prompt=prompt_version,
        provider=_provider(provider, [output_format]),
        variation=_variation(variation),
        variables=variables or {},
    )
    [answer] = _get_or_add(brand, by, [wish.row(subject, scene_version, output_format)], send=send)
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
    wish = Wish(
        brand=brand,
        by=by,
        prompt=prompt_version,
        provider=_provider(provider, output_formats),
        variation=_variation(variation),
        variables=variables or {},
    )
    wanted = [wish.row(*each) for each in product(subjects, scene_versions, output_formats)]
    return [generation for generation, _ in _get_or_add(brand, by, wanted)]


def cancel(*, generation: Generation, by: User | None) -> None:
    """Take a waiting one out of the queue. Raises Conflict where it is in work or has ended."""
    _allow(by, generation.brand)
    if generation.state == State.RUNNING:
        raise Conflict("This picture is being made already; it can't be cancelled any more.")
    generation.move(State.CANCELLED, actor=by, ended_at=timezone.now(), retry_at=None)


def retry(*, generation: Generation, by: User | None, send: bool = True) -> None:
    """Queue again what was refused, failed or cancelled. Raises Conflict, and Invalid as `request` does."""
    _allow(by, generation.brand)
    _check_usable(generation.scene_version, generation.prompt_version, generation.output_format)
    if generation.state not in AGAIN:
        raise Conflict(f"Only what ended without a picture is made again; this one is {generation.state}.")
    with transaction.atomic():
        _queue_again(generation, by)
        if send:
            _send([generation])


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
        _check_usable(scene, prompt, output_format)


def _check_usable(scene: SceneVersion, prompt: PromptVersion, output_format: OutputFormat) -> None:
    _check_approved(f"scene “{scene.scene.name}” v{scene.number}", scene)
    _check_approved(f"prompt “{prompt.template.name}” v{prompt.number}", prompt)
    if not output_format.active:
        raise Invalid(f"The format “{output_format.name}” is switched off. Choose another one.")


def _check_approved(words: str, version: Version) -> None:
    if version.state == Version.State.RETIRED:
        raise Invalid(f"The {words} is retired. Choose another one.")
    if version.state != Version.State.APPROVED:
        raise Invalid(f"The {words} is only a draft. A curator has to approve it first.")


def _provider(alias: str, formats: Sequence[OutputFormat]) -> Provider:
    provider = get_provider(alias or settings.BRANDKIT_PROVIDER)
    for output_format in formats:
        words = why_not(provider, output_format)
        if words:
            raise Invalid(f"The format “{output_format.name}” can't be made: {words}")
    return provider


def _variation(number: int) -> int:
    if not 1 <= number <= MOST_VARIATIONS:
        raise Invalid(f"A variation is a number from 1 to {MOST_VARIATIONS}.")
    return number


def _get_or_add(
    brand: Brand, by: User | None, wanted: Sequence[Generation], *, send: bool = True
) -> list[tuple[Generation, bool]]:
    """The row of each wish, and whether it is new. What is new, or is asked for again, is queued and sent."""
    with transaction.atomic():
        brand.lock()
        known = _known(brand, wanted)
        again = [generation for generation in known.values() if generation.state in AGAIN]
        for generation in again:
            _queue_again(generation, by)
        new = {generation.wish: generation for generation in wanted if generation.wish not in known}
        for generation in Generation.objects.bulk_create(new.values()):
            record("generation.queued", generation, actor=by)
        if send:
            _send([*new.values(), *again])
    rows = known | new
    return [(rows[generation.wish], generation.wish in new) for generation in wanted]


def _known(brand: Brand, wanted: Sequence[Generation]) -> dict[str, Generation]:
    rows = Generation.objects.filter(brand=brand, wish__in={generation.wish for generation in wanted})
    rows = rows.select_related("subject", "scene_version__scene", "prompt_version__template", "output_format")
    return {generation.wish: generation for generation in rows}


def _queue_again(generation: Generation, by: User | None) -> None:
    generation.move(
        State.QUEUED,
        actor=by,
        data={"asked": "again"},
        asked_again_by=by,
        tries=0,
        retry_at=None,
        started_at=None,
        ended_at=None,
        failure_code="",
        failure_words="",
    )


def _send(generations: Sequence[Generation]) -> None:
    for generation in generations:
        transaction.on_commit(partial(tasks.dispatch, generation.NOUN, generation.pk))

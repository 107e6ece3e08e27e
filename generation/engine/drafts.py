"""From a model's picture of a scene to the draft version that a curator looks over."""

from typing import IO, Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import Truncator

from brandkit.accounts.models import User
from brandkit.accounts.policy import Act, may
from brandkit.common.errors import NotAllowed
from generation.engine.claims import Claim
from generation.imaging.answer import LIMITS as ANSWER
from generation.imaging.decode import Limits, Photo, open_file
from generation.models import SceneDraft
from generation.prepared import Stored
from generation.providers.base import PictureRequest
from templates_app.models import SceneVersion
from templates_app.services import content_fields, new_scene_version

LIMITS = Limits(bytes=ANSWER.bytes)
NOTE = 300
"""Characters of a version's note."""


def outline(draft: SceneDraft) -> PictureRequest:
    """What is asked for, before the picture of the version that is restyled has been read."""
    return PictureRequest(
        prompt=draft.prompt,
        scene=_stored(draft.restyled) if draft.restyled else None,
        ratio=draft.ratio,
        size=draft.size,
        seed=draft.seed,
        parameters=draft.parameters,
    )


def open_scene(file: IO[bytes], *, size: int) -> Photo:
    """As an uploaded scene's picture is opened: upright, sRGB, at most 3072 px a side. Raises Unreadable."""
    return open_file(file, size=size, limits=LIMITS)


def succeed_with_version(claim: Claim, draft: SceneDraft, picture: Photo) -> None:
    """The version and the success, or neither. Raises LostClaim, StorageFailed, NotAllowed."""
    by = _curator(draft)
    with transaction.atomic():
        claim.move(SceneDraft.State.SUCCEEDED, fetched="", received=draft.fetched, ended_at=timezone.now())
        draft.version = new_scene_version(
            scene=draft.scene, picture=picture, by=by, note=note(draft), **_place(draft.restyled)
        )
        draft.save(update_fields=["version"])


def note(draft: SceneDraft) -> str:
    """How the version was made, as it tells of itself."""
    base = draft.restyled
    how = f"Restyled from v{base.number} by" if base else "Drafted by"
    return Truncator(f"{how} {draft.model}: “{draft.prompt}”").chars(NOTE)


def _stored(base: SceneVersion) -> Stored:
    return Stored(role="scene", file=base.picture, sha256=base.sha256, width=base.width, height=base.height)


def _curator(draft: SceneDraft) -> User:
    """Whose draft it becomes. Raises NotAllowed where they no longer curate; the bytes are kept then."""
    by = draft.asked_again_by or draft.requested_by
    if by and may(by, Act.CURATE, draft.brand):
        return by
    raise NotAllowed(
        f"The picture came, but {by or 'nobody'} may not curate this brand any more. "
        "Another curator who tries again gets it without paying again."
    )


def _place(base: SceneVersion | None) -> dict[str, Any]:
    """The slot and the light of the version that was restyled."""
    return {name: getattr(base, name) for name in content_fields(base) if name != "note"} if base else {}

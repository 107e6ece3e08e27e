"""From rows to what a provider is sent, each picture checked against its recorded hash."""

from collections.abc import Iterable
from typing import Any

from django.db.models.fields.files import FieldFile

from brandkit.common.errors import BrandkitError
from brandkit.common.storage import digest
from generation.imaging.sniff import HEAD, sniff
from generation.models import Generation, Work
from generation.providers.base import Picture, PictureRequest


class InputChanged(BrandkitError):
    """A picture is no longer in the store as it was when it was taken in. Upload it again."""

    code = "input_changed"


def picture_request(work: Work) -> PictureRequest:
    """Read the pictures and put the request together. Raises InputChanged."""
    if not isinstance(work, Generation):
        raise NotImplementedError
    generation = work
    subject, scene = generation.subject, generation.scene_version
    pixels = (subject.width, subject.height)
    return PictureRequest(
        prompt=generation.prompt,
        subject=_picture("subject", subject.normal, subject.normal_sha256, *pixels),
        cutout=_picture("cutout", subject.cutout, subject.cutout_sha256, *pixels),
        scene=_picture("scene", scene.picture, scene.sha256, scene.width, scene.height),
        slot=scene.slot,
        ratio=generation.ratio,
        size=generation.size,
        seed=generation.seed,
        parameters=generation.parameters,
    )


def what_is_sent(pictures: Iterable[Picture]) -> list[dict[str, Any]]:
    """Pictures by hash, as an Attempt keeps them."""
    return [
        {
            "role": picture.role,
            "sha256": picture.sha256,
            "media_type": picture.media_type,
            "width": picture.width,
            "height": picture.height,
            "bytes": len(picture.data),
        }
        for picture in pictures
    ]


def _picture(role: str, file: FieldFile, sha256: str, width: int, height: int) -> Picture:
    try:
        with file.open("rb") as opened:
            data = opened.read()
    except FileNotFoundError:
        data = b""
    if digest(data) != sha256:
        raise InputChanged(f"The {role}'s picture is no longer in the store as it was. Upload it again.")
    media_type = sniff(data[:HEAD]).media_type or "application/octet-stream"
    return Picture(role=role, data=data, media_type=media_type, width=width, height=height, sha256=sha256)

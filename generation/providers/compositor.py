"""The embedded provider: sets the subject's own pixels into the scene. Offline, free, repeatable."""

from collections.abc import Callable
from io import BytesIO
from typing import BinaryIO, ClassVar

import numpy as np
from PIL import Image, UnidentifiedImageError

from generation.imaging import files
from generation.imaging.arrays import U8
from generation.imaging.composite import NothingToPlace, composite
from generation.providers.base import (
    Failed,
    Finding,
    Job,
    Made,
    Picture,
    PictureRequest,
    Provider,
    Result,
)


class Compositor(Provider):
    """No model and no network: the cut-out stands in the slot, lit and shadowed as the slot says."""

    name = "Compositor"
    model = "compositor-1"
    uses_prompt: ClassVar[bool] = False
    computes: ClassVar[bool] = True

    def sends(self, request: PictureRequest) -> tuple[Picture, ...]:
        return tuple(picture for picture in (request.cutout, request.scene) if picture)

    def make(self, request: PictureRequest, sink: BinaryIO, job: Job) -> Result:
        """Set the cut-out into the scene and write a PNG."""
        if not (request.cutout and request.scene and request.slot):
            raise ValueError("the compositor needs a cut-out, a scene and a slot.")
        try:
            cutout, scene = _pixels(request.cutout, "RGBA"), _pixels(request.scene, "RGB")
        except (UnidentifiedImageError, OSError) as error:
            return Failed(code="unreadable", words=f"A stored picture can't be read: {error}", step="decode")
        try:
            made = composite(
                scene=scene, cutout=cutout, slot=request.slot, width=request.width, height=request.height
            )
        except NothingToPlace:
            words = "The cut-out is empty: no subject was found. Try a photo with a plainer background."
            return Failed(code="empty_cutout", words=words, step="composite")
        sink.write(files.png(made.rgb))
        return Made(model_version=self.model, subject_box=made.subject_box, notes=made.notes)

    def probe(self, tell: Callable[[Finding], None]) -> None:
        tell(Finding(what="host", works=True, words="Pictures are computed here; nobody is asked."))


def _pixels(picture: Picture, mode: str) -> U8:
    with Image.open(BytesIO(picture.data), formats=["JPEG", "PNG", "WEBP"]) as opened:
        return np.array(opened if opened.mode == mode else opened.convert(mode))

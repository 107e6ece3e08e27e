"""From rows to what a provider is sent, each picture checked against its recorded hash."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, cast

from django.db.models.fields.files import FieldFile

from generation.engine.drafts import outline as draft_outline
from generation.models import Generation, Reference, SceneDraft, Subject, Work
from generation.prepared import Stored, prepared
from generation.provider import get_provider
from generation.providers.base import Picture, PictureRequest, Provider
from templates_app.models import SceneVersion


def picture_request(work: Work) -> PictureRequest:
    """Read the pictures and put the request together. Raises InputChanged, NotPrepared."""
    outline = draft_outline(work) if isinstance(work, SceneDraft) else _outline(cast(Generation, work))
    return with_pictures(outline, brand_id=work.brand_id, provider=get_provider(work.provider))


def with_pictures(outline: PictureRequest, *, brand_id: int, provider: Provider) -> PictureRequest:
    """The same with the bytes of those pictures that the provider sends; the others are left out.

    Raises InputChanged, NotPrepared.
    """
    sent = provider.sends(outline)

    def read(picture: Picture | None) -> Picture | None:
        if not isinstance(picture, Stored) or picture not in sent:
            return None
        return prepared(picture, brand_id=brand_id, provider=provider)

    return replace(
        outline,
        subject=read(outline.subject),
        cutout=read(outline.cutout),
        scene=read(outline.scene),
        references=tuple(picture for picture in map(read, outline.references) if picture),
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


def _outline(generation: Generation) -> PictureRequest:
    """The request before any picture has been read."""
    subject, scene = generation.subject, generation.scene_version
    return PictureRequest(
        prompt=generation.prompt,
        subject=_stored("subject", subject.normal, subject.normal_sha256, subject),
        cutout=_stored("cutout", subject.cutout, subject.cutout_sha256, subject),
        scene=_stored("scene", scene.picture, scene.sha256, scene),
        references=tuple(
            _stored("reference", reference.picture, reference.sha256, reference)
            for reference in generation.references.order_by("pk")
        ),
        slot=scene.slot,
        ratio=generation.ratio,
        size=generation.size,
        seed=generation.seed,
        parameters=generation.parameters,
    )


def _stored(role: str, file: FieldFile, sha256: str, row: Subject | SceneVersion | Reference) -> Stored:
    return Stored(role=role, file=file, sha256=sha256, width=row.width, height=row.height)

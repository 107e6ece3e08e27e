"""Small rows for tests: each call makes a new one, with real (tiny) pictures in the stores."""

import io
from collections.abc import Sequence
from itertools import count
from typing import Any, TypeVar

import numpy as np
from django.utils import timezone
from PIL import Image

from brandkit.accounts.models import Brand, Membership, Role, User
from brandkit.common.storage import digest, keep, private_store
from generation.models import (
    Attempt,
    Batch,
    BatchItem,
    BatchLine,
    BatchProgress,
    Generation,
    Output,
    Reference,
    Subject,
)
from templates_app.frozen import Version
from templates_app.models import OutputFormat, PromptTemplate, PromptVersion, SceneTemplate, SceneVersion

_number = count(1)
V = TypeVar("V", bound=Version)


def make_brand(**fields: Any) -> Brand:
    n = next(_number)
    return Brand.objects.create(**{"slug": f"brand-{n}", "name": f"Brand {n}", **fields})


def make_user(brand: Brand | None = None, role: Role = Role.DESIGNER, **fields: Any) -> User:
    """A person with the password "pass-word-1"; a member of `brand` where one is given."""
    user = User.objects.create_user(
        **{"username": f"person-{next(_number)}", "password": "pass-word-1", **fields}
    )
    if brand:
        Membership.objects.create(brand=brand, user=user, role=role)
    return user


def picture_bytes(width: int = 64, height: int = 64, colour: str = "tan", kind: str = "PNG") -> bytes:
    """An even picture with one dark disc, so that it is not blank."""
    image = np.asarray(Image.new("RGB", (width, height), colour)).copy()
    y, x = np.mgrid[:height, :width]
    image[(x - width / 2) ** 2 + (y - height / 2) ** 2 < (min(width, height) / 4) ** 2] = (40, 60, 120)
    out = io.BytesIO()
    Image.fromarray(image).save(out, kind)
    return out.getvalue()


def cutout_bytes(width: int = 64, height: int = 64) -> bytes:
    """An RGBA picture: a disc on nothing."""
    y, x = np.mgrid[:height, :width]
    rgba = np.zeros((height, width, 4), np.uint8)
    rgba[..., :3] = (40, 60, 120)
    rgba[..., 3] = 255 * ((x - width / 2) ** 2 + (y - height / 2) ** 2 < (min(width, height) / 4) ** 2)
    out = io.BytesIO()
    Image.fromarray(rgba).save(out, "PNG")
    return out.getvalue()


def stored(name: str, data: bytes) -> str:
    return keep(private_store(), f"tests/{next(_number)}-{name}", data)


def make_format(brand: Brand, **fields: Any) -> OutputFormat:
    n = next(_number)
    given = {
        "slug": f"format-{n}",
        "name": f"Format {n}",
        "width": 256,
        "height": 256,
        "ratio": "1:1",
        "size": "1K",
    }
    return OutputFormat.objects.create(brand=brand, **{**given, **fields})


def make_scene(brand: Brand, *, state: str = "approved", slug: str = "", **fields: Any) -> SceneVersion:
    """A scene with one version, 256 x 256."""
    slug = slug or f"scene-{next(_number)}"
    data = picture_bytes(256, 256, "slategray")
    scene = SceneTemplate.objects.create(brand=brand, slug=slug, name=slug.title())
    version = SceneVersion(
        scene=scene,
        number=1,
        picture=stored("scene.png", data),
        thumbnail=stored("scene-thumb.png", data),
        sha256=digest(data),
        media_type="image/png",
        **fields,
    )
    version.save()
    return set_state(version, state)


def make_prompt(brand: Brand, *, state: str = "approved", text: str = "", **fields: Any) -> PromptVersion:
    n = next(_number)
    template = PromptTemplate.objects.create(brand=brand, slug=f"prompt-{n}", name=f"Prompt {n}")
    version = PromptVersion(template=template, number=1, text=text or "Set {{ subject.name }} in.", **fields)
    version.save()
    return set_state(version, state)


def set_state(version: V, state: str) -> V:
    """Past the freeze, as only a test may."""
    type(version)._base_manager.filter(pk=version.pk).update(state=state)
    version.refresh_from_db()
    return version


def make_subject(brand: Brand, **fields: Any) -> Subject:
    n = next(_number)
    photo, cutout = picture_bytes(), cutout_bytes()
    given = {
        "name": f"Subject {n}",
        "slug": f"subject-{n}",
        "original": stored("original.png", photo),
        "original_sha256": f"{n:064x}",
        "original_type": "image/png",
        "original_width": 64,
        "original_height": 64,
        "normal": stored("normal.png", photo),
        "normal_sha256": digest(photo),
        "cutout": stored("cutout.png", cutout),
        "cutout_sha256": digest(cutout),
        "thumbnail": stored("thumb.png", photo),
        "width": 64,
        "height": 64,
        "box": [0.25, 0.25, 0.75, 0.75],
        "confidence": 0.9,
    }
    return Subject.objects.create(brand=brand, **{**given, **fields})


def make_generation(brand: Brand, *, by: User | None = None, **fields: Any) -> Generation:
    given: dict[str, Any] = {
        "subject": fields.get("subject") or make_subject(brand),
        "scene_version": fields.get("scene_version") or make_scene(brand),
        "prompt_version": fields.get("prompt_version") or make_prompt(brand),
        "output_format": fields.get("output_format") or make_format(brand),
        "provider": "compositor",
        "model": "compositor-1",
        "ratio": "1:1",
        "size": "1K",
        "prompt": "Set it in.",
        "wish": f"{next(_number):064x}",
        "requested_by": by,
    }
    return Generation.objects.create(brand=brand, **{**given, **fields})


def make_output(generation: Generation, **fields: Any) -> Output:
    """A finished picture, 1024 x 1024, of a generation that has succeeded. Opens no review."""
    data = picture_bytes(1024, 1024)
    attempt = Attempt.objects.create(
        brand=generation.brand,
        generation=generation,
        number=generation.attempts.count() + 1,
        provider=generation.provider,
        model=generation.model,
        outcome=Attempt.Outcome.PICTURE,
        started_at=timezone.now(),
        cost=0,
    )
    Generation.objects.filter(pk=generation.pk).update(state=Generation.State.SUCCEEDED)
    generation.refresh_from_db()
    given: dict[str, Any] = {
        "picture": stored("output.png", data),
        "sha256": digest(data),
        "media_type": "image/png",
        "width": 1024,
        "height": 1024,
        "bytes": len(data),
        "preview": stored("preview.png", data),
        "thumbnail": stored("thumb.png", data),
        "subject_box": [0.25, 0.25, 0.75, 0.75],
    }
    return Output.objects.create(
        brand=generation.brand, generation=generation, attempt=attempt, **{**given, **fields}
    )


def make_reference(subject: Subject, *, shows: str = "angle", data: bytes = b"", **fields: Any) -> Reference:
    """A further photo of `subject`, 64 x 64; no two have the same colour."""
    n = next(_number)
    data = data or picture_bytes(colour=f"hsl({n * 7 % 360}, 50%, {40 + n % 30}%)")
    given = {
        "shows": shows,
        "original_sha256": f"{n:064x}",
        "picture": stored("reference.png", data),
        "sha256": digest(data),
        "thumbnail": stored("reference-thumb.png", data),
        "width": 64,
        "height": 64,
    }
    return Reference.objects.create(subject=subject, **{**given, **fields})


def make_batch(brand: Brand, *, by: User | None = None, **fields: Any) -> Batch:
    """A batch of no line yet, under way, with its progress."""
    given: dict[str, Any] = {
        "name": f"Batch {next(_number)}",
        "prompt_version": fields.get("prompt_version") or make_prompt(brand),
        "provider": "compositor",
        "requested_by": by,
        "state": Batch.State.RUNNING,
        "started_at": timezone.now(),
    }
    batch = Batch.objects.create(brand=brand, **{**given, **fields})
    BatchProgress.objects.create(batch=batch)
    return batch


def add_line(batch: Batch, pictures: Sequence[Generation] = (), **fields: Any) -> BatchLine:
    """One more line of `batch` with these pictures in it, counted in its progress. They share a subject."""
    scenes = list(dict.fromkeys(each.scene_version_id for each in pictures))
    given: dict[str, Any] = {
        "number": batch.lines.count() + 1,
        "subject": pictures[0].subject if pictures else None,
        "scenes": scenes,
        "formats": list(dict.fromkeys(each.output_format_id for each in pictures)),
        "filled_at": timezone.now() if pictures else None,
    }
    line = BatchLine.objects.create(batch=batch, **{**given, **fields})
    BatchItem.objects.bulk_create(
        BatchItem(batch=batch, line=line, generation=each, new=True) for each in pictures
    )
    Generation.objects.filter(pk__in=[each.pk for each in pictures]).update(batch=batch)
    batch.scenes = list(dict.fromkeys([*batch.scenes, *line.scenes]))
    batch.save(update_fields=["scenes"])
    progress = batch.progress
    for each in pictures:
        setattr(progress, each.state, getattr(progress, each.state) + 1)
    if line.problem:
        progress.problems += 1
    else:
        progress.lines, progress.wanted = progress.lines + 1, progress.wanted + line.pictures
    progress.filled += line.filled_at is not None
    progress.save()
    return line

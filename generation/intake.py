"""From an uploaded photo to a Subject: opened, cut out, judged, kept."""

import hashlib
import os
import re
import secrets
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from brandkit.accounts.models import Brand, User
from brandkit.accounts.policy import Act, require
from brandkit.common.errors import Invalid
from brandkit.common.models import record
from brandkit.common.storage import NewFiles, digest, private_store
from generation.imaging import files
from generation.imaging.advice import Advice, advise
from generation.imaging.cutout import Cutout, cut_out, from_alpha
from generation.imaging.decode import Photo, Unreadable, open_photo
from generation.models import Subject

ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/heic": "heic"}
NAME_LENGTH, SKU_LENGTH, SLUG_LENGTH = 120, 60, 60

# Cutting out takes a core and some hundred megabytes: more at once would only be slower.
_turns = threading.BoundedSemaphore(len(os.sched_getaffinity(0)))


class PhotoRefused(Invalid):
    """This photo can't be used.

    step: where it failed: size, type, structure, header or decode. found: what was found, as far as it came.
    """

    code = "photo_refused"

    def __init__(self, message: str, *, step: str, found: Mapping[str, int | str]) -> None:
        super().__init__(message)
        self.step = step
        self.found = dict(found)


def take_in(
    *, brand: Brand, by: User | None, file: Path, file_name: str = "", name: str = "", sku: str = ""
) -> tuple[Subject, bool]:
    """Make the photo in `file` a Subject of `brand`; the bool says whether it is a new one.

    The same bytes in one brand are the same Subject, whatever they are called. by: None in the operator's
    shell. file_name: what it is called where it comes from. Raises PhotoRefused, Invalid (name or SKU too
    long), NotAllowed, NotFound, StorageFailed; then neither a row nor a file is left.
    """
    if by:
        require(by, Act.REQUEST, brand)
    words = {"name": _name(name, file_name or file.name), "sku": _sku(sku)}
    known = _known(brand, sha256_of(file))
    if known:
        return known, False
    photo = opened(file)
    cutout = _cut(photo)
    # A place of its own for each try: of two with the same bytes, the one who comes late clears only its own.
    place = f"brands/{brand.pk}/subjects/{photo.sha256}/{secrets.token_hex(4)}"
    with NewFiles(private_store(), place) as kept:
        fields = _pictures(kept, file, photo, cutout)
        subject = Subject(brand=brand, created_by=by, **words, **fields, **_facts(photo, cutout))
        added = _add(subject)
        if added is subject:
            kept.stay()
    return added, added is subject


def _known(brand: Brand, sha256: str) -> Subject | None:
    return Subject.objects.filter(brand=brand, original_sha256=sha256).first()


def sha256_of(file: Path) -> str:
    """In hex."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def opened(file: Path) -> Photo:
    """An uploaded photo, decoded apart. Raises PhotoRefused."""
    try:
        return open_photo(file)
    except Unreadable as error:
        raise PhotoRefused(str(error), step=error.step, found=error.found) from error


def _cut(photo: Photo) -> Cutout:
    if photo.alpha is not None:
        return from_alpha(photo.rgb, photo.alpha)
    with _turns:
        return cut_out(photo.rgb)


def _pictures(kept: NewFiles, file: Path, photo: Photo, cutout: Cutout) -> dict[str, str]:
    """Store the four pictures; their names and hashes as the row wants them."""
    see_through = files.png(cutout.rgba)
    with file.open("rb") as original:
        return {
            "original": kept.add(f"original.{ENDINGS[photo.media_type]}", original),
            "original_sha256": photo.sha256,
            "normal": kept.add("normal.jpg", photo.jpeg),
            "normal_sha256": digest(photo.jpeg),
            "cutout": kept.add("cutout.png", see_through),
            "cutout_sha256": digest(see_through),
            "thumbnail": kept.add("thumbnail.webp", photo.thumbnail),
        }


def _facts(photo: Photo, cutout: Cutout) -> dict[str, Any]:
    return {
        "original_type": photo.media_type,
        "original_width": photo.original_width,
        "original_height": photo.original_height,
        "width": photo.width,
        "height": photo.height,
        "box": cutout.box.as_tuple(),
        "confidence": cutout.confidence,
        "advice": [{"code": advice.code, "words": advice.words} for advice in _advice(photo, cutout)],
    }


def _advice(photo: Photo, cutout: Cutout) -> tuple[Advice, ...]:
    return advise(photo.rgb, cutout, original=(photo.original_width, photo.original_height))


def _add(subject: Subject) -> Subject:
    """Add the row, or give the one that somebody else added from the same bytes meanwhile."""
    with transaction.atomic():
        subject.brand.lock()
        twin = _known(subject.brand, subject.original_sha256)
        if twin:
            return twin
        subject.slug = _free_slug(subject)
        subject.save(force_insert=True)
        record("subject.added", subject, actor=subject.created_by, sha256=subject.original_sha256)
    return subject


def _free_slug(subject: Subject) -> str:
    """From SKU or name; the second of the same slug gets a 2 behind it, and so on."""
    base = slugify(subject.sku or subject.name)[: SLUG_LENGTH - 6].strip("-_") or "subject"
    taken = set(
        Subject.objects.filter(brand=subject.brand, slug__startswith=base).values_list("slug", flat=True)
    )
    number, slug = 1, base
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug


def _sku(sku: str) -> str:
    sku = _printable(sku)
    if len(sku) > SKU_LENGTH:
        raise Invalid(f"This SKU has {len(sku)} characters. It may have {SKU_LENGTH}.")
    return sku


def _name(name: str, file_name: str) -> str:
    name = _printable(name)
    if len(name) > NAME_LENGTH:
        raise Invalid(f"This name has {len(name)} characters. It may have {NAME_LENGTH}.")
    return name or name_from(file_name)


def name_from(file_name: str) -> str:
    """A name for people: "yellow-banana_2.png" is "Yellow banana 2"; a camera's own ("IMG_2034") stays."""
    base = re.split(r"[/\\]", _printable(file_name))[-1]
    stem = re.sub(r"\.[^.]*$", "", base)
    if re.search("[a-z]", stem):
        stem = re.sub(r"[-_+\s]+", " ", stem).strip()
        stem = stem[:1].upper() + stem[1:]
    return stem[:NAME_LENGTH].strip() or "Photo"


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable()).strip()

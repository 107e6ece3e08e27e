"""Stored pictures as a provider takes them: as they are, or made to fit once for all calls."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models.fields.files import FieldFile

from brandkit.common.errors import BrandkitError
from brandkit.common.storage import digest, keep, private_store
from generation.imaging.fitting import fit_within
from generation.imaging.sniff import HEAD, JPEG, sniff
from generation.imaging.unreadable import Unreadable
from generation.models import PreparedPicture
from generation.providers.base import Picture, Provider


class InputChanged(BrandkitError):
    """A picture is no longer in the store as it was when it was taken in. Upload it again."""

    code = "input_changed"


class NotPrepared(BrandkitError):
    """A picture can't be made small enough for the provider. Upload a smaller one."""

    code = "input_not_prepared"


@dataclass(frozen=True, kw_only=True)
class Stored(Picture):
    """A picture of which only the row has been read yet. sha256 is of the bytes that `file` should hold."""

    data: bytes = field(default=b"", repr=False)
    media_type: str = ""
    file: FieldFile


def prepared(stored: Stored, *, brand_id: int, provider: Provider) -> Picture:
    """The picture with its bytes, within the provider's limits. Raises InputChanged, NotPrepared.

    What is computed on this machine has no vendor's limits: it gets the very bytes that are stored.
    """
    data = _bytes(stored.file)
    if digest(data) != stored.sha256:
        raise InputChanged(
            f"The {stored.role}'s picture is no longer in the store as it was. Upload it again."
        )
    original = Picture(
        role=stored.role,
        data=data,
        media_type=sniff(data[:HEAD]).media_type or "application/octet-stream",
        width=stored.width,
        height=stored.height,
        sha256=stored.sha256,
    )
    if provider.computes or _fits(original, provider):
        return original
    return _made_to_fit(original, brand_id, provider)


def _fits(picture: Picture, provider: Provider) -> bool:
    return (
        picture.media_type in provider.input_types
        and len(picture.data) <= provider.most_input_bytes
        and max(picture.width, picture.height) <= provider.most_input_side
    )


def _made_to_fit(original: Picture, brand_id: int, provider: Provider) -> Picture:
    """The one that an earlier call or another worker has made, or a new one. All vendors take JPEG."""
    limits = {"most_bytes": provider.most_input_bytes, "most_side": provider.most_input_side}
    key: dict[str, Any] = {"brand_id": brand_id, "source_sha256": original.sha256, **limits}
    row = PreparedPicture.objects.filter(**key).first()
    data = _bytes(row.picture) if row else b""
    if row is None or digest(data) != row.sha256:
        row, data = _make(original, key, provider)
    return Picture(
        role=original.role,
        data=data,
        media_type=JPEG,
        width=row.width,
        height=row.height,
        sha256=row.sha256,
    )


def _make(original: Picture, key: dict[str, Any], provider: Provider) -> tuple[PreparedPicture, bytes]:
    """Two at once make the same bytes under the same name: one row and one file stay."""
    try:
        fitted = fit_within(
            original.data, most_bytes=provider.most_input_bytes, most_side=provider.most_input_side
        )
    except Unreadable as error:
        words = f"The {original.role}'s picture can't be made small enough for {provider.name}: {error}"
        raise NotPrepared(f"{words} Upload another one.") from error
    sha256 = digest(fitted.jpeg)
    name = keep(private_store(), f"brands/{key['brand_id']}/prepared/{sha256}.jpg", fitted.jpeg)
    facts = {"picture": name, "sha256": sha256, "width": fitted.width, "height": fitted.height}
    row, _ = PreparedPicture.objects.update_or_create(**key, defaults=facts)
    return row, fitted.jpeg


def _bytes(file: FieldFile) -> bytes:
    """What the store has; nothing where it has lost it."""
    try:
        with file.storage.open(str(file)) as opened:
            return bytes(opened.read())
    except FileNotFoundError:
        return b""

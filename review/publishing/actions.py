"""Publish and take back: check, act, log. Pages, the API and the shell all come through here."""

import logging
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from shutil import copyfileobj
from typing import Any
from uuid import uuid4

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from brandkit.accounts.models import User
from brandkit.accounts.policy import Act, require
from brandkit.common.errors import BrandkitError, Conflict, StorageFailed
from brandkit.common.models import record
from brandkit.common.storage import NewFiles, digest, keep, private_store, public_store
from generation.imaging import files
from generation.imaging.decode import Limits, Unreadable, open_photo
from generation.imaging.slot import Box
from generation.models import Output
from review.models import Asset, AssetVersion, Rendition, Review
from review.publishing.renditions import MEDIA_TYPES, Unfit, cut, encode, window
from templates_app.models import OutputFormat

logger = logging.getLogger(__name__)
State = Review.State

# An output is ours or a provider's, and may be larger than a photo that people upload.
LIMITS = Limits(bytes=200 * 2**20, long_side=Limits.side)
AGAIN_AFTER = timedelta(minutes=5)
AT_ONCE = 5
"""So many are published a second: other chores wait for them."""


@dataclass(frozen=True)
class Made:
    """A rendition before it is anywhere."""

    data: bytes
    thumbnail: bytes
    output_format: OutputFormat

    @cached_property
    def sha256(self) -> str:
        return digest(self.data)

    @property
    def key(self) -> str:
        return self.sha256[:16]


def require_fit(review: Review) -> None:
    """Raises Unfit where this picture can't be published in its format. Costs no look at the picture."""
    output, wanted = review.output, review.output.generation.output_format
    window((output.width, output.height), (wanted.width, wanted.height), _subject(output))


def why_unfit(review: Review) -> str:
    """One sentence why this picture can't be published in its format; empty where it can."""
    try:
        require_fit(review)
    except Unfit as error:
        return error.message
    return ""


def publish(*, review: Review, by: User) -> AssetVersion:
    """Give an approved picture its public address.

    Raises NotAllowed, Conflict where it is not approved, published already or can still be undone, Unfit,
    StorageFailed: the review stays approved then, and nothing of it is public.
    """
    require(by, Act.REVIEW, review.brand)
    review.refresh_from_db(fields=["state", "retry_at"])
    if review.state == State.APPROVED and review.decisions.filter(undo_until__gt=timezone.now()).exists():
        raise Conflict("It is published in some seconds: until then, its approval can be undone.")
    return _publish(review, by)


def publish_or_note(*, review: Review, by: User) -> AssetVersion | None:
    """What an approval by `by` leads to: publish; where that fails keep the reason, and when to try again."""
    try:
        return _publish(review, by)
    except BrandkitError as error:
        logger.warning("review %s could not be published: %s", review.pk, error)
        _note(review, error)
        return None


def _publish(review: Review, by: User) -> AssetVersion:
    if review.state != State.APPROVED:
        words = review.get_state_display().lower()
        raise Conflict(f"This picture is {words}; only an approved one can be published.")
    made = _make(review.output)
    asset = _asset(review.output)
    name = f"assets/{review.brand.slug}/{asset.name}.{made.key}.{made.output_format.file_type}"
    with NewFiles(private_store(), f"renditions/{uuid4().hex}") as private:
        thumbnail = private.add("thumbnail.webp", made.thumbnail)
        try:
            keep(public_store(), name, made.data)
            with transaction.atomic():
                version = _published(review, by, asset, made, (name, thumbnail))
        except BaseException:
            _discard(asset.pk, name)
            raise
        private.stay()
    return version


def unpublish(*, version: AssetVersion, by: User) -> None:
    """Take a version back: both of its addresses answer 410 from now on, and its files are deleted.

    A file that can't be deleted now is deleted by the next sweep; no address leads to it any more.
    Raises NotAllowed, and Conflict where it has been taken back already.
    """
    require(by, Act.REVIEW, version.review.brand)
    take_back(version, by)
    delete_files(version)


def take_back(version: AssetVersion, by: User, **why: Any) -> None:
    """The rows' part of it. why: for the trail. Raises Conflict where it has been taken back already."""
    told = {"asset": version.asset.name, "version": version.number, **why}
    with transaction.atomic():
        version.review.move(State.RECALLED, actor=by, data=told)
        changes = {"recalled_at": timezone.now(), "recalled_by": by}
        AssetVersion.objects.filter(pk=version.pk).update(**changes)
        Asset.objects.filter(current=version).update(taken_back=True)
    version.refresh_from_db()


def delete_files(version: AssetVersion) -> None:
    """The files' part of it, after its transaction."""
    for rendition in version.renditions.exclude(file=""):
        _delete(rendition)


def publish_due(sender: object = None, **signal: object) -> None:
    """Publish what was approved and can no longer be undone, and once more what could not be published.

    Receives `ticked`, from several workers at once: of each review one of them sees to it.
    """
    now = timezone.now()
    due = Review.objects.for_desk().filter(state=State.APPROVED, retry_at__lte=now)
    for review in due.order_by("retry_at")[:AT_ONCE]:
        mine = Review.objects.filter(pk=review.pk, state=review.state, retry_at=review.retry_at)
        if mine.update(retry_at=now + AGAIN_AFTER):
            review.retry_at = now + AGAIN_AFTER
            decision = review.decisions.select_related("decided_by").latest("id")
            publish_or_note(review=review, by=decision.decided_by)


def sweep(sender: object = None, **signal: object) -> None:
    """Delete what could not be deleted. Receives `swept`, from several workers at once."""
    for rendition in Rendition.objects.filter(version__recalled_at__isnull=False).exclude(file="")[:50]:
        _delete(rendition)


def _note(review: Review, error: BrandkitError) -> None:
    hopeless = isinstance(error, Unfit)
    again = {"problem": error.message, "retry_at": None if hopeless else timezone.now() + AGAIN_AFTER}
    with transaction.atomic():
        same = Review.objects.filter(pk=review.pk, state=State.APPROVED, retry_at=review.retry_at)
        changed = same.update(**again)
        if changed and not review.problem:
            record("review.not_published", review, words=error.message)
    review.refresh_from_db(fields=["state", *again])


def _subject(output: Output) -> Box | None:
    box = output.subject_box
    return Box(x0=box[0], y0=box[1], x1=box[2], y1=box[3]) if box else None


def _make(output: Output) -> Made:
    wanted = output.generation.output_format
    part = cut(_pixels(output), (wanted.width, wanted.height), _subject(output))
    return Made(encode(part, wanted.file_type), files.thumbnail(part), wanted)


def _pixels(output: Output) -> np.ndarray:
    """The picture as received, in sRGB: (height, width, 3)."""
    try:
        with (
            output.picture.open("rb") as stored,
            tempfile.NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as file,
        ):
            copyfileobj(stored, file)
            file.flush()
            return open_photo(Path(file.name), limits=LIMITS).rgb
    except OSError as error:
        raise StorageFailed(
            f"The picture could not be read from its store: {error.strerror or error}."
        ) from error
    except Unreadable as error:
        raise Unfit(f"The stored picture can't be read any more: {error}") from error


def _asset(output: Output) -> Asset:
    """This output's asset, made anew with a name of its own where there is none."""
    generation = output.generation
    scene = generation.scene_version.scene
    same = {"subject": generation.subject, "scene": scene, "output_format": generation.output_format}
    name = f"{generation.subject.slug}-{scene.slug}-{generation.output_format.slug}"
    taken = Asset.objects.filter(brand=output.brand, name=name).exclude(**same).exists()
    name = f"{name}-{generation.subject_id}-{scene.pk}" if taken else name  # a-b in c and a in b-c
    return Asset.objects.get_or_create(brand=output.brand, **same, defaults={"name": name})[0]


def _published(review: Review, by: User, asset: Asset, made: Made, names: tuple[str, str]) -> AssetVersion:
    # Locked before its asset, as where it is taken back. And it may have been undone and approved anew.
    same = Review.objects.select_for_update(no_key=True).filter(pk=review.pk, state=review.state)
    if not same.filter(retry_at=review.retry_at).exists():
        raise Conflict("This picture has changed meanwhile. Look at it again.")
    asset = Asset.objects.select_for_update().get(pk=asset.pk)  # so that two versions get two numbers
    if not public_store().exists(names[0]):  # an equal picture was taken back since we put it there
        keep(public_store(), names[0], made.data)
    number = (asset.versions.aggregate(last=Max("number"))["last"] or 0) + 1
    told = {"asset": asset.name, "version": number, "key": made.key}
    review.move(State.PUBLISHED, actor=by, data=told, problem="", retry_at=None)
    version = AssetVersion.objects.create(
        asset=asset,
        number=number,
        review=review,
        approved_at=review.decisions.latest("id").decided_at,
        published_by=by,
    )
    Rendition.objects.create(
        version=version,
        output_format=made.output_format,
        file=names[0],
        thumbnail=names[1],
        key=made.key,
        sha256=made.sha256,
        media_type=MEDIA_TYPES[made.output_format.file_type],
        extension=made.output_format.file_type,
        width=made.output_format.width,
        height=made.output_format.height,
        bytes=len(made.data),
    )
    _show(asset, version)
    return version


def _show(asset: Asset, version: AssetVersion) -> None:
    """Point the asset's address at `version`, unless what it shows was approved later."""
    shown = asset.current
    if shown is None or shown.approved_at <= version.approved_at:
        Asset.objects.filter(pk=asset.pk).update(current=version, taken_back=False)


def _delete(rendition: Rendition) -> None:
    if _discard(rendition.version.asset_id, str(rendition.file)):
        Rendition.objects.filter(pk=rendition.pk).update(file="")


def _discard(asset: int, name: str) -> bool:
    """Delete a public file that no published version needs. Equal pictures share one file.

    Under the asset's lock, as publishing is: else it could go while an equal one is being published.
    """
    try:
        with transaction.atomic():
            Asset.objects.select_for_update().get(pk=asset)
            if not Rendition.objects.filter(file=name, version__recalled_at=None).exists():
                public_store().delete(name)
    except Exception:  # every store has its own errors
        logger.exception("%s could not be deleted from the public store", name)
        return False
    return True

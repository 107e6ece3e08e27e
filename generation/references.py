"""Further photos of a subject, for the models that take more than one: attached, taken away, put back."""

import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from brandkit.accounts.models import Brand, User
from brandkit.accounts.policy import Act, require
from brandkit.common.errors import Invalid, NotFound
from brandkit.common.models import record
from brandkit.common.storage import NewFiles, digest, private_store
from generation.imaging.decode import Photo
from generation.intake import opened, sha256_of
from generation.models import Reference, Subject
from generation.providers.base import Provider

Shows = Reference.Shows

MOST_OF_THE_THING = 5
"""Sides and details of one subject: Gemini keeps six photos of things true, and the subject's own is one."""

MOST_OF_PEOPLE = 5
"""So many Gemini keeps true. With all these, the subject and the scene a call carries 12 of 14 pictures."""


def attach(*, subject: Subject, file: Path, shows: str, by: User | None) -> tuple[Reference, bool]:
    """Make the photo in `file` a further one of `subject`; the bool says whether it is a new one.

    The same bytes are the same row, also after they were taken away. by: None in the operator's shell.
    Raises PhotoRefused, Invalid (too many, the subject's own photo), NotAllowed, NotFound, StorageFailed;
    then neither a row nor a file is left.
    """
    _allow(by, subject)
    sha256 = sha256_of(file)
    _check(subject, sha256, shows)
    known = _known(subject, sha256, shows)
    if known:
        return _put_back(known, by), False
    _check_room(subject, shows)
    photo = opened(file)
    place = f"brands/{subject.brand_id}/references/{sha256}/{secrets.token_hex(4)}"
    with NewFiles(private_store(), place) as kept:
        reference = _reference(subject, photo, kept, shows, by)
        added, new = _add(reference, by)
        if added is reference:
            kept.stay()
    return added, new


def remove(*, reference: Reference, by: User | None) -> None:
    """No longer send it with new wishes. Twice does no harm. Raises NotAllowed, NotFound."""
    _allow(by, reference.subject)
    with transaction.atomic():
        now = timezone.now()
        if Reference.objects.filter(pk=reference.pk, removed_at=None).update(removed_at=now) == 1:
            reference.removed_at = now
            _record("removed", reference, by)


def put_back(*, reference: Reference, by: User | None) -> Reference:
    """Send it again with new wishes. Raises Invalid where there are too many by now, NotAllowed, NotFound."""
    _allow(by, reference.subject)
    return _put_back(reference, by)


def find(*, brand: Brand, number: int) -> Reference:
    """Raises NotFound."""
    found = Reference.objects.filter(subject__brand=brand, pk=number).select_related("subject__brand").first()
    if found is None:
        raise NotFound
    return found


def attached(subjects: Iterable[Subject]) -> dict[int, list[Reference]]:
    """By a subject's number, its further photos in the order in which they are sent."""
    found: dict[int, list[Reference]] = {subject.pk: [] for subject in subjects}
    for reference in Reference.objects.filter(subject__in=found, removed_at=None).order_by("pk"):
        found[reference.subject_id].append(reference)
    return found


def sent_by(provider: Provider, subjects: Iterable[Subject]) -> Mapping[int, list[Reference]]:
    """Those that `provider` would be sent with a new wish: all of them, or none where it takes none."""
    return attached(subjects) if provider.takes_references else {}


def _allow(by: User | None, subject: Subject) -> None:
    if by:
        require(by, Act.REQUEST, subject.brand)


def _check(subject: Subject, sha256: str, shows: str) -> None:
    if shows not in Shows.values:
        raise Invalid(f"A further photo shows one of: {', '.join(Shows.values)}.")
    if sha256 == subject.original_sha256:
        raise Invalid(f"This is the very photo of “{subject.name}”. Add one that shows something else of it.")


def _check_room(subject: Subject, shows: str) -> None:
    others = subject.references.filter(removed_at=None)
    people = others.filter(shows=Shows.PERSON).count()
    things = others.count() - people
    full, most, what = (
        (people >= MOST_OF_PEOPLE, MOST_OF_PEOPLE, "photos of people")
        if shows == Shows.PERSON
        else (things >= MOST_OF_THE_THING, MOST_OF_THE_THING, "further photos of the thing itself")
    )
    if full:
        raise Invalid(
            f"“{subject.name}” has {most} {what} already; models hold to no more. Remove one first."
        )


def _known(subject: Subject, sha256: str, shows: str) -> Reference | None:
    """The one that is attached with these bytes; else one that was taken away and shows the same."""
    same = Reference.objects.filter(subject=subject, original_sha256=sha256)
    return same.filter(removed_at=None).first() or same.filter(shows=shows).last()


def _reference(subject: Subject, photo: Photo, kept: NewFiles, shows: str, by: User | None) -> Reference:
    return Reference(
        subject=subject,
        shows=shows,
        original_sha256=photo.sha256,
        picture=kept.add("picture.jpg", photo.jpeg),
        sha256=digest(photo.jpeg),
        thumbnail=kept.add("thumbnail.webp", photo.thumbnail),
        width=photo.width,
        height=photo.height,
        created_by=by,
    )


def _add(reference: Reference, by: User | None) -> tuple[Reference, bool]:
    """Add the row, or give the one that somebody else added from the same bytes meanwhile."""
    with transaction.atomic():
        reference.subject.brand.lock()
        twin = _known(reference.subject, reference.original_sha256, reference.shows)
        if twin:
            return _put_back(twin, by), False
        _check_room(reference.subject, reference.shows)
        reference.save(force_insert=True)
        _record("attached", reference, by)
    return reference, True


def _put_back(reference: Reference, by: User | None) -> Reference:
    """Attached again; where the same photo is attached already, that one."""
    with transaction.atomic():
        reference.subject.brand.lock()
        same = Reference.objects.filter(
            subject=reference.subject, original_sha256=reference.original_sha256, removed_at=None
        ).first()
        if same:
            return same
        _check_room(reference.subject, reference.shows)
        reference.removed_at = None
        reference.save(update_fields=["removed_at"])
        _record("attached", reference, by)
    return reference


def _record(what: str, reference: Reference, by: User | None) -> None:
    record(
        f"reference.{what}",
        reference,
        actor=by,
        subject=reference.subject_id,
        shows=reference.shows,
        sha256=reference.original_sha256,
    )

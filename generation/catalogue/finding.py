"""Which photos a table's rows mean, and which of them are subjects already."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from brandkit.accounts.models import Brand
from brandkit.common.errors import Invalid
from generation.batches.plans import Line
from generation.catalogue import archive
from generation.catalogue.archive import Photos
from generation.catalogue.photos import check_address, check_sku, is_address
from generation.catalogue.verdicts import with_problem
from generation.models import Subject

AT_ONCE = 500
Told = Callable[[int, int], None]
"""Called with how many rows are looked at, and of how many."""


@dataclass(frozen=True, kw_only=True)
class Looked:
    """key: the photo's hash, or its address; "" where the row means one by SKU."""

    line: Line
    key: str = ""


def with_photos(brand: Brand, lines: Sequence[Line], photos: Photos, told: Told) -> list[Line]:
    """The lines with their subjects, where those are there, and with what is wrong with their photos.

    Reads every photo once, for its hash: known ones are known by that, whatever they are called.
    """
    lines = _with_photos_of_others(lines)
    looked = _look(lines, photos, told)
    by_hash = _subjects(brand, "original_sha256", {each.key for each in looked if each.key})
    by_sku = _subjects(brand, "sku", {each.line.sku for each in looked if not each.key and each.line.sku})
    whose: dict[str, Line] = {}
    return [_found(each, by_hash, by_sku, whose) for each in looked]


def _with_photos_of_others(lines: Iterable[Line]) -> list[Line]:
    """A row without a photo takes the one that another row gives for the same SKU."""
    given = {line.sku: line.photo for line in reversed(list(lines)) if line.sku and line.photo}
    return [
        replace(line, photo=given[line.sku]) if not line.photo and line.sku in given else line
        for line in lines
    ]


def _look(lines: Sequence[Line], photos: Photos, told: Told) -> list[Looked]:
    hashes: dict[str, str] = {}
    looked = []
    for done, line in enumerate(lines, start=1):
        try:
            looked.append(Looked(line=line, key=_key(line.photo, photos, hashes)))
        except Invalid as error:
            looked.append(Looked(line=with_problem(line, error.message)))
        told(done, len(lines))
    return looked


def _key(photo: str, photos: Photos, hashes: dict[str, str]) -> str:
    if not photo:
        return ""
    if is_address(photo):
        check_address(photo)
        return photo
    name = photos.find(photo)
    if name not in hashes:
        hashes[name] = archive.check(photos, name)
    return hashes[name]


def _found(
    looked: Looked, by_hash: Mapping[str, Subject], by_sku: Mapping[str, Subject], whose: dict[str, Line]
) -> Line:
    """whose: the first line of each photo, to be added to."""
    line = looked.line
    if not looked.key:
        return _by_sku(line, by_sku)
    other = whose.setdefault(looked.key, line)
    if line.sku and other.sku and line.sku != other.sku:
        return with_problem(line, f"Row {other.number} has the same photo, as SKU {other.sku}.")
    subject = by_hash.get(looked.key)
    try:
        if subject:
            check_sku(subject, line.sku)
    except Invalid as error:
        return with_problem(line, error.message)
    return replace(line, subject=subject)


def _by_sku(line: Line, by_sku: Mapping[str, Subject]) -> Line:
    if line.problem and line.photo:
        return line
    if not line.sku:
        return with_problem(line, "Name a photo, or the SKU of one that is here already.")
    if line.sku not in by_sku:
        return with_problem(line, f"There is no photo of SKU {line.sku} here yet. Name its photo.")
    return replace(line, subject=by_sku[line.sku])


def _subjects(brand: Brand, field: str, values: Iterable[str]) -> dict[str, Subject]:
    """By that field; of several the newest."""
    wanted = sorted(values)
    found: dict[str, Subject] = {}
    for start in range(0, len(wanted), AT_ONCE):
        some = Subject.objects.filter(brand=brand, **{f"{field}__in": wanted[start : start + AT_ONCE]})
        found |= {getattr(subject, field): subject for subject in some.order_by("pk")}
    return found

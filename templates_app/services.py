"""What curators do: draft, approve and retire. And what everybody else asks for: the approved ones."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from brandkit.accounts.models import Brand, User
from brandkit.accounts.policy import Act, require
from brandkit.common.errors import Conflict, Invalid, NotFound
from brandkit.common.models import record
from brandkit.common.storage import NewFiles, digest, private_store
from generation.imaging.decode import Photo, Unreadable, open_photo
from templates_app.frozen import Version
from templates_app.models import OutputFormat, PromptTemplate, PromptVersion, SceneTemplate, SceneVersion
from templates_app.rendering import SAMPLE_CHANGES, check, check_variables, render, samples

ENOUGH_PIXELS = 1024
"""Below this short side a scene is told to be small: the smallest pictures made are about that large."""

V = TypeVar("V", SceneVersion, PromptVersion)


class SceneRefused(Invalid):
    """This file can't be a scene's picture.

    step, found: where the decoder stopped, and what it had found by then.
    """

    code = "scene_refused"

    def __init__(self, unreadable: Unreadable) -> None:
        super().__init__(str(unreadable))
        self.step, self.found = unreadable.step, unreadable.found


# Drafts


def new_scene_version(
    *, scene: SceneTemplate, picture: Path | Photo, by: User, note: str = "", **slot_fields: float
) -> SceneVersion:
    """A draft from an uploaded picture: upright, sRGB, without metadata, at most 3072 px a side.

    slot_fields: as the model's, fractions and degrees. Raises SceneRefused, Invalid, StorageFailed; nothing
    is kept then.
    """
    require(by, Act.CURATE, scene.brand)
    photo = picture if isinstance(picture, Photo) else open_picture(picture)
    version = SceneVersion(
        scene=scene, note=note, created_by=by, **_picture_fields(scene, photo), **slot_fields
    )
    check_slot(version)
    store, place = private_store(), f"brands/{scene.brand_id}/scenes"
    with NewFiles(store, place) as files:
        with transaction.atomic():
            _number(version, SceneTemplate, scene.pk)
            for file, data in ((version.picture, photo.jpeg), (version.thumbnail, photo.thumbnail)):
                if not store.exists(str(file)):  # else another version has the same picture
                    files.add(Path(str(file)).name, data)
        files.stay()
    return version


def open_picture(path: Path) -> Photo:
    """An uploaded scene, decoded apart. Raises SceneRefused with what to do."""
    try:
        return open_photo(path)
    except Unreadable as error:
        raise SceneRefused(error) from error


def new_prompt_version(
    *, template: PromptTemplate, text: str, variables: Mapping[str, Any], by: User, note: str = ""
) -> PromptVersion:
    """A draft. Raises TemplateRefused with every problem of the text, Invalid for variables."""
    require(by, Act.CURATE, template.brand)
    check_variables(variables)
    check(text, variables)
    version = PromptVersion(template=template, text=text, variables=dict(variables), note=note, created_by=by)
    with transaction.atomic():
        _number(version, PromptTemplate, template.pk)
    return version


def change_draft(*, version: SceneVersion | PromptVersion, by: User) -> None:
    """Save the changed words, slot or light of a draft. Raises Frozen, TemplateRefused, Invalid."""
    require(by, Act.CURATE, version.brand)
    _check_content(version)
    with transaction.atomic():
        version.save(update_fields=content_fields(version))
        record(f"{version.NOUN}.changed", version, actor=by)


def delete_draft(*, version: SceneVersion | PromptVersion, by: User) -> None:
    """Throw a draft away, and its picture if no other version has it. Raises Frozen, Conflict."""
    require(by, Act.CURATE, version.brand)
    try:
        with transaction.atomic():
            record(f"{version.NOUN}.deleted", version, actor=by, number=version.number)
            version.delete()
    except models.ProtectedError as error:
        raise Conflict("Another picture was asked for from this draft, so it is kept.") from error
    if isinstance(version, SceneVersion):
        same = SceneVersion.objects.filter(scene__brand=version.brand, sha256=version.sha256)
        if not same.exists():
            private_store().delete(str(version.picture))
            private_store().delete(str(version.thumbnail))


def make_default(*, template: PromptTemplate, by: User) -> None:
    """The prompt used where nobody picks one; there is one a brand."""
    require(by, Act.CURATE, template.brand)
    with transaction.atomic():
        PromptTemplate.objects.filter(brand=template.brand, is_default=True).update(is_default=False)
        PromptTemplate.objects.filter(pk=template.pk).update(is_default=True)
        record("prompt.made_default", template, actor=by)
    template.is_default = True


# Approval


def approve(*, version: V, by: User, seen: str = "") -> None:
    """Let designers use this version, just as `version` holds it; from now on it never changes.

    seen: the fingerprint of what the curator looked at, where that was another copy.
    Raises Conflict where it was changed, approved or retired meanwhile; TemplateRefused, MissingVariable or
    Invalid where it would not work.
    """
    require(by, Act.CURATE, version.brand)
    with transaction.atomic():
        stored = type(version)._base_manager.select_for_update().get(pk=version.pk)
        if fingerprint(stored) != (seen or fingerprint(version)):
            raise Conflict("Somebody has changed this draft since you opened it. Look at it again.")
        _check_content(version)
        if isinstance(version, PromptVersion):
            for changes in ((), SAMPLE_CHANGES):
                render(version.text, values=samples(version.variables), changes=changes)
        version.move(Version.State.APPROVED, actor=by, approved_at=timezone.now(), approved_by=by)


def retire(*, version: SceneVersion | PromptVersion, by: User) -> None:
    """Stop offering an approved version. What was made with it stays. Raises Conflict."""
    require(by, Act.CURATE, version.brand)
    version.move(Version.State.RETIRED, actor=by, retired_at=timezone.now(), retired_by=by)


def content(version: SceneVersion | PromptVersion) -> dict[str, Any]:
    """What is approved: a version's own words and numbers, and its picture by hash."""
    names = [*content_fields(version), *(["sha256"] if isinstance(version, SceneVersion) else [])]
    return {name: getattr(version, name) for name in names}


def fingerprint(version: SceneVersion | PromptVersion) -> str:
    """Changes with the content: a page names what its reader has seen."""
    return digest(json.dumps(content(version), sort_keys=True).encode())


def content_fields(version: SceneVersion | PromptVersion) -> list[str]:
    """The fields of a draft that a curator can change."""
    return [
        field.name
        for field in version._meta.concrete_fields
        if field.editable and not isinstance(field, (models.AutoField, models.ForeignKey, models.ImageField))
    ]


# What there is


def approved_scenes(brand: Brand) -> QuerySet[SceneVersion]:
    """The newest approved version of each scene."""
    newest = SceneVersion.objects.filter(scene=OuterRef("scene"), state=Version.State.APPROVED)
    return (
        SceneVersion.objects.filter(
            scene__brand=brand, pk=Subquery(newest.order_by("-number").values("pk")[:1])
        )
        .select_related("scene__brand")
        .order_by("scene__name")
    )


def approved_prompts(brand: Brand) -> QuerySet[PromptVersion]:
    """The newest approved version of each prompt, the brand's default first."""
    newest = PromptVersion.objects.filter(template=OuterRef("template"), state=Version.State.APPROVED)
    return (
        PromptVersion.objects.filter(
            template__brand=brand, pk=Subquery(newest.order_by("-number").values("pk")[:1])
        )
        .select_related("template__brand")
        .order_by("-template__is_default", "template__name")
    )


def find_scene(*, brand: Brand, slug: str) -> SceneVersion:
    """The approved version to use. Raises NotFound or Invalid, saying what there is instead."""
    found = approved_scenes(brand).filter(scene__slug=slug).first()
    if found:
        return found
    versions = SceneVersion.objects.filter(scene__brand=brand, scene__slug=slug)
    _explain_retired("scene", versions)
    if scene := SceneTemplate.objects.filter(brand=brand, slug=slug).first():
        raise Invalid(f"The scene “{scene}” is only a draft. Ask a curator to approve it.")
    raise _unknown("scene", slug, approved_scenes(brand).values_list("scene__slug", flat=True))


def find_prompt(*, brand: Brand, slug: str = "") -> PromptVersion:
    """The approved version to use; the brand's default where no slug is given. Raises NotFound or Invalid."""
    usable = approved_prompts(brand)
    wanted = {"template__slug": slug} if slug else {"template__is_default": True}
    if found := usable.filter(**wanted).first():
        return found
    _explain_retired("prompt", PromptVersion.objects.filter(template__brand=brand, **wanted))
    template = PromptTemplate.objects.filter(brand=brand)
    if draft := template.filter(**({"slug": slug} if slug else {"is_default": True})).first():
        raise Invalid(f"The prompt “{draft}” is only a draft. Ask a curator to approve it.")
    there_are = usable.values_list("template__slug", flat=True)
    if not slug:
        raise Invalid(f"This brand has no default prompt. Name one. {_list('prompt', there_are)}")
    raise _unknown("prompt", slug, there_are)


def find_format(*, brand: Brand, slug: str) -> OutputFormat:
    """The format of that name. Raises NotFound or Invalid, saying what there is instead."""
    offered = OutputFormat.objects.filter(brand=brand, active=True)
    if found := offered.filter(slug=slug).first():
        return found
    there_are = offered.values_list("slug", flat=True)
    if off := OutputFormat.objects.filter(brand=brand, slug=slug).first():
        raise Invalid(f"The format “{off.name}” is switched off. {_list('format', there_are)}")
    raise _unknown("format", slug, there_are)


def size_advice(version: SceneVersion) -> str:
    """A sentence where the picture is small for what is made from it; else empty."""
    if min(version.width, version.height) >= ENOUGH_PIXELS:
        return ""
    return (
        f"This picture has {version.width} × {version.height} pixels, so results will look soft. "
        f"Upload one of at least {ENOUGH_PIXELS} pixels on its short side; 2048 is good."
    )


# Helpers


def _picture_fields(scene: SceneTemplate, photo: Photo) -> dict[str, Any]:
    sha256 = digest(photo.jpeg)
    place = f"brands/{scene.brand_id}/scenes/{sha256}"
    return {
        "picture": f"{place}.jpg",
        "thumbnail": f"{place}.thumb.webp",
        "sha256": sha256,
        "media_type": "image/jpeg",
        "width": photo.width,
        "height": photo.height,
    }


def _number(version: SceneVersion | PromptVersion, of: type[models.Model], parent: int) -> None:
    """Save a draft under the next number; the parent's lock makes two at once wait for each other."""
    of._base_manager.select_for_update().get(pk=parent)
    same = {"scene_id": parent} if isinstance(version, SceneVersion) else {"template_id": parent}
    last = type(version)._base_manager.filter(**same).aggregate(last=models.Max("number"))["last"]
    version.number = (last or 0) + 1
    version.save(force_insert=True)
    record(f"{version.NOUN}.drafted", version, actor=version.created_by)


def _check_content(version: SceneVersion | PromptVersion) -> None:
    if isinstance(version, SceneVersion):
        check_slot(version)
    else:
        check_variables(version.variables)
        check(version.text, version.variables)


def check_slot(version: SceneVersion) -> None:
    """Raise Invalid unless the slot is a place in the picture and the light is one."""
    own = content_fields(version)
    try:
        version.clean_fields(exclude={field.name for field in version._meta.fields if field.name not in own})
        version.clean()
    except ValidationError as error:
        name, words = next(iter(error.message_dict.items()))
        label = version._meta.get_field(name).verbose_name  # type: ignore[union-attr]  # never a relation
        raise Invalid(f"{str(label).capitalize()}: {words[0]}") from error


def _explain_retired(noun: str, versions: QuerySet[Any]) -> None:
    retired = versions.filter(state=Version.State.RETIRED).order_by("-number").first()
    if not retired:
        return
    name = retired.scene if isinstance(retired, SceneVersion) else retired.template
    since = f" since {retired.retired_at:%-d %B %Y}" if retired.retired_at else ""
    raise Invalid(f"The {noun} “{name}” is retired{since}. Ask a curator for another.")


def _unknown(noun: str, slug: str, there_are: Any) -> NotFound:
    return NotFound(f"There is no {noun} “{slug}”. {_list(noun, there_are)}")


def _list(noun: str, there_are: Any) -> str:
    names = sorted(there_are)
    return f"There are: {', '.join(names)}." if names else f"There is no {noun} to choose yet."

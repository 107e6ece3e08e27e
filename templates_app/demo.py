"""The demo brand from `fixtures/demo`: people, formats, scenes and prompts, to try everything on."""

import json
import secrets
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

from brandkit.accounts.models import Brand, Membership, User
from templates_app.models import OutputFormat, PromptTemplate, SceneTemplate
from templates_app.services import approve, make_default, new_prompt_version, new_scene_version

BRAND = "banana-co"
FOLDER = settings.BASE_DIR / "fixtures/demo"


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who was just made, and the password that is told this once."""

    user: User
    role: str
    password: str


def load_demo() -> tuple[Brand, list[Person]]:
    """Make what is not there yet, and change nothing that is. The people are those who are new.

    Raises what the services raise, with nothing of that step left; doing it again goes on from there.
    """
    demo = json.loads((FOLDER / "brand.json").read_text())
    brand, _ = Brand.objects.get_or_create(slug=BRAND, defaults=demo["brand"])
    made = [_add_person(brand, **person) for person in demo["people"]]
    curator = User.objects.get(username="carl")
    for fields in demo["formats"]:
        OutputFormat.objects.get_or_create(brand=brand, slug=fields["slug"], defaults=fields)
    for fields in demo["scenes"]:
        _add_scene(brand, curator, **fields)
    for fields in demo["prompts"]:
        _add_prompt(brand, curator, **fields)
    return brand, [person for person in made if person]


@transaction.atomic
def _add_person(brand: Brand, *, username: str, role: str, **fields: Any) -> Person | None:
    """Somebody of that name who is there already keeps password and role."""
    user, new = User.objects.get_or_create(username=username, defaults=fields)
    Membership.objects.get_or_create(brand=brand, user=user, defaults={"role": role})
    if not new:
        return None
    password = secrets.token_urlsafe(9)
    user.set_password(password)
    user.save(update_fields=["password"])
    return Person(user=user, role=role, password=password)


@transaction.atomic
def _add_scene(brand: Brand, curator: User, *, slug: str, slot: dict[str, Any], **fields: Any) -> None:
    scene, new = SceneTemplate.objects.get_or_create(brand=brand, slug=slug, defaults=fields)
    if not new:
        return
    version = new_scene_version(scene=scene, picture=FOLDER / f"scenes/{slug}.jpg", by=curator, **slot)
    approve(version=version, by=curator)


@transaction.atomic
def _add_prompt(
    brand: Brand, curator: User, *, slug: str, variables: dict[str, Any], default: bool = False, **fields: Any
) -> None:
    template, new = PromptTemplate.objects.get_or_create(brand=brand, slug=slug, defaults=fields)
    if not new:
        return
    text = (FOLDER / f"prompts/{slug}.jinja").read_text()
    version = new_prompt_version(template=template, text=text, variables=variables, by=curator)
    approve(version=version, by=curator)
    if default:
        make_default(template=template, by=curator)

"""A brand that the Studio can work in, with real pictures."""

from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from PIL import Image

from brandkit.accounts.models import Brand, User
from brandkit.common.storage import digest
from generation.models import Subject
from templates_app.models import OutputFormat, PromptVersion, SceneTemplate, SceneVersion
from tests import factories

TRUTH = Path(__file__).parents[2] / "fixtures" / "truth" / "banana"
PHOTO = TRUTH / "subject" / "photo.png"


@dataclass(frozen=True)
class Shop:
    brand: Brand
    designer: User
    kitchen: SceneVersion
    picnic: SceneVersion
    square: OutputFormat
    wide: OutputFormat
    prompt: PromptVersion


def make_shop() -> Shop:
    brand = factories.make_brand(slug="banana-co", name="Banana Co")
    return Shop(
        brand=brand,
        designer=factories.make_user(brand, username="dana", first_name="Dana"),
        kitchen=make_real_scene(brand, "kitchen"),
        picnic=make_real_scene(brand, "picnic"),
        square=factories.make_format(brand, slug="square", name="Square", width=1024, height=1024),
        wide=factories.make_format(brand, slug="wide", name="Wide", width=1200, height=628, ratio="16:9"),
        prompt=make_default_prompt(brand),
    )


def make_real_scene(brand: Brand, slug: str) -> SceneVersion:
    data = (TRUTH / slug / "scene.png").read_bytes()
    scene = SceneTemplate.objects.create(brand=brand, slug=slug, name=slug.title())
    version = SceneVersion(
        scene=scene,
        number=1,
        picture=factories.stored("scene.png", data),
        thumbnail=factories.stored("thumbnail.png", data),
        sha256=digest(data),
        media_type="image/png",
        slot_x0=0.22,
        slot_y0=0.4,
        slot_x1=0.7,
        slot_y1=0.665,
        ground=0.665,
    )
    version.save()
    found: SceneVersion = factories.set_state(version, "approved")
    return found


def make_default_prompt(brand: Brand) -> PromptVersion:
    version = factories.make_prompt(brand)
    version.template.is_default = True
    version.template.save(update_fields=["is_default"])
    return version


def make_banana(shop: Shop) -> Subject:
    """As intake would make it of PHOTO, with the exact cut-out instead of a guessed one."""
    photo, cutout = PHOTO.read_bytes(), exact_cutout()
    return factories.make_subject(
        shop.brand,
        name="Banana",
        sku="BAN-1",
        original=factories.stored("original.png", photo),
        original_sha256=digest(photo),
        normal=factories.stored("normal.png", photo),
        normal_sha256=digest(photo),
        cutout=factories.stored("cutout.png", cutout),
        cutout_sha256=digest(cutout),
        thumbnail=factories.stored("thumbnail.png", photo),
        original_width=768,
        original_height=768,
        width=768,
        height=768,
        box=[0.24, 0.36, 0.76, 0.64],
    )


@cache
def exact_cutout() -> bytes:
    with Image.open(PHOTO) as photo, Image.open(PHOTO.with_name("mask.png")) as mask:
        cutout = photo.convert("RGB")
        cutout.putalpha(mask.convert("L"))
    out = BytesIO()
    cutout.save(out, "PNG")
    return out.getvalue()

"""`manage.py generate`: from a photo to a picture, in one process."""

import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand
from django.db import DatabaseError
from django.utils import timezone

from brandkit.common.errors import BrandkitError, Invalid, NotFound, StorageFailed

if TYPE_CHECKING:  # what opens pictures takes a while to import; an error about a name should not wait for it
    from brandkit.accounts.models import Brand
    from generation.models import Generation, Output, Subject
    from templates_app.models import OutputFormat

LOOK_AGAIN = 10.0
"""Seconds: the operator may open an account meanwhile."""

PAUSED = (
    "{name} is paused: {words} The picture waits in the queue. "
    "`manage.py resume_provider {alias}` lets it go on."
)
NOT_SET_UP = "The database is not set up, or not to be reached: {error}. Run `manage.py migrate` first."


class Command(BaseCommand):
    help = "Makes a picture of the product in PHOTO in a scene. Exit status 0 only if there is a picture."
    requires_system_checks = ()  # they would load every page; what this job needs of the settings, it meets

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("photo", type=Path, help="JPEG, PNG, WebP or HEIC of the product")
        parser.add_argument("--scene", required=True, metavar="SLUG", help="an approved scene of the brand")
        parser.add_argument("--prompt", default="", metavar="SLUG", help="default: the brand's own default")
        parser.add_argument("--format", default="", metavar="SLUG", help="default: the brand's first")
        parser.add_argument("--provider", default="", metavar="ALIAS", help="default: BRANDKIT_PROVIDER")
        parser.add_argument(
            "--brand", default="", metavar="SLUG", help="default: the only one, or the demo's"
        )
        parser.add_argument(
            "--var",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="a value for the prompt, repeatable",
        )
        parser.add_argument("--out", type=Path, metavar="FILE", help="write the picture's bytes to FILE too")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Progress and errors go to stderr; stdout has the picture's place, or the one JSON object."""
        self.began = self.lap = time.monotonic()
        self.why = ""
        self.generation: Generation | None = None
        self.subject: Subject | None = None
        error, place = "", ""
        try:
            place = self.make(options)
        except (BrandkitError, ImproperlyConfigured) as raised:
            error = str(raised)
        except DatabaseError as raised:
            error = NOT_SET_UP.format(error=str(raised).strip())
        except UnicodeEncodeError:
            error = "An argument holds bytes that are no text in UTF-8. Write it anew."
        except OSError as raised:
            error = f"A file could not be read or written: {raised}."
        if options["json"]:
            self.stdout.write(json.dumps(self.facts(place) | ({"error": error} if error else {})))
        elif place:
            self.stdout.write(place)
        if error:
            self.stderr.write(error)
            sys.exit(1)

    def make(self, options: Mapping[str, Any]) -> str:
        """Do the job; gives the place of the picture. Raises BrandkitError where there is none."""
        check_places(options["photo"], options["out"])
        from templates_app.services import find_prompt, find_scene

        brand = find_brand(options["brand"])
        wanted = {
            "scene_version": find_scene(brand=brand, slug=options["scene"]),
            "prompt_version": find_prompt(brand=brand, slug=options["prompt"]),
            "output_format": first_or_named_format(brand, options["format"]),
            "provider": options["provider"],
            "variables": dict(name_and_value(given) for given in options["var"]),
        }
        self.subject = self.take_in(brand, options["photo"])
        self.generation = self.request(brand, self.subject, wanted)
        self.run_to_its_end(self.generation)
        if self.generation.state != self.generation.State.SUCCEEDED:
            raise Invalid(self.generation.failure_words or f"The picture was {self.generation.state}.")
        return put(self.generation.output, options["out"])

    def take_in(self, brand: "Brand", photo: Path) -> "Subject":
        from generation.intake import take_in

        subject, new = take_in(brand=brand, by=None, file=photo)
        how = f"cut out, {subject.confidence:.0%} sure" if new else "this photo is known, nothing to do"
        self.tell("photo", f"“{subject.name}”, {subject.width} × {subject.height}: {how}")
        for advice in subject.advice:
            self.tell("advice", advice["words"])
        return subject

    def request(self, brand: "Brand", subject: "Subject", wanted: dict[str, Any]) -> "Generation":
        from generation.selectors import price_again
        from generation.services import request
        from generation.templatetags.studio import about

        generation, new = request(brand=brand, by=None, subject=subject, send=False, **wanted)
        words = f"generation {generation.pk}, {generation.scene_version}, {generation.output_format}"
        price = None if generation.has_ended else price_again(generation)
        words += f", {about(price)}" if price else ""
        self.tell("request", words if new else f"{words}: asked for before")
        return generation

    def run_to_its_end(self, generation: "Generation") -> None:
        """Work on it here. Where a worker was faster, or a try has to wait, wait."""
        if generation.has_ended:
            self.tell("picture", "is there already")
            return
        from generation.engine.claims import heartbeat

        with heartbeat():
            while not work_on(generation):
                self.wait(generation)
        cost = spent(generation)
        words = f"{generation.provider}, {generation.model}: {generation.state}"
        self.tell("picture", f"{words}, ${cost.normalize():f}" if cost else words)

    def wait(self, generation: "Generation") -> None:
        """Until the next try is due; short where another worker has it, or its account is in full use.

        Raises Invalid where a person has to act first.
        """
        until, why = waits_for(generation)
        if why and why != self.why:
            self.tell("wait", f"until {until:%H:%M:%S} UTC: {why}")
        self.why = why
        left = (until - timezone.now()).total_seconds()
        time.sleep(min(max(0.0, left), LOOK_AGAIN))

    def tell(self, step: str, words: str) -> None:
        now = time.monotonic()
        self.stderr.write(f"{step:<8} {now - self.lap:6.2f} s  {words}")
        self.lap = now

    def facts(self, place: str) -> dict[str, Any]:
        """The object of `--json`; null for what there is none of."""
        generation, subject = self.generation, self.subject
        output = getattr(generation, "output", None)
        return {
            "generation": generation and generation.pk,
            "state": generation.state if generation else "failed",
            "output": place or None,
            "width": output and output.width,
            "height": output and output.height,
            "provider": generation and generation.provider,
            "model": generation and generation.model,
            "attempts": generation.attempts.count() if generation else 0,
            "cost": float(spent(generation)) if generation else 0.0,
            "seconds": round(time.monotonic() - self.began, 3),
            "advice": subject.advice if subject else [],
            "subject_box": output and output.subject_box,
        }


def spent(generation: "Generation") -> Decimal:
    """US dollars of all its attempts."""
    from generation.selectors import cost

    return cost(generation)


def work_on(generation: "Generation") -> bool:
    """Run it here if it is due; gives whether it has ended."""
    from generation.runner import run

    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    return generation.has_ended


def waits_for(generation: "Generation") -> tuple[datetime, str]:
    """When to look again, and why not before. Raises Invalid where its provider's account is paused."""
    from generation.provider import get_provider
    from generation.provider_accounts import state_of

    provider, now = get_provider(generation.provider), timezone.now()
    account = state_of(provider)
    if account.paused_since:
        raise Invalid(PAUSED.format(name=provider.name, words=account.words, alias=provider.alias))
    if account.closed_until:
        return account.closed_until, f"{provider.name}: {account.words}"
    if generation.retry_at:
        return generation.retry_at, f"try {generation.tries} did not work."
    return now + timedelta(seconds=0.5), ""


def check_places(photo: Path, out: Path | None) -> None:
    """Before any work. Raises Invalid."""
    if not photo.is_file():
        raise Invalid(f"There is no photo at {photo}.")
    if out and not out.absolute().parent.is_dir():
        raise Invalid(f"There is no folder {out.absolute().parent} to write {out.name} to.")


def find_brand(slug: str) -> "Brand":
    """The one named, else the demo brand, else the only one. Raises NotFound or Invalid."""
    from brandkit.accounts.models import Brand
    from templates_app.demo import BRAND

    brands = {brand.slug: brand for brand in Brand.objects.order_by("slug")}
    there_are = f"There are: {', '.join(brands)}."
    if not brands:
        raise NotFound("There is no brand yet. Run `manage.py load_demo`, or add one in the admin.")
    if slug and slug not in brands:
        raise NotFound(f"There is no brand “{slug}”. {there_are}")
    if len(brands) > 1 and not slug and BRAND not in brands:
        raise Invalid(f"Say which brand, with --brand SLUG. {there_are}")
    return brands[slug] if slug else brands.get(BRAND) or next(iter(brands.values()))


def first_or_named_format(brand: "Brand", slug: str) -> "OutputFormat":
    """Raises NotFound or Invalid, naming what there is."""
    from templates_app.services import find_format

    first = brand.formats.filter(active=True).first()
    if not slug and first:
        return first
    return find_format(brand=brand, slug=slug)


def name_and_value(given: str) -> tuple[str, str]:
    name, equals, value = given.partition("=")
    if not equals:
        raise Invalid(f"“{given}” is no variable. Write it as --var NAME=VALUE.")
    return name, value


def put(output: "Output", out: Path | None) -> str:
    """Where the picture is: in the store, or where it is wanted. Raises StorageFailed."""
    if not out:
        return place_in_store(output)
    there = out.exists()
    try:
        with output.picture.open("rb") as stored:
            out.write_bytes(stored.read())
    except OSError as error:
        if not there:
            out.unlink(missing_ok=True)  # half a picture is none
        raise StorageFailed(
            f"The picture is made, and could not be written to {out}: {error.strerror or error}. "
            f"It is kept as {place_in_store(output)}."
        ) from error
    return str(out.absolute())


def place_in_store(output: "Output") -> str:
    """A path where the store has them, else the name in the bucket."""
    try:
        return str(output.picture.path)
    except NotImplementedError:
        return str(output.picture.name)

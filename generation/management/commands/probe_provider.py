"""`manage.py probe_provider`: whether a provider's key, host and model work."""

import contextlib
import time
from argparse import ArgumentParser
from io import SEEK_END
from pathlib import Path
from typing import Any, BinaryIO

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.template.defaultfilters import filesizeformat
from PIL import Image

from brandkit.common.errors import BrandkitError
from brandkit.common.storage import digest
from generation.imaging.answer import open_answer
from generation.imaging.ratios import SIZES
from generation.imaging.unreadable import Unreadable
from generation.provider import get_provider, price_of
from generation.provider_accounts import AccountState, state_of
from generation.providers.base import Finding, Job, Made, Picture, PictureRequest, Provider
from generation.templatetags.studio import about
from templates_app.demo import FOLDER

RATIO = "1:1"
ALONE = "A ripe banana on a plain wooden table in soft daylight. One banana, no text."
TOGETHER = "Set the fruit of the first picture into the place of the second picture. Change nothing else."


class Command(BaseCommand):
    help = "Asks a provider whether its key, host and model work. Exit status 0 only if all does."
    requires_system_checks = ()  # a provider is tried while others are not set up yet

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("alias", help="one of BRANDKIT_PROVIDERS")
        parser.add_argument(
            "--picture", type=Path, metavar="FILE", help="pay for one small picture too, and write it to FILE"
        )
        parser.add_argument("--yes", action="store_true", help="do not ask before paying")

    def handle(self, *args: Any, alias: str, picture: Path | None, yes: bool, **options: Any) -> None:
        try:
            provider = get_provider(alias)
        except (BrandkitError, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        if picture:
            check_place(provider, picture)
        self.broken = False
        place = getattr(provider, "url", "on this machine")
        self.stdout.write(f"{alias}: {provider.name}, {provider.model}, {place}")
        provider.probe(self.tell)
        if picture and not self.broken and (yes or self.agreed(provider)):
            self.tell(self.paid(provider, picture))
        self.tell_account(alias, account_state(provider))
        if self.broken:
            raise CommandError(f"{alias} does not work as it is set up. See above.")

    def tell(self, finding: Finding) -> None:
        self.broken = self.broken or not finding.works
        self.line(finding.what, "works" if finding.works else "FAILS", finding.words)

    def line(self, what: str, how: str, words: str) -> None:
        self.stdout.write(f"{what:<8} {how:<6} {words}")
        self.stdout.flush()  # what follows may take minutes

    def tell_account(self, alias: str, account: AccountState | None) -> None:
        """Whether anybody calls it, which is not for a probe to change."""
        if account and account.paused_since:
            since = f"{account.paused_since:%Y-%m-%d %H:%M} UTC"
            resume = f"manage.py resume_provider {alias}"
            self.line("account", "paused", f"since {since}: {account.words} `{resume}` opens it again.")

    def agreed(self, provider: Provider) -> bool:
        """Say the price and ask; whoever does not answer has not agreed."""
        request = request_for(provider)
        price = price_of(provider, size=request.size, pictures=len(provider.sends(request)))
        self.stdout.write(f"A {request.size} picture: {about(price)}. brandkit counts it nowhere.")
        self.stdout.write("Ask for it? [y/N] ", ending="")
        self.stdout.flush()
        with contextlib.suppress(EOFError):
            if input().strip().lower() in ("y", "yes"):
                return True
        self.line("picture", "", "not asked for")
        return False

    def paid(self, provider: Provider, place: Path) -> Finding:
        """Ask for one picture. Its place is opened before, so that nothing is paid that can't be kept."""
        part, request = place.with_name(f".{place.name}.part"), request_for(provider)
        try:
            with part.open("w+b") as sink:
                began = time.monotonic()
                result = provider.make(request, sink, Waiting(self))
                seconds = time.monotonic() - began
                works, words = look_at(sink) if isinstance(result, Made) else (False, result.words)
            if isinstance(result, Made):
                part.replace(place)
                words += f", in {place}"
        except OSError as error:
            raise CommandError(f"{place} can't be written: {error.strerror or error}.") from error
        finally:
            part.unlink(missing_ok=True)
        cost = f"${result.cost.normalize():f}" if request.size in provider.prices else "no price set"
        return Finding(what="picture", works=works, words=f"{words} ({seconds:.0f} s, {cost})")


class Waiting(Job):
    """Waits here, and tells the vendor's number for a job: whoever breaks off may need it."""

    def __init__(self, command: Command) -> None:
        super().__init__()
        self._command = command

    def note(self, id: str) -> None:
        super().note(id)
        self._command.line("job", "", id)

    def pause(self, seconds: float) -> bool:
        time.sleep(seconds)
        return True


def request_for(provider: Provider) -> PictureRequest:
    """The cheapest that it takes: words alone, or the demo brand's photo in its scene."""
    size = next(size for size in SIZES if not provider.why_not(ratio=RATIO, size=size))
    if provider.makes_scenes:
        return PictureRequest(prompt=ALONE, ratio=RATIO, size=size)
    subject = demo_picture("subject", "subjects/banana.jpg")
    scene = demo_picture("scene", "scenes/kitchen.jpg")
    return PictureRequest(prompt=TOGETHER, ratio=RATIO, size=size, subject=subject, scene=scene)


def demo_picture(role: str, name: str) -> Picture:
    file = FOLDER / name
    data = file.read_bytes()
    with Image.open(file) as opened:
        width, height = opened.size
    return Picture(
        role=role, data=data, media_type="image/jpeg", width=width, height=height, sha256=digest(data)
    )


def look_at(sink: BinaryIO) -> tuple[bool, str]:
    """Whether it is a picture, and what of."""
    size = sink.seek(0, SEEK_END)
    try:
        answer = open_answer(sink, size=size)
    except Unreadable as error:
        return False, f"What came is no picture. {error}"
    return True, f"{answer.media_type}, {answer.width} × {answer.height}, {filesizeformat(size)}"


def check_place(provider: Provider, place: Path) -> None:
    """Before any call. Raises CommandError."""
    if provider.computes:
        raise CommandError(f"{provider.name} asks nobody. `manage.py generate` makes a picture with it.")
    if place.is_dir() or not place.absolute().parent.is_dir():
        raise CommandError(f"{place} is no place for a file.")


def account_state(provider: Provider) -> AccountState | None:
    """None where there is no database yet."""
    try:
        return state_of(provider)
    except DatabaseError:
        return None

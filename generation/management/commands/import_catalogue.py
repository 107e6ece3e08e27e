"""`manage.py import_catalogue`: a table of things, and pictures of all of them."""

import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand
from django.db import DatabaseError

from brandkit.common.errors import BrandkitError, Invalid, NotFound
from generation.management.commands.generate import NOT_SET_UP, find_brand, name_and_value

if TYPE_CHECKING:  # what opens pictures takes a while to import; an error about a name should not wait for it
    from brandkit.accounts.models import User
    from generation.batches.estimate import Estimate
    from generation.batches.plans import Line, Plan
    from generation.catalogue.archive import Photos
    from generation.catalogue.importing import Order
    from generation.catalogue.table import Table
    from generation.models import Batch

NOTHING, PARTLY = 1, 3
"""Exit statuses: nothing was asked for; asked for, and some rows or pictures are missing."""

MOST_TOLD = 50
"""So many bad rows are told one by one; the file to fix has them all."""

LOOK_AGAIN = 1.0
"""Seconds."""

Options = Mapping[str, Any]


class Command(BaseCommand):
    help = (
        "Asks for pictures of all that a table (CSV or Excel) lists, by sku, name, photo, scenes, formats, "
        "variations and priority. Exit status 0 if all rows were asked for, 3 if some were, 1 if none."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("table", type=Path, metavar="FILE", help="CSV or Excel workbook (.xlsx)")
        parser.add_argument(
            "--photos",
            type=Path,
            metavar="ZIP_OR_FOLDER",
            help="where the photos are, by their paths",
        )
        parser.add_argument(
            "--brand", default="", metavar="SLUG", help="default: the only one, or the demo's"
        )
        parser.add_argument("--by", default="", metavar="USERNAME", help="who asks, and is told of the end")
        parser.add_argument("--scenes", default="", metavar="SLUGS", help="for rows that name none: a,b")
        parser.add_argument("--formats", default="", metavar="SLUGS", help="for rows that name none: a,b")
        parser.add_argument("--prompt", default="", metavar="SLUG", help="default: the brand's own default")
        parser.add_argument("--provider", default="", metavar="ALIAS", help="default: BRANDKIT_PROVIDER")
        parser.add_argument("--name", default="", help="of the batch; default: the file's name")
        parser.add_argument("--priority", default="normal", choices=["low", "normal", "high"])
        parser.add_argument(
            "--var", action="append", default=[], metavar="NAME=VALUE", help="a value for the prompt"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="tell what would come of it; write nothing"
        )
        parser.add_argument("--out", type=Path, metavar="CSV", help="write the bad rows to CSV, to be mended")
        parser.add_argument("--wait", action="store_true", help="until all its pictures have ended")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Progress and errors go to stderr; stdout has the batch's number, or the one JSON object."""
        self.facts: dict[str, Any] = {"batch": None, "bad": []}
        self.status = 0
        error = ""
        try:
            self.run_import(options)
        except (BrandkitError, ImproperlyConfigured) as raised:
            error = str(raised)
        except DatabaseError as raised:
            error = NOT_SET_UP.format(error=str(raised).strip())
        except OSError as raised:
            error = f"A file could not be read or written: {raised}."
        except KeyboardInterrupt:
            error = "Stopped. What is in stays; the same command goes on from there."
        if error:
            self.status = NOTHING if self.facts["batch"] is None else PARTLY
            self.facts["error"] = error
            self.stderr.write(error)
        if options["json"]:
            self.stdout.write(json.dumps(self.facts))
        elif self.facts["batch"] is not None:
            self.stdout.write(str(self.facts["batch"]))
        if self.status:
            sys.exit(self.status)

    def run_import(self, options: Options) -> None:
        """Raises BrandkitError where nothing is asked for."""
        from generation.batches import asking
        from generation.catalogue import importing, table

        check_places(options)
        order = read_order(options)
        found = table.read(options["table"])
        with photos_at(options["photos"]) as photos:
            plan = self.verdicts(order, found, options["table"].name, photos)
            plan, estimate = importing.estimated(plan)
            self.tell_rows(plan.lines, options, found.separator)
            self.tell_estimate(estimate)
            for note in importing.notes(found, plan.lines):
                self.tell("note", note)
            if options["dry_run"]:
                return
            check_any(plan.lines)
            plan = self.take_in(plan, photos, options, found.separator)
        check_any(plan.lines)
        batch = asking.ask(plan)
        self.facts["batch"] = batch.pk
        self.tell("batch", f"{batch.pk}, “{batch.name}”: asked for; workers make the pictures")
        if options["wait"]:
            self.follow(batch)

    def verdicts(self, order: "Order", found: "Table", file_name: str, photos: "Photos | None") -> "Plan":
        """Every row's verdict; nothing is written."""
        from generation.catalogue import importing
        from generation.catalogue.telling import Telling

        with Telling("check", len(found.rows), "rows", self.say) as telling:
            return importing.plan(order, found, file_name, photos, told=lambda done, _: telling.at(done))

    def take_in(self, plan: "Plan", photos: "Photos | None", options: Options, separator: str) -> "Plan":
        """The plan with the photos from this machine taken in; those by address are left to the workers."""
        from generation.catalogue.foreground import here, take_in_here
        from generation.catalogue.telling import Telling

        wanted = sum(here(line) for line in plan.lines)
        if not (wanted and photos):
            return plan
        bad = sum(bool(line.problem) for line in plan.lines)
        with Telling("photos", wanted, "photos", self.say) as telling:
            plan = replace(plan, lines=take_in_here(plan, photos, told=telling.at))
        if sum(bool(line.problem) for line in plan.lines) > bad:
            self.tell_rows(plan.lines, options, separator)
        return plan

    def tell_rows(self, lines: "Sequence[Line]", options: Options, separator: str) -> None:
        """Each bad row with its reason; all of them in the file to fix, where one is wanted."""
        from generation.catalogue.fixfile import written

        bad = [line for line in lines if line.problem]
        self.facts |= {
            "rows": len(lines),
            "good": len(lines) - len(bad),
            "bad": [{"row": line.number, "problem": line.problem} for line in bad],
        }
        self.tell("rows", f"{len(lines):,}, of which {len(lines) - len(bad):,} are good")
        for line in bad[:MOST_TOLD]:
            self.tell("row", f"{line.number}: {line.problem}")
        if len(bad) > MOST_TOLD:
            self.tell("row", f"… and {len(bad) - MOST_TOLD:,} more. --out FILE.csv writes them all down.")
        if not bad:
            return
        self.status = PARTLY
        if options["out"]:
            pieces = written(((line.cells, line.problem) for line in bad), separator)
            options["out"].write_bytes(b"".join(pieces))
            self.tell("fix", f"{options['out']} has the bad rows. Mend it, and import it.")

    def tell_estimate(self, found: "Estimate") -> None:
        from generation.budgets import money
        from generation.templatetags.batches import about_time
        from generation.templatetags.studio import about

        self.facts |= {
            "pictures": found.pictures,
            "there": found.there,
            "new": found.new,
            "price": None if found.price is None else str(found.price),
            "seconds": found.seconds,
            "budget_left": None if found.left is None else str(found.left),
        }
        words = "" if found.exact else "about "
        words += f"{found.pictures:,}, of which {found.there:,} are there already and {found.new:,} are new"
        if found.new:
            words += f": {about(found.price)}"
            words += f", in about {about_time(found.seconds)}" if found.seconds else ""
        self.tell("pictures", words)
        if found.left is not None:
            over = f", {money(found.over)} less than it takes: the rest waits" if found.over else ""
            self.tell("budget", f"{money(found.left)} are left this month{over}")

    def follow(self, batch: "Batch") -> None:
        """Until it has ended. Photos by address, and prompts that can't be rendered, may fail on the way."""
        from generation.catalogue.telling import Telling

        progress = batch.progress
        with Telling("made", progress.wanted, "pictures", self.say) as telling:
            while batch.is_under_way:
                telling.at(progress.succeeded + progress.refused + progress.failed + progress.cancelled)
                time.sleep(LOOK_AGAIN)
                batch.refresh_from_db()
                progress.refresh_from_db()
        counts = {name: getattr(progress, name) for name in ("succeeded", "refused", "failed", "cancelled")}
        self.facts |= {"state": batch.state, **counts, "spent": str(progress.spent)}
        self.tell("end", ", ".join(f"{count:,} {name}" for name, count in counts.items()))
        if progress.problems or progress.succeeded < sum(counts.values()):
            self.status = PARTLY

    def tell(self, step: str, words: str) -> None:
        self.say(f"{step:<8} {words}")

    def say(self, line: str) -> None:
        """Not in the colour of errors."""
        self.stderr.write(line, style_func=str)


def check_places(options: Options) -> None:
    """Before any work. Raises Invalid."""
    if not options["table"].is_file():
        raise Invalid(f"There is no file {options['table']}.")
    if options["photos"] and not options["photos"].exists():
        raise Invalid(f"There is no zip and no folder {options['photos']}.")
    out = options["out"]
    if out and not out.absolute().parent.is_dir():
        raise Invalid(f"There is no folder {out.absolute().parent} to write {out.name} to.")
    if out and out.exists() and out.samefile(options["table"]):
        raise Invalid("--out would write over the table. Name another file.")


def check_any(lines: "Sequence[Line]") -> None:
    if all(line.problem for line in lines):
        raise Invalid("Nothing can be made of any row, so nothing was asked for.")


def read_order(options: Options) -> "Order":
    """Raises NotFound or Invalid, naming what there is."""
    from django.conf import settings

    from generation.catalogue.importing import Order
    from generation.catalogue.verdicts import PRIORITIES, Usual
    from generation.provider import get_provider
    from templates_app.services import find_format, find_prompt, find_scene

    brand = find_brand(options["brand"])
    return Order(
        brand=brand,
        by=find_person(options["by"]),
        name=options["name"],
        prompt_version=find_prompt(brand=brand, slug=options["prompt"]),
        provider=get_provider(options["provider"] or settings.BRANDKIT_PROVIDER),
        variables=dict(name_and_value(given) for given in options["var"]),
        usual=Usual(
            scenes=[find_scene(brand=brand, slug=slug) for slug in slugs(options["scenes"])],
            formats=[find_format(brand=brand, slug=slug) for slug in slugs(options["formats"])],
            priority=PRIORITIES[options["priority"]],
        ),
    )


def slugs(given: str) -> list[str]:
    return list(dict.fromkeys(filter(None, (word.strip() for word in given.split(",")))))


def find_person(username: str) -> "User | None":
    """None where nobody is named: the operator. Raises NotFound."""
    from brandkit.accounts.models import User

    if not username:
        return None
    try:
        return User.objects.get_by_natural_key(username)
    except User.DoesNotExist:
        raise NotFound(f"There is nobody called “{username}”.") from None


@contextmanager
def photos_at(place: Path | None) -> "Iterator[Photos | None]":
    """Raises PhotosRefused for what is neither a zip nor a folder."""
    from generation.catalogue.archive import Folder, Zip

    if place is None:
        yield None
    elif place.is_dir():
        yield Folder(place)
    else:
        with place.open("rb") as file:
            yield Zip(file)

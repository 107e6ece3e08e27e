"""`manage.py stuck`: what waits or runs for too long, for the operator's shell and for scripts."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.timesince import timesince

from generation.watching.finding import Finding, Scope
from generation.watching.stuck import look


class Command(BaseCommand):
    help = "Tells what is stuck, why, and what helps. Ends with status 1 where anything is."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        found = look(Scope())
        for finding in found:
            self.stdout.write("\n".join(lines(finding)) + "\n\n")
        if found:
            sys.exit(1)
        self.stdout.write("Nothing is stuck.")


def lines(finding: Finding) -> list[str]:
    """As the page tells it."""
    age = f", for {timesince(finding.since, timezone.now())}" if finding.since else ""
    links = [*finding.examples, *([finding.do] if finding.do else [])]
    return [
        f"{finding.title} ({finding.how_many}{age})",
        f"  {finding.why}",
        f"  What helps: {finding.helps}",
        *(f"  - {link.words}  {link.path}" for link in links),
    ]

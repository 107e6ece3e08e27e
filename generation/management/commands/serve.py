"""`manage.py serve`: all that one machine needs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from generation.serving import collect_static, serve


class Command(BaseCommand):
    help = "Serve the pages and run a worker, until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        collect_static()
        self.stdout.write(f"brandkit is at http://{host}:{port}/ and stops with Ctrl-C.")
        self.stdout.flush()
        ended = serve(host, port)
        if ended:
            raise CommandError(f"The {ended} ended by itself, so all is stopped. The log above says why.")

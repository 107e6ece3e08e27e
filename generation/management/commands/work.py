"""`manage.py work`: a worker, which makes the pictures."""

import gc
import signal
import time
from typing import Any

from django.core.management.base import BaseCommand

from generation import tasks
from generation.engine import crew, worker


class Command(BaseCommand):
    help = (
        "Makes what waits in the queue, until Ctrl-C or SIGTERM. Calls under way are then waited for; "
        "a second signal hands them back to other workers."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        told: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _: told.append(number))
        gc.freeze()  # what is loaded stays: looked through again and again, it costs a fifth of the time
        with worker.at_work(), tasks.listening(crew.more):
            while not told:
                time.sleep(0.1)
            worker.stop(hurry=lambda: len(told) > 1)

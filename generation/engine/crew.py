"""The threads of a worker process: those that call, and beside them, those that finish what has come.

A thread that calls takes the next in line as soon as its call has ended, for as long as there is any; so as
many calls are under way as there are such threads. What is left to do for a picture that has come takes
processor time, and is done by as many threads as there are cores.
"""

import logging
import os
import threading
from collections.abc import Callable
from queue import Queue

from django.db import connections

from generation.engine.claims import anything_due, stopping

logger = logging.getLogger(__name__)
Work = Callable[[], bool]
"""Work on the next in line; False where there is none."""

BACKLOG = 4
"""Pictures that may wait to be finished, for each thread that calls; then calls wait for them."""


class Crew:
    """Of so many threads that call."""

    def __init__(self, callers: int, work: Work) -> None:
        self._callers = callers
        self._work = work
        self._to_finish: Queue[Callable[[], None]] = Queue(callers * BACKLOG)
        self._counting = threading.Lock()
        self._calling = self._finishing = 0
        for number in range(len(os.sched_getaffinity(0))):
            threading.Thread(target=self._finish, name=f"finisher-{number}", daemon=True).start()

    def more(self) -> None:
        """Something may be due: have one more thread look for it, where one is free."""
        with self._counting:
            if stopping.is_set() or self._calling == self._callers:
                return
            self._calling += 1
        threading.Thread(target=self._call, name="caller", daemon=True).start()

    def look(self) -> None:
        """Have a thread take what is due, if anything is: what time has brought, or no message told of."""
        if self._calling < self._callers and anything_due():
            self.more()

    def finish(self, do: Callable[[], None]) -> None:
        """Have it done beside; waits where too much waits already."""
        with self._counting:
            self._finishing += 1
        self._to_finish.put(do)

    @property
    def is_idle(self) -> bool:
        with self._counting:
            return not (self._calling or self._finishing)

    def _call(self) -> None:
        try:
            while not stopping.is_set() and self._work():
                pass
        except Exception:
            logger.exception("A thread that calls broke off; another one goes on.")
        finally:
            connections.close_all()
            with self._counting:
                self._calling -= 1

    def _finish(self) -> None:
        while True:
            do = self._to_finish.get()
            try:
                do()
            except Exception:
                logger.exception("A picture that came could not be finished; its lease runs out.")
            finally:
                connections.close_all()
                with self._counting:
                    self._finishing -= 1


_crew: Crew | None = None


def set_out(crew: Crew | None) -> None:
    """From now on this process has that crew, or none."""
    global _crew
    _crew = crew


def more() -> None:
    """As `Crew.more`, where this process has a crew."""
    if _crew:
        _crew.more()


def is_idle() -> bool:
    """Whether nothing is under way in this process."""
    return _crew is None or _crew.is_idle


def finish(do: Callable[[], None]) -> None:
    """As `Crew.finish`; here and now where this process has no crew."""
    if _crew:
        _crew.finish(do)
    else:
        do()

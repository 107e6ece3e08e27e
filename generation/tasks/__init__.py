"""The seam to the task engine. A message says that something is due, and nothing else.

What is due stands in the rows, and every worker looks there by itself once a second. So a message only saves
that second: it may be lost, come late or come twice, and no engine's promises are trusted with money.
"""

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver

logger = logging.getLogger(__name__)
ENGINES = {"huey": "generation.tasks.by_huey.ByHuey", "celery": "generation.tasks.by_celery.ByCelery"}
Heard = Callable[[], None]

AWAY = 5.0
"""Seconds until a broker that does not answer is given up, and until it is asked again."""

PATIENCE = 2.0
"""Seconds that an engine may take to end: it holds nothing that could be lost."""

_away_until = float("-inf")


class Engine(ABC):
    """Carries messages from those who ask for pictures to the workers. url: of its broker; "" for none."""

    @abstractmethod
    def __init__(self, url: str) -> None: ...

    @abstractmethod
    def send(self) -> None:
        """Send one message. Raises what its broker's client raises, within seconds."""

    @abstractmethod
    def listen(self, heard: Heard, stop: threading.Event) -> None:
        """Call `heard` for every message until `stop` is set, also where the broker is away meanwhile."""

    @abstractmethod
    def close(self) -> None:
        """Let go of what connects it to its broker."""


def dispatch(times: int = 1) -> None:
    """Tell workers so many times that something is due. Call it on commit; what gets lost, they find."""
    global _away_until
    if time.monotonic() < _away_until:
        return
    try:
        for _ in range(times):
            engine().send()
    except Exception:
        _away_until = time.monotonic() + AWAY
        logger.exception("Workers could not be told that something is due. They will see it by themselves.")


@contextmanager
def listening(heard: Heard) -> Iterator[None]:
    """Call `heard` for every message that comes while the block runs."""
    stop = threading.Event()
    thread = threading.Thread(target=engine().listen, args=(heard, stop), name="messages", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE)


@cache
def engine() -> Engine:
    """The one that the settings name."""
    module, _, name = ENGINES[settings.BRANDKIT_ENGINE].rpartition(".")
    found: Engine = getattr(import_module(module), name)(settings.BRANDKIT_ENGINE_URL)
    return found


@receiver(setting_changed)
def _forget(*, setting: str, **_: object) -> None:
    global _away_until
    _away_until = float("-inf")
    if setting.startswith("BRANDKIT_ENGINE"):
        if engine.cache_info().currsize:
            engine().close()
        engine.cache_clear()

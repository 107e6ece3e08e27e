"""Messages by Huey: in a SQLite file where no server is named, else in Redis."""

import logging
import threading

from django.conf import settings
from huey import Huey, RedisHuey, SqliteHuey
from huey.serializer import SignedSerializer
from redis import ConnectionPool

from generation.tasks import AWAY, Engine, Heard

logger = logging.getLogger(__name__)
LOOK_SECONDS = 0.2
"""A file tells nobody that it has changed."""


class ByHuey(Engine):
    def __init__(self, url: str) -> None:
        self._huey = _in_redis(url) if url else _in_a_file()
        self._heard: Heard = lambda: None

        @self._huey.task()  # type: ignore[untyped-decorator]
        def something_is_due() -> None:
            self._heard()

        self._message = something_is_due

    def send(self) -> None:
        self._message()

    def listen(self, heard: Heard, stop: threading.Event) -> None:
        self._heard = heard
        while not stop.is_set():
            try:
                message = self._huey.dequeue()
            except Exception:
                logger.exception("No message could be read. What is due is still found, a second later.")
                stop.wait(AWAY)
                continue
            if message:
                self._huey.execute(message)
            elif not self._huey.storage.blocking:
                stop.wait(LOOK_SECONDS)

    def close(self) -> None:
        self._huey.storage.close()


def _in_a_file() -> Huey:
    """One of its own beside the database: sharing the database's made web writes ten times slower."""
    file = str(settings.DATA_DIR / "messages.sqlite3")
    return SqliteHuey(settings.BRANDKIT_ENGINE_PREFIX, filename=file, results=False)


def _in_redis(url: str) -> Huey:
    """Signed: what comes from a server that others may write to is unpickled."""
    signed = SignedSerializer(secret=settings.SECRET_KEY, salt=__name__)
    pool = ConnectionPool.from_url(url, socket_connect_timeout=AWAY, socket_timeout=AWAY)
    return RedisHuey(settings.BRANDKIT_ENGINE_PREFIX, connection_pool=pool, serializer=signed, results=False)

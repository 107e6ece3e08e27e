"""Messages by Celery, on RabbitMQ or Redis."""

import logging
import threading
from typing import Any

from celery import Celery
from celery.worker import WorkController, state
from django.conf import settings

from generation.tasks import AWAY, Engine, Heard

logger = logging.getLogger(__name__)
LOOK_SECONDS = 0.5
"""Where no message comes, it sees so often whether it is to stop."""


class ByCelery(Engine):
    """A message is taken off its queue before it is heard: the rows are the queue, nothing hangs on it."""

    def __init__(self, url: str) -> None:
        self._app = Celery("brandkit", broker=url, set_as_current=False, fixups=[], config_source=_how())
        self._heard: Heard = lambda: None

        @self._app.task(name="something_is_due", shared=False)  # type: ignore[untyped-decorator]
        def something_is_due() -> None:
            self._heard()

        self._message = something_is_due

    def send(self) -> None:
        self._message.apply_async(retry=False)

    def listen(self, heard: Heard, stop: threading.Event) -> None:
        self._heard = heard
        self._app.set_default()  # its pool's thread asks for no other
        while not stop.is_set():
            try:
                self._listen_until(stop)
            except Exception:
                logger.exception("No message could be read. What is due is still found, a second later.")
            stop.wait(AWAY)

    def close(self) -> None:
        self._app.close()

    def _listen_until(self, stop: threading.Event) -> None:
        """Celery's own worker, in this thread: what signals mean is told elsewhere."""
        state.should_stop = state.should_terminate = None
        worker = WorkController(
            app=self._app,
            pool_cls="threads",
            concurrency=1,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        worker.timer.call_repeatedly(LOOK_SECONDS, lambda: None)
        threading.Thread(target=_end, args=(stop,), name="celery-end", daemon=True).start()
        worker.start()


def _end(stop: threading.Event) -> None:
    stop.wait()
    state.should_stop = 0


def _how() -> dict[str, Any]:
    return {
        "accept_content": ["json"],
        "task_serializer": "json",
        "task_ignore_result": True,
        "task_default_queue": settings.BRANDKIT_ENGINE_PREFIX,
        "worker_prefetch_multiplier": 1,
        "worker_enable_remote_control": False,
        "worker_send_task_events": False,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "broker_connection_timeout": AWAY,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": {
            "socket_connect_timeout": AWAY,
            "socket_timeout": AWAY,
            # Whoever asks for a picture does not wait for a broker that is away.
            "max_retries": 1,
            "interval_start": 0,
            "interval_step": 0,
            "interval_max": 0,
        },
    }

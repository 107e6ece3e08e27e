"""All numbers as Prometheus reads them, kept for a moment."""

import threading
import time
from collections.abc import Iterable

from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric

from generation.watching.measures import read
from generation.watching.tally import Tally

FRESH = 5.0
"""Seconds: whoever asks sooner is told the same."""


class Reading:
    """Read by one thread at a time, however many ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tally = Tally()
        self._found: list[Metric] = []
        self._read_at = float("-inf")

    def collect(self) -> Iterable[Metric]:
        """Called by prometheus_client."""
        with self._lock:
            if time.monotonic() - self._read_at >= FRESH:
                self._found = list(read(self._tally))
                self._read_at = time.monotonic()
            return self._found

    def render(self, accept: str) -> tuple[bytes, str]:
        """The text, and in which format it is. accept: the header that names those that are taken."""
        encode, content_type = choose_encoder(accept)
        return encode(self), content_type


reading = Reading()
"""Of this process: what it has summed up of old attempts, it keeps."""

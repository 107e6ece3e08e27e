"""How uploads come in: each into a file on the disk, which is gone again however it ends."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.core.files.uploadhandler import TemporaryFileUploadHandler


class ToDisk(TemporaryFileUploadHandler):
    """Django's own leaves the file of a full disk open, and the disk full, until Python tidies up."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        with self._closing_on_failure():
            return super().receive_data_chunk(raw_data, start)

    def file_complete(self, file_size: int) -> Any:
        with self._closing_on_failure():
            return super().file_complete(file_size)

    @contextmanager
    def _closing_on_failure(self) -> Iterator[None]:
        try:
            yield
        except OSError:
            with suppress(OSError):  # what it still holds can't be written either
                self.file.close()
            raise

"""Where a provider writes its picture: a file without a name, gone by itself however the process ends."""

import errno
import io
import os
import tempfile
from typing import Any

from django.conf import settings

from generation.imaging.answer import LIMITS


class Sink(io.BufferedRandom):
    """Remembers the error that kept it from writing: a provider may swallow it, and a full disk is ours."""

    def __init__(self) -> None:
        # The descriptor lives on in the buffered file and is closed with it.
        with tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR, buffering=0) as file:
            super().__init__(io.FileIO(os.dup(file.fileno()), "r+b"))
        self.error: OSError | None = None

    def write(self, data: Any) -> int:
        try:
            if self.tell() + len(data) > LIMITS.bytes:
                raise OSError(errno.EFBIG, f"the picture is larger than {LIMITS.bytes // 2**20} MB")
            return super().write(data)
        except OSError as error:
            self.error = error
            raise

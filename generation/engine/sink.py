"""Where a provider writes its picture: a file without a name, gone by itself however the process ends."""

import errno
import io
import os
import tempfile
from typing import Any

from django.conf import settings

from generation.imaging.answer import LIMITS


class Sink(io.FileIO):
    """Remembers the error that kept it from writing: a provider may swallow it, and a full disk is ours."""

    def __init__(self) -> None:
        with tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as file:
            super().__init__(os.dup(file.fileno()), "r+b")
        self.error: OSError | None = None

    def write(self, data: Any) -> int:
        """Write all of `data`, or raise OSError."""
        left = memoryview(data).cast("B")
        size = len(left)
        try:
            if self.tell() + size > LIMITS.bytes:
                raise OSError(errno.EFBIG, f"the picture is larger than {LIMITS.bytes // 2**20} MB")
            while left:
                left = left[super().write(left) :]
        except OSError as error:
            self.error = error
            raise
        return size

    def fileno(self) -> int:
        """There is none: whoever asks would write past `write`."""
        raise io.UnsupportedOperation("fileno")

"""A private store that halts a worker between its two stages, for as long as a file named `halt` is there."""

import os
import time
from pathlib import Path
from typing import Any

from django.core.files.base import File

from brandkit.common.storage import DurableFileSystemStorage

HALT = Path(os.environ["BRANDKIT_DATA_DIR"]) / "halt"


class HaltingStore(DurableFileSystemStorage):
    """Saves previews only while nobody has put the `halt` file there."""

    def _save(self, name: str, content: "File[Any]") -> str:
        while name.endswith("preview.webp") and HALT.exists():
            time.sleep(0.02)
        return super()._save(name, content)

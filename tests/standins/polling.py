"""A provider whose pictures come from a job that is asked for again and again."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from generation.providers.base import Job, Made, PictureRequest, Result, TryLater
from generation.providers.fake import PICTURES, Fake


class Polling(Fake):
    """done: path of a file; when it is there, the job is done. log: as of Fake, with the job asked for."""

    def __init__(self, *, alias: str, options: Mapping[str, Any]) -> None:
        super().__init__(alias=alias, options=options)
        self._done = Path(options["done"])

    @classmethod
    def known_options(cls) -> set[str]:
        return super().known_options() | {"done"}

    def make(self, request: PictureRequest, sink: BinaryIO, job: Job) -> Result:
        number = self._count(request, job)
        if not job.id:
            job.note(f"job-{number}")
        while not self._done.exists():
            if not job.pause(0.05):
                return TryLater(code="handed_back", words="Handed back.", job_goes_on=True)
        sink.write(PICTURES["picture"](request))
        return Made()


def polling(done: Path, log: Path) -> dict[str, Any]:
    """An entry of BRANDKIT_PROVIDERS."""
    return {"BACKEND": f"{__name__}.Polling", "OPTIONS": {"done": str(done), "log": str(log)}}


def jobs_asked_for(log: Path) -> list[str]:
    """Empty where a new one was begun."""
    return [json.loads(line)["job"] for line in log.read_text().splitlines()] if log.exists() else []

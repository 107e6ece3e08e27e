"""A provider that does as it is told: for tests and trials, never for pictures that somebody wants."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from PIL import Image, ImageDraw

from generation.imaging.slot import Box
from generation.providers.base import (
    Failed,
    Made,
    PictureRequest,
    Provider,
    Refused,
    Result,
    Stopped,
    TryLater,
)

Step = Mapping[str, Any]


class Fake(Provider):
    """Answers by the script in its options, one step a call; the last step is repeated.

    script: a list of steps, each a mapping with `do`, one of picture, blank, text, nothing, refuse, fail,
        later (with `wait`, seconds), stop, raise. With `until`, a path, a step waits for that file first.
    log: path of a file that gets a line for every call, so that calls are counted over several processes.
    """

    name = "Fake"
    model = "fake-1"
    price: ClassVar[Decimal] = Decimal("0.01")

    def __init__(self, *, alias: str, options: Mapping[str, Any]) -> None:
        super().__init__(alias=alias, options=options)
        self._script: list[Step] = list(options.get("script") or [{"do": "picture"}])
        self._log = Path(options["log"]) if options.get("log") else None
        self._calls = 0
        self._lock = threading.Lock()

    @classmethod
    def known_options(cls) -> set[str]:
        return {"script", "log"}

    def make(self, request: PictureRequest, sink: BinaryIO) -> Result:
        """Do the next step."""
        number = self._count(request)
        step = self._script[min(number, len(self._script)) - 1]
        if "until" in step:
            wait_for(Path(step["until"]))
        return self._answer(step, request, sink, {"cost": self.price, "response_id": f"fake-{number}"})

    def _count(self, request: PictureRequest) -> int:
        """This call's number, from 1."""
        with self._lock:
            self._calls += 1
            if self._log is None:
                return self._calls
            with self._log.open("a+") as log:
                log.write(json.dumps({"prompt": request.prompt, "ratio": request.ratio}) + "\n")
            return len(self._log.read_text().splitlines())

    def _answer(self, step: Step, request: PictureRequest, sink: BinaryIO, facts: dict[str, Any]) -> Result:
        said = {"code": step.get("code", "scripted"), "words": step.get("words", "The script says so.")}
        match step["do"]:
            case "refuse":
                return Refused(**said, stage="prompt", **facts)
            case "fail":
                return Failed(**said, step="call", **facts)
            case "later":
                return TryLater(**said, wait=step.get("wait"), **facts)
            case "stop":
                return Stopped(**said, **facts)
            case "raise":
                raise RuntimeError(said["words"])
        sink.write(PICTURES[step["do"]](request))
        return Made(subject_box=Box(x0=0.25, y0=0.25, x1=0.75, y1=0.75), notes=("made by a script",), **facts)


def wait_for(path: Path) -> None:
    """Return when the file is there."""
    while not path.exists():
        time.sleep(0.02)


def _picture(request: PictureRequest) -> bytes:
    """A disc whose colour comes from the prompt: equal requests give equal bytes."""
    picture = Image.new("RGB", (request.width, request.height), "tan")
    box = Box(x0=0.25, y0=0.25, x1=0.75, y1=0.75).pixels(request.width, request.height)
    ImageDraw.Draw(picture).ellipse(box, fill=f"hsl({sum(request.prompt.encode()) % 360}, 60%, 40%)")
    return _png(picture)


def _blank(request: PictureRequest) -> bytes:
    return _png(Image.new("RGB", (request.width, request.height), "white"))


def _png(picture: Image.Image) -> bytes:
    out = BytesIO()
    picture.save(out, "PNG", compress_level=1)
    return out.getvalue()


PICTURES: Mapping[str, Callable[[PictureRequest], bytes]] = {
    "picture": _picture,
    "blank": _blank,
    "text": lambda _: b"I am sorry, there is no picture today.",
    "nothing": lambda _: b"",
}

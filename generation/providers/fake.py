"""A provider that does as it is told: for tests and trials, never for pictures that somebody wants."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from PIL import Image, ImageDraw

from generation.imaging.ratios import SIZES
from generation.imaging.slot import Box
from generation.providers.base import (
    Failed,
    Finding,
    Job,
    Made,
    PictureRequest,
    Provider,
    Refused,
    Result,
    Stopped,
    TryLater,
)
from generation.providers.prices import PriceTable

Step = Mapping[str, Any]
CENT = dict.fromkeys(SIZES, "0.01")


class Fake(Provider):
    """Answers by the script in its options, one step a call; the last step is repeated.

    script: a list of steps, each a mapping with `do`, one of picture, wrong_ratio, small, blank, text,
        nothing, refuse, fail, later, stop, raise, or job (which keeps a job id; the next call goes on with
        it). What else it names goes into the answer: `{"do": "later", "wait": 5, "slow": True}`. With
        `until`, a path, a step waits for that file first.
    log: path of a file that gets a line for every call, so that calls are counted over several processes.
    """

    name = "Fake"
    model = "fake-1"
    takes_references: ClassVar[bool] = True
    makes_scenes: ClassVar[bool] = True
    most_pictures: ClassVar[int] = 14
    most_objects: ClassVar[int] = 6
    most_people: ClassVar[int] = 5

    def __init__(self, *, alias: str, options: Mapping[str, Any]) -> None:
        super().__init__(alias=alias, options=options)
        self.prices = PriceTable(options.get("prices") or CENT)
        self._script: list[Step] = list(options.get("script") or [{"do": "picture"}])
        self._log = Path(options["log"]) if options.get("log") else None
        self._calls = 0
        self._lock = threading.Lock()

    @classmethod
    def known_options(cls) -> set[str]:
        return super().known_options() | {"script", "log"}

    def make(self, request: PictureRequest, sink: BinaryIO, job: Job) -> Result:
        """Do the next step."""
        number = self._count(request, job)
        step = self._script[min(number, len(self._script)) - 1]
        facts = {
            "cost": Decimal(0) if job.id else self.price(size=request.size, pictures=len(request.pictures)),
            "response_id": f"fake-{number}",
            "parameters": {"seed": request.seed},
        }
        if step["do"] == "job" and not job.id:
            job.note(f"job-{number}")
        if "until" in step:
            wait_for(Path(step["until"]))
        return self._answer(step, request, sink, facts)

    def probe(self, tell: Callable[[Finding], None]) -> None:
        tell(Finding(what="script", works=True, words=f"{len(self._script)} steps, no network."))

    def _count(self, request: PictureRequest, job: Job) -> int:
        """This call's number, from 1."""
        with self._lock:
            self._calls += 1
            if self._log is None:
                return self._calls
            with self._log.open("a+") as log:
                log.write(
                    json.dumps({"prompt": request.prompt, "ratio": request.ratio, "job": job.id}) + "\n"
                )
            return len(self._log.read_text().splitlines())

    def _answer(self, step: Step, request: PictureRequest, sink: BinaryIO, facts: dict[str, Any]) -> Result:
        own = {name: value for name, value in step.items() if name not in ("do", "until")}
        said = {"code": "scripted", "words": "The script says so.", **facts, **own}
        match step["do"]:
            case "refuse":
                return Refused(**{"stage": "prompt", **said})
            case "fail":
                return Failed(**{"step": "call", **said})
            case "later":
                return TryLater(**said)
            case "stop":
                return Stopped(**said)
            case "raise":
                raise RuntimeError(said["words"])
        sink.write(PICTURES[step["do"]](request))
        box = Box(x0=0.25, y0=0.25, x1=0.75, y1=0.75)
        return Made(**{"subject_box": box, "notes": ("made by a script",), **facts, **own})


def wait_for(path: Path) -> None:
    """Return when the file is there."""
    while not path.exists():
        time.sleep(0.02)


def _picture(request: PictureRequest, *, width: float = 1, height: float = 1) -> bytes:
    """A disc whose colour comes from the prompt: equal requests give equal bytes."""
    size = (round(request.width * width), round(request.height * height))
    picture = Image.new("RGB", size, "tan")
    box = Box(x0=0.25, y0=0.25, x1=0.75, y1=0.75).pixels(*size)
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
    "job": _picture,
    "wrong_ratio": partial(_picture, height=0.9),
    "small": partial(_picture, width=0.5, height=0.5),
    "blank": _blank,
    "text": lambda _: b"I am sorry, there is no picture today.",
    "nothing": lambda _: b"",
}

"""The flat two-image job API as a strict server on loopback, with faults by name.

It answers as the facts tell: `{request_id, status, outputs}` at once, or an id and a status first, which is
asked for until it is done; outputs are base64, or addresses at a host of their own. It refuses whatever the
facts do not name. Where they name nothing (a job's address, the words of a failure) it does as gateways do.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from io import BytesIO
from itertools import count
from typing import Any, Literal

import numpy as np
from PIL import Image

from generation.imaging.ratios import MODEL_PIXELS
from tests.standins.loopback import (
    Bad,
    Fault,
    Handler,
    Seen,
    Server,
    cut_off,
    error,
    page,
    redirect,
    reset,
    reset_in_body,
    says,
    silent,
    trickle,
)

Due = str | Mapping[str, Any] | list[Any]
"""The name of a fault, or the JSON that is answered."""

PATH = "/v1/jobs"
KEY = "key-of-the-stand-in-4711"
MODEL = "flat-1"
FIELDS: Mapping[str, type] = {
    "prompt": str,
    "subject_image": str,
    "reference_image": str,
    "size": str,
    "aspect_ratio": str,
    "n": int,
    "seed": int,
    "model": str,
    "strength": float,
}
PIXELS = {f"{wide}x{high}": (wide, high) for sizes in MODEL_PIXELS.values() for wide, high in sizes.values()}


class Files(Server):
    """The host where finished pictures lie. That a key comes here is an error, raised at the end."""

    def __init__(self, faults: Iterable[str]) -> None:
        super().__init__()
        self._faults = list(faults)

    def answer(self, handler: Handler) -> None:
        self.see(handler)
        told = f"{handler.path} {handler.headers}"
        if KEY in told or "authorization" in told.lower() or "cookie" in told.lower():
            raise AssertionError(f"a secret came to the host of the pictures: {told}")
        if fault := self.next_of(self._faults):
            FILE_FAULTS[fault](handler)
            return
        found = re.fullmatch(r"/(\d+x\d+)/(.+)\.jpg", handler.path)
        if found is None or found[1] not in PIXELS:
            raise Bad(404, "not_found", f"No such file: {handler.path}")
        handler.say(200, picture(*PIXELS[found[1]], found[2]), Content_Type="image/jpeg")


class Api(Server):
    """The API itself. A request is checked before its fault is played."""

    def __init__(
        self, faults: Iterable[Due], polls: Iterable[Due], *, files: Files, running: int | None
    ) -> None:
        super().__init__()
        self.url, self.key, self.files = self.root + PATH, KEY, files
        self.outputs = "base64"
        self._post_faults, self._poll_faults = list(faults), list(polls)
        self._running = running
        self._jobs: dict[str, Mapping[str, Any]] = {}
        self._numbers = count(1)
        self._left: dict[str, int] = {}

    @property
    def posts(self) -> list[Seen]:
        """Requests for a picture: what costs money."""
        return [seen for seen in self.seen if seen.method == "POST"]

    @property
    def polls(self) -> list[Seen]:
        return [seen for seen in self.seen if seen.method == "GET"]

    def finish_jobs(self) -> None:
        """Those that are at work are done from now on."""
        self._left = dict.fromkeys(self._left, 0)

    def answer(self, handler: Handler) -> None:
        body = handler.read_body() if handler.command == "POST" else {}
        self.see(handler, body)
        given = handler.headers.get("Authorization")
        if given != f"Bearer {KEY}":
            raise Bad(401, "invalid_api_key", f"Incorrect API key provided: {given}")
        if handler.command == "POST":
            self._take(handler, body)
        else:
            self._look(handler)

    def _take(self, handler: Handler, body: Mapping[str, Any]) -> None:
        if handler.path != PATH:
            raise Bad(404, "not_found", f"No such address: {handler.path}")
        check(body)
        id = f"job-{next(self._numbers)}"
        self._jobs[id], self._left[id] = body, self._running or 0
        if (fault := self.next_of(self._post_faults)) is not None:
            play(fault, handler)
        elif self._running is None:
            handler.say(200, self._done(id))
        else:
            handler.say(202, {"request_id": id, "status": "queued"})

    def _look(self, handler: Handler) -> None:
        id = handler.path.removeprefix(f"{PATH}/")
        if (fault := self.next_of(self._poll_faults)) is not None:
            play(fault, handler)
        elif id not in self._jobs:
            raise Bad(404, "not_found", f"No such job: {id}")
        elif self._left[id]:
            self._left[id] -= 1
            handler.say(200, {"request_id": id, "status": "running"})
        else:
            handler.say(200, self._done(id))

    def _done(self, id: str) -> dict[str, Any]:
        body = self._jobs[id]
        size = body.get("size") or "{}x{}".format(*MODEL_PIXELS[body["aspect_ratio"]]["1K"])
        width, height = PIXELS[size]
        names = [id, *(f"{id}-{number}" for number in range(2, body.get("n", 1) + 1))]
        outputs = [
            {"width": width, "height": height, "format": "jpeg", **self._place(size, name)} for name in names
        ]
        return {"request_id": id, "status": "succeeded", "outputs": outputs}

    def _place(self, size: str, name: str) -> dict[str, str]:
        if self.outputs == "url":
            return {"url": f"{self.files.root}/{size}/{name}.jpg"}
        return {"base64": base64.b64encode(picture(*PIXELS[size], name)).decode()}


class image_jobs_server:  # noqa: N801 -- reads as a function in `with`
    """Both hosts, while the `with` lasts.

    faults: for requests that ask for a picture; polls: for those that ask for a job; fetches: for those that
    ask for a file. Each is used up by one request, "ok" being no fault; after the last all goes well. Where
    JSON stands instead of a name, that is the answer.
    running: so many polls say that it is still at work before it is done; None answers at once.
    """

    def __init__(
        self,
        *faults: Due,
        polls: Iterable[Due] = (),
        fetches: Iterable[str] = (),
        running: int | None = None,
        outputs: Literal["base64", "url"] = "base64",
    ) -> None:
        self._files = Files(fetches)
        self._api = Api(faults, polls, files=self._files, running=running)
        self._api.outputs = outputs

    def __enter__(self) -> Api:
        self._files.__enter__()
        return self._api.__enter__()

    def __exit__(self, *_: object) -> None:
        try:
            self._api.__exit__()
        finally:
            self._files.__exit__()


def play(fault: Due, handler: Handler) -> None:
    if isinstance(fault, str):
        FAULTS[fault](handler)
    else:
        handler.say(200, json.dumps(fault).encode(), Content_Type="application/json")


def check(body: Mapping[str, Any]) -> None:
    """Raises Bad for whatever is not in the facts."""
    for name, value in body.items():
        if name not in FIELDS:
            raise Bad(400, "unknown_field", f"Unknown field: {name}")
        if type(value) is not FIELDS[name]:
            raise Bad(400, "bad_field", f"{name} must be of type {FIELDS[name].__name__}")
    for name in ("prompt", "subject_image", "reference_image"):
        if not body.get(name):
            raise Bad(400, "missing_field", f"{name} is missing")
    check_size(body)
    if not 1 <= body.get("n", 1) <= 4:
        raise Bad(400, "bad_field", "n must be 1 to 4")
    if body.get("model", MODEL) != MODEL:
        raise Bad(404, "model_not_found", f"No such model: {body['model']}")
    for name in ("subject_image", "reference_image"):
        check_picture(name, body[name])


def check_size(body: Mapping[str, Any]) -> None:
    if ("size" in body) == ("aspect_ratio" in body):
        raise Bad(400, "bad_size", "Give one of size and aspect_ratio")
    if body.get("size", "1024x1024") not in PIXELS:
        raise Bad(400, "bad_size", f"No such size: {body['size']}")
    if body.get("aspect_ratio", "1:1") not in MODEL_PIXELS:
        raise Bad(400, "bad_size", f"No such aspect_ratio: {body['aspect_ratio']}")


def check_picture(name: str, data: str) -> None:
    """Raises Bad unless it is the strict base64 of a whole JPEG, PNG or WebP."""
    try:
        content = base64.b64decode(data, validate=True)
    except binascii.Error as wrong:
        raise Bad(400, "bad_image", f"{name} is no base64: {wrong}") from wrong
    try:
        with Image.open(BytesIO(content), formats=["JPEG", "PNG", "WEBP"]) as opened:
            opened.load()
    except OSError as wrong:
        raise Bad(400, "bad_image", f"Unsupported MIME type of {name}") from wrong


@cache
def picture(width: int, height: int, name: str) -> bytes:
    """A JPEG of coarse noise, another one for each name, so that it has the weight of a photo."""
    noise = np.random.default_rng(list(name.encode())).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    out = BytesIO()
    Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC).save(out, "JPEG", quality=80)
    return out.getvalue()


def _status(status: str, **more: Any) -> Fault:
    return says({"request_id": "job-1", "status": status, **more})


def _output(**output: str) -> Fault:
    return _status("succeeded", outputs=[output])


BLOCKED = "The prompt is against our rules."
FAULTS: Mapping[str, Fault] = {
    "bad_key": error(401, "invalid_api_key", "Incorrect API key provided"),
    "forbidden": error(403, "forbidden", "Your account may not use this"),
    "no_credit": error(402, "insufficient_credit", "Your balance is 0"),
    "no_model": error(404, "model_not_found", "There is no such model"),
    "moved": error(307, "moved", "Gone elsewhere", Location="http://127.0.0.1:9/elsewhere"),
    "bad_input": error(400, "bad_image", "Unsupported MIME type of reference_image"),
    "blocked": error(400, "moderation_blocked", BLOCKED),
    "too_large": page(413, "Request Entity Too Large"),
    "slow_down": error(429, "rate_limit", "Too many requests", Retry_After="7"),
    "time_out": page(408, "Request Timeout"),
    "broken": error(500, "internal", "Something broke"),
    "bad_gateway": page(502, "Bad Gateway"),
    "overloaded": error(503, "overloaded", "All workers are busy"),
    "gateway_time_out": page(504, "Gateway Timeout"),
    "reset": reset,
    "reset_in_body": reset_in_body,
    "cut_off": cut_off,
    "silent": silent,
    "trickle": trickle,
    "web_page": page(200, "Welcome"),
    "empty": says({}),
    "array": lambda handler: handler.say(200, b"[]", Content_Type="application/json"),
    "no_id": says({"status": "queued"}),
    "bad_id": says({"request_id": "..", "status": "queued"}),
    "long_id": says({"request_id": "x" * 500, "status": "queued"}),
    "odd_status": _status("warming up"),
    "failed": _status("failed", error={"code": "worker_lost", "message": "The worker broke down."}),
    "refused": _status("failed", error={"code": "moderation_blocked", "message": BLOCKED}),
    "no_outputs": _status("succeeded", outputs=[]),
    "odd_output": _output(picture="somewhere"),
    "bad_base64": _output(base64="!no base64!" * 2000),
    "empty_base64": _output(base64=""),
    "small_base64": _output(base64=base64.b64encode(b"tiny").decode()),
    "file_url": _output(url="file:///etc/passwd"),
    "private_url": _output(url="http://169.254.169.254/latest/meta-data/"),
}
"""What may go wrong where a picture or a job is asked for."""

FILE_FAULTS: Mapping[str, Fault] = {
    "gone": page(404, "Not Found"),
    "expired": page(403, "The link has expired"),
    "broken": page(500, "Internal Server Error"),
    "web_page": page(200, "Please log in"),
    "reset": reset,
    "cut_off": cut_off,
    "silent": silent,
    "trickle": trickle,
    "moved": redirect("/1024x1024/moved.jpg"),
    "to_private": redirect("http://169.254.169.254/latest/meta-data/"),
    "to_file": redirect("file:///etc/passwd"),
}
"""What may go wrong where a finished picture is fetched."""

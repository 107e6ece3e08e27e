"""OpenAI's images/edits as a strict server on loopback, with faults by name.

It takes what the facts name and refuses the rest. The forms, the errors and the look-up of a model are those
that the `openai` client sends and reads: see test_openai_standin.py.
"""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.parser import BytesParser
from io import BytesIO
from typing import Any, NamedTuple

from PIL import Image

from tests.standins.gemini.pictures import picture
from tests.standins.loopback import (
    Bad,
    Fault,
    Handler,
    Server,
    cut_off,
    error,
    page,
    reset,
    reset_in_body,
    silent,
    trickle,
)

KEY = "sk-standin-0123456789abcdef"
EDITS = "/v1/images/edits"
MODELS = "/v1/models/"
ANY_SIZE = {"gpt-image-2"}
THREE_SIZES = {"gpt-image-1.5", "gpt-image-1-mini"}
TYPES = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
CHOICES = {
    "quality": {"low", "medium", "high", "auto"},
    "output_format": {"png", "jpeg", "webp"},
    "background": {"transparent", "opaque", "auto"},
}
FIELDS = {"model", "prompt", "n", "size", *CHOICES}


class Part(NamedTuple):
    """One part of a form. filename and media_type are empty for a field."""

    name: str
    filename: str
    media_type: str
    data: bytes


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request that keeps every rule: its fields, and its pictures in the order sent."""

    fields: Mapping[str, str]
    pictures: tuple[Part, ...] = field(repr=False)

    @property
    def pixels(self) -> tuple[int, int]:
        size = self.fields.get("size", "auto")
        width, height = (1024, 1024) if size == "auto" else map(int, size.split("x"))
        return width, height


class OpenAIImages(Server):
    """The API. `seen` is every request; `asked` are those that kept the rules: what costs money.

    script: names from FAULTS and ODD, one for each request that keeps the rules; then all goes well.
    """

    def __init__(self, *script: str) -> None:
        super().__init__()
        self.url, self.key = self.root, KEY
        self.asked: list[Asked] = []
        self._script = list(script)

    def answer(self, handler: Handler) -> None:
        length = int(handler.headers.get("Content-Length", "0"))
        body = handler.rfile.read(length)
        self.see(handler)
        if handler.headers.get("Authorization") != f"Bearer {KEY}":
            words = f"Incorrect API key provided: {handler.headers.get('Authorization')}."
            raise Bad(401, "invalid_api_key", words)
        if handler.command == "GET" and handler.path.startswith(MODELS):
            handler.say(200, _model(handler.path.removeprefix(MODELS)))
        elif (handler.command, handler.path) == ("POST", EDITS):
            self._edit(handler, body)
        else:
            raise Bad(404, "unknown_url", f"Unknown request URL: {handler.command} {handler.path}.")

    def _edit(self, handler: Handler, body: bytes) -> None:
        asked = understand(handler, body)
        self.asked.append(asked)
        due = self.next_of(self._script)
        if due in FAULTS:
            FAULTS[due](handler)
        else:
            handler.say(200, ODD[due](asked) if due else document(asked))


def _model(name: str) -> dict[str, Any]:
    if name not in ANY_SIZE | THREE_SIZES:
        raise Bad(404, "model_not_found", f"The model '{name}' does not exist.")
    return {"id": name, "object": "model", "created": 1_790_000_000, "owned_by": "system"}


def understand(handler: Handler, body: bytes) -> Asked:
    """The request, understood. Raises Bad."""
    if handler.headers.get_content_type() != "multipart/form-data":
        raise Bad(400, "bad_content_type", "Content-Type must be multipart/form-data.")
    parts = form(body, (handler.headers.get_boundary() or "").encode())
    fields = {part.name: part.data.decode() for part in parts if not part.filename}
    files = tuple(part for part in parts if part.filename)
    if len(fields) + len(files) < len(parts):
        raise Bad(400, "duplicate_parameter", "A parameter was given twice.")
    check_fields(fields)
    check_files(files)
    return Asked(fields=fields, pictures=tuple(file for file in files if file.name != "mask"))


def form(body: bytes, boundary: bytes) -> list[Part]:
    """The parts of a multipart body, exactly as RFC 7578 has it. Raises Bad."""
    first, *pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if not boundary or first or not pieces or pieces.pop() not in (b"--", b"--\r\n"):
        raise Bad(400, "bad_form", "Could not parse multipart form.")
    return [_part(piece) for piece in pieces]


def _part(piece: bytes) -> Part:
    head, blank, data = piece.partition(b"\r\n\r\n")
    headers = BytesParser().parsebytes(head.removeprefix(b"\r\n") + b"\r\n\r\n")
    name = headers.get_param("name", header="content-disposition")
    if not (piece.startswith(b"\r\n") and blank and isinstance(name, str)):
        raise Bad(400, "bad_form", "Could not parse multipart form.")
    filename = headers.get_filename() or ""
    return Part(name, filename, headers.get_content_type() if filename else "", data)


def check_fields(fields: Mapping[str, str]) -> None:
    """Raises Bad for whatever the facts do not name."""
    if unknown := sorted(set(fields) - FIELDS):
        raise Bad(400, "unknown_parameter", f"Unknown parameter: '{unknown[0]}'.")
    if not 1 <= len(fields.get("prompt", "")) <= 32_000:
        raise Bad(400, "bad_prompt", "The prompt must have 1 to 32000 characters.")
    if not re.fullmatch("[1-9]|10", fields.get("n", "1")):
        raise Bad(400, "bad_n", f"Invalid value for n: {fields['n']}.")
    for name, allowed in CHOICES.items():
        if fields.get(name, "auto") not in allowed | {"auto"}:
            raise Bad(400, "invalid_value", f"Invalid value: '{fields[name]}'.")
    _model(fields.get("model", ""))
    if not size_is_right(fields.get("size", "auto"), fields["model"]):
        words = f"Invalid size '{fields['size']}' for {fields['model']}."
        raise Bad(400, "invalid_value", words)


def size_is_right(size: str, model: str) -> bool:
    if size in ("auto", "1024x1024", "1536x1024", "1024x1536"):
        return True
    if model in THREE_SIZES or not re.fullmatch(r"[1-9]\d*x[1-9]\d*", size):
        return False
    short, long = sorted(map(int, size.split("x")))
    return short % 16 == long % 16 == 0 and long <= 3 * short and long <= 3840 and short <= 2160


def check_files(files: tuple[Part, ...]) -> None:
    """Raises Bad unless there are 1 to 16 pictures, each as declared and under 50 MB."""
    pictures = [file for file in files if file.name in ("image", "image[]")]
    if others := [file.name for file in files if file not in pictures and file.name != "mask"]:
        raise Bad(400, "unknown_parameter", f"Unknown parameter: '{others[0]}'.")
    if not 1 <= len(pictures) <= 16:
        raise Bad(400, "bad_images", f"Between 1 and 16 images, not {len(pictures)}.")
    if len(pictures) > 1 and any(file.name == "image" for file in pictures):
        raise Bad(400, "duplicate_parameter", "Duplicate parameter: 'image'. Use 'image[]'.")
    for file in files:
        check_picture(file)


def check_picture(file: Part) -> None:
    if len(file.data) >= 50 * 10**6:
        raise Bad(400, "image_too_large", "Each image must be under 50 MB.")
    if file.media_type not in TYPES or (file.name == "mask" and file.media_type != "image/png"):
        words = f"Unsupported MIME type ('{file.media_type}')."
        raise Bad(400, "unsupported_file_mimetype", words)
    try:
        with Image.open(BytesIO(file.data), formats=[TYPES[file.media_type]]) as opened:
            opened.load()
    except OSError as error:
        raise Bad(400, "invalid_image_file", "Invalid image file.") from error


def document(asked: Asked, **more: Any) -> dict[str, Any]:
    """The answer as the facts have it."""
    width, height = asked.pixels
    tokens = {"text_tokens": 20, "image_tokens": 500 * len(asked.pictures)}
    count = int(asked.fields.get("n", "1"))
    return {
        "created": 1_795_000_000,
        "data": [{"b64_json": _base64(picture(width, height))} for _ in range(count)],
        "usage": {
            "input_tokens": sum(tokens.values()),
            "input_tokens_details": tokens,
            "output_tokens": 1500,
            "total_tokens": sum(tokens.values()) + 1500,
        },
        "size": f"{width}x{height}",
        "quality": "high",
        "output_format": "png",
        **more,
    }


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


Answer = Callable[[Asked], Mapping[str, Any]]


def _with(**more: Any) -> Answer:
    """The right answer, with other content in these fields."""
    return lambda asked: document(asked, **more)


def _without(name: str) -> Answer:
    return lambda asked: {key: value for key, value in document(asked).items() if key != name}


def _other_size(asked: Asked) -> Mapping[str, Any]:
    """A square, whatever was asked."""
    return document(asked, data=[{"b64_json": _base64(picture(1024, 1024))}])


def _echo(asked: Asked) -> Mapping[str, Any]:
    """Our key and our picture come back in the words."""
    sent = _base64(asked.pictures[0].data[:9000])
    raise Bad(400, "invalid_image_file", f"Invalid image with Bearer {KEY}: data:image/jpeg;base64,{sent}")


BLOCKED = "Your request was rejected by the safety system. safety_violations=[violence]."

FAULTS: Mapping[str, Fault] = {
    "blocked": error(400, "moderation_blocked", BLOCKED),
    "bad_image": error(400, "invalid_image_file", "Invalid image file or mode for image 2."),
    "key_refused": error(401, "invalid_api_key", "Incorrect API key provided."),
    "no_credit": error(402, "insufficient_balance", "Your balance is 0."),
    "forbidden": error(403, "forbidden", "Your organization must be verified to use this model."),
    "model_gone": error(404, "model_not_found", "The model 'gpt-image-2' does not exist."),
    "moved": page(308, "Permanent Redirect", Location="http://127.0.0.1:9/v1/images/edits"),
    "too_large": page(413, "Request Entity Too Large"),
    "slow_down": error(429, "rate_limit_exceeded", "Rate limit reached for images.", Retry_After="12"),
    "time_out": error(408, "timeout", "The request took too long."),
    "broken": error(500, "server_error", "The server had an error."),
    "bad_gateway": page(502, "Bad Gateway"),
    "overloaded": error(503, "overloaded", "The engine is overloaded."),
    "gateway_time_out": page(504, "Gateway Time-out"),
    "reset": reset,
    "reset_in_body": reset_in_body,
    "cut_off": cut_off,
    "silent": silent,
    "trickle": trickle,
    "web_page": page(200, "Welcome"),
    "null": lambda handler: handler.say(200, b"null", Content_Type="application/json"),
}
"""What may go wrong instead of an answer."""

ODD: Mapping[str, Answer] = {
    "no_data": _without("data"),
    "null_data": _with(data=None),
    "empty_data": _with(data=[]),
    "odd_data": _with(data=["a picture"]),
    "empty_base64": _with(data=[{"b64_json": ""}]),
    "null_base64": _with(data=[{"b64_json": None}]),
    "bad_base64": _with(data=[{"b64_json": "!no base64!" * 2000}]),
    "an_address": _with(data=[{"url": "https://pictures.example.com/1.png"}]),
    "no_usage": _without("usage"),
    "odd_usage": _with(usage="much"),
    "other_size": _other_size,
    "echo": _echo,
}
"""What may be odd about the answer."""

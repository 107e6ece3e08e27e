"""What the API takes, as strictly as the facts say it: every other request is refused in Google's words."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any

from PIL import Image

from generation.imaging.ratios import MODEL_PIXELS, SIZES
from tests.standins.gemini.errors import Refusal, bad_request, gateway, google, unknown_field

TYPES = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/heic": "", "image/heif": ""}
MOST_PICTURES = 14
MOST_INPUT_BYTES = 7 * 10**6
MOST_BODY_BYTES = 100 * 10**6
TOP = {
    "contents",
    "systemInstruction",
    "tools",
    "toolConfig",
    "safetySettings",
    "generationConfig",
    "cachedContent",
    "labels",
}
MODALITIES = (["TEXT", "IMAGE"], ["IMAGE"])
THRESHOLDS = {"BLOCK_NONE", "BLOCK_ONLY_HIGH", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_LOW_AND_ABOVE"}
PATH = re.compile(r"/v1beta/models/([^/:]+):generateContent")


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A picture as it arrived."""

    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request that keeps every rule.

    texts and pictures stand in the order sent; `parts` tells how they were mixed.
    """

    key: str = field(default="", repr=False)
    model: str = ""
    parts: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    pictures: tuple[Sent, ...] = ()
    ratio: str = "1:1"
    size: str = "1K"
    modalities: tuple[str, ...] = ("TEXT", "IMAGE")
    seed: int | None = None

    @property
    def pixels(self) -> tuple[int, int]:
        return MODEL_PIXELS[self.ratio][self.size]


def understand(path: str, headers: Mapping[str, str], body: bytes, *, key: str, models: set[str]) -> Asked:
    """The request, understood; or Refusal, with what the API would answer."""
    found = PATH.fullmatch(path)
    if not found:
        raise Refusal(google(404, "NOT_FOUND", "The requested URL was not found on this server."))
    _check_key(headers, key)
    if found[1] not in models:
        words = f"models/{found[1]} is not found for API version v1beta, or is not supported."
        raise Refusal(google(404, "NOT_FOUND", words))
    if len(body) > MOST_BODY_BYTES:
        raise Refusal(gateway(413, "Request entity too large", "request_too_large"))
    if key.encode() in body:
        raise bad_request("The key stands in the body.")
    return replace(_body(found[1], _json(body)), key=key)


def _check_key(headers: Mapping[str, str], key: str) -> None:
    given = headers.get("x-goog-api-key") or headers.get("authorization", "").removeprefix("Bearer ")
    if not given:
        words = "Method doesn't allow unregistered callers. Please use API Key or other form of identity."
        raise Refusal(google(403, "PERMISSION_DENIED", words))
    if given != key:
        reason = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
        words = "API key not valid. Please pass a valid API key."
        raise Refusal(google(400, "INVALID_ARGUMENT", words, {**reason, "domain": "googleapis.com"}))


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise bad_request("Invalid JSON payload received. Parsing error.") from error


def _body(model: str, given: Any) -> Asked:
    top = _fields(given, TOP, "")
    config = _config(top.get("generationConfig", {}))
    _check_safety(top.get("safetySettings", []))
    if top.get("tools", []) not in ([], [{"google_search": {}}], [{"googleSearch": {}}]):
        raise bad_request("Invalid value at 'tools'")
    parts = [_part(part, index) for index, part in enumerate(_parts(top.get("contents")))]
    pictures = tuple(part for part in parts if isinstance(part, Sent))
    if len(pictures) > MOST_PICTURES:
        raise bad_request(f"Please use at most {MOST_PICTURES} images; there are {len(pictures)}.")
    return Asked(
        model=model,
        parts=tuple("image" if isinstance(part, Sent) else "text" for part in parts),
        texts=tuple(part for part in parts if isinstance(part, str)),
        pictures=pictures,
        **config,
    )


def _parts(contents: Any) -> list[Any]:
    if not isinstance(contents, list) or not contents:
        raise bad_request("* GenerateContentRequest.contents: contents is not specified")
    found: list[Any] = []
    for content in contents:
        given = _fields(content, {"role", "parts"}, "contents[0]")
        if given.get("role", "user") != "user":
            raise bad_request("Please use a valid role: user.")
        if not isinstance(given.get("parts"), list) or not given["parts"]:
            raise bad_request("* GenerateContentRequest.contents[0].parts: contents.parts must not be empty.")
        found += given["parts"]
    return found


def _part(part: Any, index: int) -> Sent | str:
    where = f"contents[0].parts[{index}]"
    given = _fields(part, {"text", "inlineData"}, where)
    if len(given) != 1:
        raise bad_request(f"Invalid value at '{where}': exactly one of its fields must be set.")
    if "text" in given:
        if not isinstance(given["text"], str) or not given["text"]:
            raise bad_request(f"Invalid value at '{where}.text'")
        return given["text"]
    return _picture(_fields(given["inlineData"], {"mimeType", "data"}, f"{where}.inline_data"), where)


def _picture(blob: Mapping[str, Any], where: str) -> Sent:
    media_type, text = blob.get("mimeType"), blob.get("data")
    if media_type not in TYPES:
        raise bad_request(f"Unsupported MIME type: {media_type}")
    try:
        data = _decoded(text)
    except ValueError as error:
        words = f"Invalid value at '{where}.inline_data.data' (TYPE_BYTES), Base64 decoding failed"
        raise bad_request(words) from error
    if len(data) > MOST_INPUT_BYTES:
        raise bad_request(f"Image of {len(data)} bytes exceeds the inline limit of {MOST_INPUT_BYTES}.")
    if not _opens(data, media_type):
        raise bad_request("Unable to process input image. Please retry or report in troubleshooting.")
    return Sent(media_type=media_type, data=data)


def _decoded(text: Any) -> bytes:
    """Standard or URL-safe base64, never a mixture, and always padded. Raises ValueError."""
    if not isinstance(text, str) or (set(text) & set("-_") and set(text) & set("+/")):
        raise ValueError("no base64")
    return base64.b64decode(text.translate(str.maketrans("-_", "+/")), validate=True)


def _opens(data: bytes, media_type: str) -> bool:
    """Whether it is a whole picture of that very type."""
    if not TYPES[media_type]:
        return data[4:8] == b"ftyp"
    try:
        with Image.open(BytesIO(data), formats=[TYPES[media_type]]) as opened:
            opened.load()
    except (OSError, SyntaxError, ValueError):
        return False
    return True


def _config(given: Any) -> dict[str, Any]:
    known = {"responseModalities", "imageConfig", "seed", "candidateCount"}
    config = _fields(given, known, "generation_config")
    modalities = config.get("responseModalities", MODALITIES[0])
    if modalities not in MODALITIES:
        raise bad_request("Invalid value at 'generation_config.response_modalities'")
    for name in ("seed", "candidateCount"):
        if name in config and (type(config[name]) is not int or not -(2**31) <= config[name] < 2**31):
            raise bad_request(f"Invalid value at 'generation_config.{name}' (TYPE_INT32)")
    picture = _fields(
        config.get("imageConfig", {}), {"aspectRatio", "imageSize"}, "generation_config.image_config"
    )
    ratio, size = picture.get("aspectRatio", "1:1"), picture.get("imageSize", "1K")
    if ratio not in MODEL_PIXELS:
        raise bad_request(f"Invalid aspect ratio: {ratio}")
    if size not in SIZES:
        raise bad_request(f"Invalid image size: {size}. Use 1K, 2K or 4K.")
    return {"modalities": tuple(modalities), "seed": config.get("seed"), "ratio": ratio, "size": size}


def _check_safety(settings: Any) -> None:
    for setting in settings:
        given = _fields(setting, {"category", "threshold"}, "safety_settings[0]")
        if given.get("threshold") not in THRESHOLDS:
            raise bad_request("Invalid value at 'safety_settings[0].threshold'")


def _fields(given: Any, known: set[str], where: str) -> dict[str, Any]:
    """The fields of an object by their camelCase names; both casings are taken, also mixed."""
    if not isinstance(given, dict):
        raise bad_request(f"Invalid value at '{where}'")
    found: dict[str, Any] = {}
    for name, value in given.items():
        camel = re.sub("_([a-z])", lambda match: match[1].upper(), name)
        if camel not in known:
            raise unknown_field(name, where)
        if camel in found:
            raise bad_request(f"Field '{name}' is there twice at '{where}'.")
        found[camel] = value
    return found

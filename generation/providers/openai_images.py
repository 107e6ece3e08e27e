"""OpenAI's images/edits: a picture made from the subject, the scene and further photos, asked for by a form.

Known of it: the facts of November 2026; how a model is looked up, the `openai` client shows.
"""

from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, ClassVar
from urllib.parse import quote

from generation.imaging.ratios import MODEL_PIXELS
from generation.providers.base import (
    Failed,
    Finding,
    Job,
    Made,
    Picture,
    PictureRequest,
    Refused,
    Stopped,
    TryLater,
)
from generation.providers.wire.body import FormFile, form_body
from generation.providers.wire.endings import it_said
from generation.providers.wire.fault import Fault
from generation.providers.wire.line import Reply
from generation.providers.wire.plain import plain
from generation.providers.wire.provider import HttpProvider, tell_in_turn
from generation.providers.wire.shape import list_of, object_of
from generation.providers.wire.spill import spilled
from generation.providers.wire.told import Told

QUALITIES = ("low", "medium", "high", "auto")

# Models since gpt-image-2 make any multiples of 16 within 1:3 to 3:1, up to 3840 x 2160: of MODEL_PIXELS, all
# of 1K and 2K and nothing of 4K. Those before make these three sizes.
THREE_SIZES = {"1:1": {"1K": (1024, 1024)}, "3:2": {"1K": (1536, 1024)}, "2:3": {"1K": (1024, 1536)}}

PROVED = {
    "host": "It answers.",
    "key": "It was not refused.",
    "model": "It is there. Nothing was paid; whether it takes your pictures, only a picture proves.",
}
UNPROVED = {"key_refused": "key", "no_credit": "key", "model_unknown": "model"}


class OpenAIImages(HttpProvider):
    """The edits endpoint takes no seed, and makes nothing from words alone.

    One more option: quality (low, medium, high or auto), on which its prices depend; else the vendor chooses.
    """

    name = "OpenAI"
    model = "gpt-image-2"
    url = "https://api.openai.com"
    sizes: ClassVar[frozenset[str]] = frozenset({"1K", "2K"})
    takes_references: ClassVar[bool] = True
    most_pictures: ClassVar[int] = 16
    most_objects: ClassVar[int] = 16  # no other limit on things and people is told
    most_people: ClassVar[int] = 16
    most_input_bytes: ClassVar[int] = 50 * 10**6 - 1

    def __init__(self, *, alias: str, options: Mapping[str, Any]) -> None:
        super().__init__(alias=alias, options=options)
        self._quality = options.get("quality", "")
        if self._quality not in ("", *QUALITIES):
            raise ValueError(f"quality is {self._quality!r}; it must be one of {', '.join(QUALITIES)}.")
        self._pixels = THREE_SIZES if self.model.startswith("gpt-image-1") else MODEL_PIXELS

    @classmethod
    def known_options(cls) -> set[str]:
        return super().known_options() | {"quality"}

    def why_not(self, *, ratio: str, size: str) -> str:
        reason = super().why_not(ratio=ratio, size=size)
        if reason or size in self._pixels.get(ratio, {}):
            return reason
        return f"{self.name}'s {self.model} makes only {', '.join(self._pixels)} pictures, and those at 1K."

    def parameters(self, request: PictureRequest) -> Mapping[str, Any]:
        width, height = self._pixels[request.ratio][request.size]
        quality = {"quality": self._quality} if self._quality else {}
        return {"model": self.model, "size": f"{width}x{height}", "n": 1, **quality}

    def ask(self, request: PictureRequest, job: Job) -> Reply:
        fields = {"prompt": request.prompt, **self.parameters(request)}
        files = [_file(picture, alone=len(self.sends(request)) == 1) for picture in self.sends(request)]
        body = form_body([(name, str(value)) for name, value in fields.items()], files)
        return self.line.post("/v1/images/edits", body=body, seconds=self.timeouts[request.size])

    def read(self, reply: Reply, request: PictureRequest, sink: BinaryIO, job: Job) -> Made | TryLater:
        """The picture that was asked for. An answer without one costs as much as the pictures sent."""
        price, answer = self.price_of(request), reply.document
        if not isinstance(answer, dict):
            return self.bad_answer(reply, price=price, request=request)
        usage = plain(answer.get("usage"), self.clean)
        facts = self.facts(reply, request, cost=price, usage=usage if isinstance(usage, dict) else {})
        found = _picture(answer.get("data"))
        if not found:
            words = f"{self.name} sent an answer without a picture."
            facts["cost"] = self.input_price_of(request)
            return TryLater(code="no_picture", words=words, step="read", **facts)
        picture = spilled(found)
        if picture.error or not picture.size:
            return self.bad_answer(reply, price=price, request=request, usage=facts["usage"])
        picture.copy_to(sink)
        return Made(**facts)

    def after_error(
        self, reply: Reply, *, request: PictureRequest, told: Told | None = None, **more: Any
    ) -> Refused | Failed | TryLater | Stopped:
        said = told or self.told(reply)
        if said.code != "moderation_blocked":
            return super().after_error(reply, request=request, told=said, **more)
        words = (
            f"{self.name} stopped before drawing: its moderation does not allow the prompt or the pictures."
            f"{it_said(said.words)} Change the prompt, or use other pictures."
        )
        facts = self.facts(reply, request, vendor_code=said.code, vendor_words=said.words, **more)
        return Refused(code="blocked_prompt", words=words, stage="prompt", **facts)

    def probe(self, tell: Callable[[Finding], None]) -> None:
        """Look the model up, which is free."""
        request = PictureRequest(prompt="", ratio="1:1", size="1K")
        try:
            with self.line.get(f"/v1/models/{quote(self.model, safe='')}", seconds=60) as reply:
                ended = None if reply.status < 300 else self.after_error(reply, request=request)
        except Fault as fault:
            return tell(self.unreachable(fault))
        broken, words = (UNPROVED.get(ended.code, "host"), ended.words) if ended else ("", "")
        return tell_in_turn(tell, PROVED, broken=broken, words=words)


def _file(picture: Picture, *, alone: bool) -> FormFile:
    filename = f"{picture.role}.{picture.media_type.removeprefix('image/')}"
    name = "image" if alone else "image[]"
    return FormFile(name=name, filename=filename, media_type=picture.media_type, data=picture.data)


def _picture(data: object) -> object:
    """The first picture's base64, if there is any."""
    return object_of(next(iter(list_of(data)), None)).get("b64_json")

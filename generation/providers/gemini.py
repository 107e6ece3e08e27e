"""Nano Banana Pro (Gemini 3 Pro Image) in its native shape: through the Wisdom Gate gateway, or at Google's.

All that is known of it stands in the facts of November 2026. Nothing here was tried against a live host.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, ClassVar

from generation.providers.base import (
    Failed,
    Finding,
    Job,
    Made,
    PictureRequest,
    Refused,
    Result,
    Stopped,
    TryLater,
)
from generation.providers.wire.body import Base64, json_body
from generation.providers.wire.endings import it_said
from generation.providers.wire.fault import Fault
from generation.providers.wire.line import Reply
from generation.providers.wire.plain import plain
from generation.providers.wire.provider import HttpProvider, tell_in_turn
from generation.providers.wire.shape import list_of, object_of, text_of
from generation.providers.wire.spill import spilled

MODEL_NAME = re.compile(r"[A-Za-z0-9._-]+")

# Why a prompt was stopped (promptFeedback.blockReason), and what helps.
PROMPT_BLOCKS: Mapping[str, tuple[str, str]] = {
    "SAFETY": ("it finds the words or the pictures unsafe", "Change the prompt, or use other pictures."),
    "BLOCKLIST": ("a word in the prompt is on its list of forbidden words", "Word the prompt differently."),
    "PROHIBITED_CONTENT": ("it takes the content for forbidden", "Use other pictures, or change the prompt."),
    "IMAGE_SAFETY": ("it finds one of the pictures unsafe", "Use another photo or another scene."),
    "OTHER": ("it does not say why", "Change the prompt, or use other pictures."),
}

# Why a picture was held back (finishReason), and what helps.
PICTURE_BLOCKS: Mapping[str, tuple[str, str]] = {
    "IMAGE_SAFETY": ("it did not pass its own safety check", "Ask again: the same often passes."),
    "IMAGE_PROHIBITED_CONTENT": ("it shows what is forbidden", "Change the prompt, or use other pictures."),
    "IMAGE_RECITATION": ("it is too close to a picture that exists", "Change the prompt or the scene."),
    "PROHIBITED_CONTENT": ("it takes the content for forbidden", "Change the prompt, or use other pictures."),
    "SAFETY": ("it did not pass its own safety check", "Change the prompt, or use other pictures."),
    "RECITATION": ("it is too close to what exists", "Change the prompt or the scene."),
    "BLOCKLIST": ("it has to do with a forbidden word", "Word the prompt differently."),
    "SPII": ("it may show somebody's personal data", "Take names, numbers and papers out of the pictures."),
    "LANGUAGE": ("it does not know the prompt's language", "Write the prompt in English."),
}

# Why there was none, although nothing was held back.
NO_PICTURE: Mapping[str, str] = {
    "NO_IMAGE": "the model made none",
    "IMAGE_OTHER": "it does not say why",
    "OTHER": "it does not say why",
    "MAX_TOKENS": "it ran out of room before the picture",
    "MALFORMED_RESPONSE": "what the model made could not be read",
}

# Reported to pass often when asked for once more; of no other stop is that said.
MAY_PASS = frozenset({"IMAGE_SAFETY"})


class Gemini(HttpProvider):
    """generateContent, as the Wisdom Gate gateway passes it on.

    A call without a picture is counted at the price of the pictures sent: no fact says more.
    """

    name = "Wisdom Gate"
    model = "gemini-3-pro-image"
    url = "https://wisdom-gate.juheapi.com"
    takes_references: ClassVar[bool] = True
    makes_scenes: ClassVar[bool] = True
    most_pictures: ClassVar[int] = 14
    most_objects: ClassVar[int] = 6
    most_people: ClassVar[int] = 5
    input_types: ClassVar[frozenset[str]] = frozenset(
        {"image/jpeg", "image/png", "image/webp", "image/heic", "image/heif"}
    )
    most_input_bytes: ClassVar[int] = 7 * 10**6
    most_body_bytes: ClassVar[int] = 100 * 10**6
    """Bytes of a whole request, its pictures in base64."""

    def __init__(self, *, alias: str, options: Mapping[str, Any]) -> None:
        super().__init__(alias=alias, options=options)
        if not MODEL_NAME.fullmatch(self.model):
            raise ValueError(f"model is {self.model!r}; it must be a bare name, such as {type(self).model}.")
        self._path = f"/v1beta/models/{self.model}:generateContent"

    def headers(self) -> Mapping[str, str]:
        return {"x-goog-api-key": self.key}

    def parameters(self, request: PictureRequest) -> Mapping[str, Any]:
        kept = {"model": self.model, "aspectRatio": request.ratio, "imageSize": request.size}
        return kept if request.seed is None else {**kept, "seed": _seed(request.seed)}

    def document(self, request: PictureRequest) -> dict[str, Any]:
        """The request's body: subject, scene, further photos, then the words. Pictures stand as `Base64`."""
        sent = [
            {"inlineData": {"mimeType": picture.media_type, "data": Base64(picture.data)}}
            for picture in self.sends(request)
        ]
        config: dict[str, Any] = {
            "responseModalities": ["TEXT", "IMAGE"],  # with words, or a refusal could not say why
            "imageConfig": {"aspectRatio": request.ratio, "imageSize": request.size},
        }
        if request.seed is not None:
            config["seed"] = _seed(request.seed)
        return {
            "contents": [{"role": "user", "parts": [*sent, {"text": request.prompt}]}],
            "generationConfig": config,
        }

    def make(self, request: PictureRequest, sink: BinaryIO, job: Job) -> Result:
        """Ask, if the whole request is small enough to be taken."""
        size = len(json_body(self.document(request)))
        if size <= self.most_body_bytes:
            return super().make(request, sink, job)
        words = (
            f"{self.name} takes {self.most_body_bytes / 10**6:.0f} MB in one call, and these pictures make "
            f"{size / 10**6:.1f} MB. Remove some of the subject's further photos."
        )
        return Failed(code="too_large", words=words, step="prepare", parameters=self.parameters(request))

    def ask(self, request: PictureRequest, job: Job) -> Reply:
        body = json_body(self.document(request))
        return self.line.post(self._path, body=body, seconds=self.timeouts[request.size])

    def read(self, reply: Reply, request: PictureRequest, sink: BinaryIO, job: Job) -> Result:
        """The last picture that is no thought, unless the answer says that it was held back."""
        if not isinstance(reply.document, dict):
            return self.bad_answer(reply, price=self.price_of(request), request=request)
        said = _read(reply.document)
        facts = self.facts(
            reply,
            request,
            cost=self.input_price_of(request),
            model_version=self.clean(text_of(reply.document.get("modelVersion")))[:80],
            response_id=self.clean(text_of(reply.document.get("responseId")))[:120],
            usage=plain(object_of(reply.document.get("usageMetadata")), self.clean),
            vendor_code=self.clean(said.reason)[:100],
            vendor_words=self.clean(said.words),
        )
        if said.pictures and not said.held_back:
            return self._picture(said.pictures[-1], sink, {**facts, "cost": self.price_of(request)})
        return self._none(said, facts)

    def _picture(self, data: object, sink: BinaryIO, facts: dict[str, Any]) -> Made | TryLater:
        """Its declared type counts for nothing: it is often wrong."""
        picture = spilled(data)
        if picture.size:
            picture.copy_to(sink)
            return Made(**facts)
        what = "that can't be read" if picture.error else "without content"
        words = f"{self.name} sent a picture {what}."
        return TryLater(code="bad_answer", words=words, step="read", **facts)

    def _none(self, said: "_Said", facts: dict[str, Any]) -> Refused | TryLater:
        """Why there is no picture."""
        if said.prompt_block:
            why, helps = PROMPT_BLOCKS.get(said.reason, (self._unknown(said), PROMPT_BLOCKS["OTHER"][1]))
            return self._refused(f"stopped before drawing: {why}", helps, "blocked_prompt", "prompt", facts)
        if said.reason in PICTURE_BLOCKS:
            why, helps = PICTURE_BLOCKS[said.reason]
            ended = self._refused(f"held its picture back: {why}", helps, "blocked_picture", "picture", facts)
            return replace(ended, may_pass=said.reason in MAY_PASS)
        if said.reason not in ("", "STOP"):
            why = NO_PICTURE.get(said.reason, self._unknown(said))
            helps = "Ask again, or change the prompt."
            return self._refused(f"sent no picture: {why}", helps, "no_picture", "picture", facts)
        if said.words:
            helps = "Change the prompt, or use other pictures."
            return self._refused("answered in words only", helps, "refused_in_words", "words", facts)
        words = f"{self.name} sent an empty answer: no picture and no reason."
        return TryLater(code="no_picture", words=words, step="read", **facts)

    def _refused(self, what: str, helps: str, code: str, stage: str, facts: dict[str, Any]) -> Refused:
        words = f"{self.name} {what}.{it_said(facts['vendor_words'])} {helps}"
        return Refused(code=code, words=words, stage=stage, **facts)

    def _unknown(self, said: "_Said") -> str:
        """Vendors add reasons without a word."""
        return f"its reason is {self.clean(said.reason)[:60]}"

    def probe(self, tell: Callable[[Finding], None]) -> None:
        """Ask for nothing: an empty request is refused and costs nothing; how it is refused tells the rest.

        In which order a host looks at key, model and request is not known: only a picture proves everything.
        """
        try:
            with self.line.post(self._path, body=json_body({"contents": []}), seconds=60) as reply:
                self._tell(reply, tell)
        except Fault as fault:
            tell(self.unreachable(fault))

    def _tell(self, reply: Reply, tell: Callable[[Finding], None]) -> None:
        request = PictureRequest(prompt="", ratio="1:1", size="1K")
        ended = None if reply.status < 300 else self.after_error(reply, request=request)
        proved = {
            "host": f"{self.url} answers.",
            "key": "It was not refused.",
            "pace": "There were not too many calls.",
            "model": f"{self.model} was not refused. Nothing was paid, and only a picture proves it.",
        }
        broken, words = (_broken(ended), ended.words) if ended else ("", "")
        tell_in_turn(tell, proved, broken=broken, words=words)


class GoogleGemini(Gemini):
    """The same at Google's own host."""

    name = "Gemini"
    url = "https://generativelanguage.googleapis.com"


def _broken(ended: Refused | Failed | TryLater | Stopped) -> str:
    """What an error in answer to an empty request is about; that it is refused as such is well."""
    if isinstance(ended, Stopped):
        return {"moved": "host", "model_unknown": "model"}.get(ended.code, "key")
    if isinstance(ended, TryLater):
        return "pace" if ended.slow else "host"
    return ""


@dataclass(frozen=True, kw_only=True)
class _Said:
    """What an answer says. pictures: their data, thoughts left out. words: why, or what it says instead."""

    prompt_block: bool
    reason: str
    words: str
    pictures: tuple[object, ...]

    @property
    def held_back(self) -> bool:
        """Then a picture that is there all the same is a sketch on the way to it."""
        return self.prompt_block or self.reason in PICTURE_BLOCKS


def _read(document: Mapping[str, Any]) -> _Said:
    """Whatever the answer's shape: all of it may be absent, null or of another type."""
    candidates = [object_of(candidate) for candidate in list_of(document.get("candidates"))]
    parts = [part for candidate in candidates for part in _parts(candidate)]
    block = text_of(object_of(document.get("promptFeedback")).get("blockReason"))
    told = _words(candidate.get("finishMessage") for candidate in candidates)
    return _Said(
        prompt_block=bool(block),
        reason=block or text_of(candidates[0].get("finishReason") if candidates else None),
        words=told or _words(part.get("text") for part in parts),
        pictures=tuple(object_of(part["inlineData"]).get("data") for part in parts if "inlineData" in part),
    )


def _parts(candidate: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The parts of a candidate that are no thoughts."""
    parts = [object_of(part) for part in list_of(object_of(candidate.get("content")).get("parts"))]
    return [part for part in parts if not part.get("thought")]


def _words(values: Iterable[object]) -> str:
    return " ".join(filter(None, map(text_of, values)))


def _seed(seed: int) -> int:
    """The schema has 31 bits for it."""
    return seed % 2**31

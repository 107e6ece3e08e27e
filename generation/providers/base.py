"""The one contract between the runner and whoever makes the picture.

A provider gets a frozen `PictureRequest` and a place for the picture's bytes, and answers with exactly one of
`Made`, `Refused`, `Failed`, `TryLater`, `Stopped`. What it can do is declared as class attributes and
checked before anything is queued. Nothing here knows Django.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, BinaryIO, ClassVar

from generation.imaging.ratios import MODEL_PIXELS
from generation.imaging.slot import Box, Slot


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One picture that is sent: its bytes and what is known of them. sha256 is of `data`, in hex."""

    role: str  # "subject", "scene" or "cutout"
    data: bytes = field(repr=False)
    media_type: str
    width: int
    height: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class PictureRequest:
    """All that one picture is made from; the same request asks for the same picture.

    cutout is the subject as RGBA (PNG), cropped to nothing: same pixels as `subject`.
    width and height are the pixels to make, from `MODEL_PIXELS[ratio][size]`.
    """

    prompt: str
    subject: Picture
    cutout: Picture
    scene: Picture
    slot: Slot
    ratio: str
    size: str
    parameters: Mapping[str, Any]

    @property
    def width(self) -> int:
        return MODEL_PIXELS[self.ratio][self.size][0]

    @property
    def height(self) -> int:
        return MODEL_PIXELS[self.ratio][self.size][1]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is kept of every call, whatever came of it. cost is in US dollars."""

    cost: Decimal = Decimal(0)
    http_status: int | None = None
    bytes_received: int = 0
    model_version: str = ""
    response_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Made(Answer):
    """A picture; its bytes stand in the sink. subject_box: the subject's place in it, where that is known."""

    subject_box: Box | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Refused(Answer):
    """The model would not: its code and words, and whether the prompt or the picture was stopped."""

    code: str
    words: str
    stage: str


@dataclass(frozen=True, kw_only=True)
class Failed(Answer):
    """It can't work with these inputs: trying again gives the same."""

    code: str
    words: str
    step: str


@dataclass(frozen=True, kw_only=True)
class TryLater(Answer):
    """A fault that passes: try again, after `wait` seconds where one was told."""

    code: str
    words: str
    wait: float | None = None


@dataclass(frozen=True, kw_only=True)
class Stopped(Answer):
    """The account or the model is broken (key, credit, name): nobody's next call will work."""

    code: str
    words: str


Result = Made | Refused | Failed | TryLater | Stopped


class Provider:
    """Base of all providers. One file a vendor, found by alias from `BRANDKIT_PROVIDERS`."""

    name: ClassVar[str]
    """What people read on the pages."""

    model: ClassVar[str]
    """The model asked for where the options name none."""

    ratios: ClassVar[frozenset[str]] = frozenset(MODEL_PIXELS)
    """Aspect ratios that it makes."""

    sizes: ClassVar[frozenset[str]] = frozenset({"1K", "2K", "4K"})
    """Size classes that it makes."""

    uses_prompt: ClassVar[bool] = True
    """Whether the rendered prompt changes the picture."""

    computes: ClassVar[bool] = False
    """Whether it works on this machine's cores: then only as many calls run at once as there are."""

    price: ClassVar[Decimal] = Decimal(0)
    """US dollars a picture, as estimated before the call."""

    def __init__(self, *, alias: str, options: Mapping[str, Any]) -> None:
        unknown = set(options) - self.known_options()
        if unknown:
            raise ValueError(f"there is no option {sorted(unknown)[0]!r}.")
        self.alias = alias
        self.options = dict(options)

    @classmethod
    def known_options(cls) -> set[str]:
        """Names that OPTIONS may hold; any other stops the start."""
        return set()

    def why_not(self, *, ratio: str, size: str) -> str:
        """One sentence why it can't make such a picture; empty when it can."""
        if ratio not in self.ratios:
            return f"{self.name} does not make {ratio} pictures; it makes {', '.join(sorted(self.ratios))}."
        if size not in self.sizes:
            return f"{self.name} does not make {size} pictures; it makes {', '.join(sorted(self.sizes))}."
        return ""

    def make(self, request: PictureRequest, sink: BinaryIO) -> Result:
        """Make one picture, write its bytes to `sink` as received, and say what came of it."""
        raise NotImplementedError

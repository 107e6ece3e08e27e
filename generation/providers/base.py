"""The one contract between the runner and whoever makes the picture.

A provider gets a frozen `PictureRequest`, a place for the bytes and a `Job`, and answers with exactly
one of `Made`, `Refused`, `Failed`, `TryLater`, `Stopped`. What it can do is declared as class attributes and
checked before anything is queued. Nothing here knows Django.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, BinaryIO, ClassVar

from generation.imaging.ratios import MODEL_PIXELS
from generation.imaging.slot import Box, Slot
from generation.providers.prices import FREE, PriceTable

LONGEST_ACCOUNT = 80
"""Characters of an account's name."""

LONGEST_JOB = 200
"""Characters of a vendor's number for a job that can be kept."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One picture that is sent: its bytes and what is known of them. sha256 is of `data`, in hex."""

    role: str  # "subject", "cutout", "scene" or "reference"
    data: bytes = field(repr=False)
    media_type: str
    width: int
    height: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class PictureRequest:
    """All that one picture is made from; the same request asks for the same picture.

    No picture at all asks for one from words alone; a scene alone asks for it to be restyled.
    cutout is the subject as RGBA (PNG), same pixels as `subject` was taken from; it and `slot` are for
    providers that compose. references: further photos of the subject, in order.
    width and height are the pixels to make, from `MODEL_PIXELS[ratio][size]`.
    seed: the same in every try of the same wish; no model promises to honour it.
    """

    prompt: str
    ratio: str
    size: str
    subject: Picture | None = None
    cutout: Picture | None = None
    scene: Picture | None = None
    references: tuple[Picture, ...] = ()
    slot: Slot | None = None
    seed: int | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """What a model is sent, in this order: subject, scene, further references."""
        first = (self.subject, self.scene)
        return (*(picture for picture in first if picture), *self.references)

    @property
    def width(self) -> int:
        return MODEL_PIXELS[self.ratio][self.size][0]

    @property
    def height(self) -> int:
        return MODEL_PIXELS[self.ratio][self.size][1]


class Job:
    """What the runner lends a call: the vendor's job id of an earlier try, and a way to keep a new one.

    id: the job that an interrupted try left behind, to be asked for again instead of a new one; else empty.
    """

    def __init__(self, id: str = "") -> None:
        self.id = id

    def note(self, id: str) -> None:
        """Keep the vendor's job id. Once this returns, it outlives the process.

        Raises ValueError for one that can't be kept: at most `LONGEST_JOB` printable characters.
        """
        self.id = id

    def pause(self, seconds: float) -> bool:
        """Wait between two polls; False, at once, where this process is to stop and the call should end."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is kept of every call, whatever came of it.

    cost: US dollars. vendor_code, vendor_words: as the vendor told them, with keys and pictures struck out.
    usage: as the vendor told it. parameters: as sent, without prompt, pictures and key.
    """

    cost: Decimal = Decimal(0)
    http_status: int | None = None
    bytes_received: int = 0
    model_version: str = ""
    response_id: str = ""
    vendor_code: str = ""
    vendor_words: str = ""
    usage: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Made(Answer):
    """A picture; its bytes stand in the sink. subject_box: the subject's place in it, where that is known."""

    subject_box: Box | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Refused(Answer):
    """The model would not. stage: "prompt", "picture" or "words", where it stopped.

    may_pass: the very same again often passes, so one more try is allowed.
    """

    code: str
    words: str
    stage: str
    may_pass: bool = False


@dataclass(frozen=True, kw_only=True)
class Failed(Answer):
    """It can't work with these inputs: trying again gives the same. step: where in the way it stopped."""

    code: str
    words: str
    step: str


@dataclass(frozen=True, kw_only=True)
class TryLater(Answer):
    """A fault that passes: try again, after `wait` seconds where one was told.

    unknown: nobody knows whether a picture was made, so it counts as spent. slow: too many calls; everybody
    on this account waits and goes slower. job_goes_on: the noted job is still at work: the next try asks for
    that one. unreached: nobody was there to be asked: all wait, the longer the more often it happens, and the
    try does not count.
    """

    code: str
    words: str
    step: str = "call"
    wait: float | None = None
    unknown: bool = False
    slow: bool = False
    job_goes_on: bool = False
    unreached: bool = False


@dataclass(frozen=True, kw_only=True)
class Stopped(Answer):
    """The account or the model is broken (key, credit, name): nobody's next call will work."""

    code: str
    words: str


Result = Made | Refused | Failed | TryLater | Stopped


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of a probe: what was looked at, whether it works, and what to do where it does not."""

    what: str
    works: bool
    words: str


class Provider:
    """Base of all providers. One file a vendor, found by alias from `BRANDKIT_PROVIDERS`."""

    name: ClassVar[str]
    """What people read on the pages."""

    model: str
    """The model asked for; the option `model` names another."""

    ratios: ClassVar[frozenset[str]] = frozenset(MODEL_PIXELS)
    """Aspect ratios that it makes."""

    sizes: ClassVar[frozenset[str]] = frozenset({"1K", "2K", "4K"})
    """Size classes that it makes."""

    uses_prompt: ClassVar[bool] = True
    """Whether the rendered prompt changes the picture."""

    computes: ClassVar[bool] = False
    """Whether it works on this machine's cores: then only as many calls run at once as there are."""

    takes_references: ClassVar[bool] = False
    """Whether it is sent the further photos of a subject."""

    makes_scenes: ClassVar[bool] = False
    """Whether it makes a picture from words alone, and from one picture with words."""

    most_pictures: ClassVar[int] = 2
    """Pictures that one call may carry."""

    most_objects: ClassVar[int] = 1
    """Of them, so many of things that must stay the same: the subject is the first."""

    most_people: ClassVar[int] = 0
    """Of them, so many of people that must stay the same."""

    input_types: ClassVar[frozenset[str]] = frozenset({"image/jpeg", "image/png", "image/webp"})
    """Types of pictures that it takes."""

    most_input_bytes: ClassVar[int] = 50 * 10**6
    """Bytes of each picture that it takes."""

    most_input_side: ClassVar[int] = 3072
    """Pixels of the longer side of each picture that it is sent."""

    longest_prompt: ClassVar[int] = 32_000
    """Characters of a prompt."""

    def __init__(self, *, alias: str, options: Mapping[str, Any]) -> None:
        unknown = set(options) - self.known_options()
        if unknown:
            raise ValueError(f"there is no option {sorted(unknown)[0]!r}.")
        self.alias = alias
        self.options = dict(options)
        self.model = options.get("model") or type(self).model
        self.account = str(options.get("account") or alias)
        """Whose limits it shares: providers with the same key should name the same account."""
        if len(self.account) > LONGEST_ACCOUNT:
            raise ValueError(f"the name of an account has at most {LONGEST_ACCOUNT} characters.")
        for name in ("requests_a_minute", "calls_at_once"):
            _check_above_zero(options, name)
        self.prices: PriceTable = PriceTable(options["prices"]) if options.get("prices") else FREE

    @classmethod
    def known_options(cls) -> set[str]:
        """Names that OPTIONS may hold; any other stops the start."""
        return {"model", "account", "prices", "requests_a_minute", "calls_at_once"}

    def price(self, *, size: str, pictures: int) -> Decimal:
        """US dollars of one picture of that size class, made from so many pictures, by the price table."""
        return self.prices.picture(size) + pictures * self.prices.input

    def why_not(self, *, ratio: str, size: str) -> str:
        """One sentence why it can't make such a picture; empty when it can."""
        if ratio not in self.ratios:
            return f"{self.name} does not make {ratio} pictures; it makes {', '.join(sorted(self.ratios))}."
        if size not in self.sizes:
            return f"{self.name} does not make {size} pictures; it makes {', '.join(sorted(self.sizes))}."
        return ""

    def why_not_from(self, *, pictures: int, objects: int, people: int, prompt: str) -> str:
        """One sentence why it can't be asked with so many pictures and this prompt; empty when it can.

        objects: of the pictures, those that show the thing itself, the subject's own photo among them;
        people: those that show a person.
        """
        for has, most, what in (
            (pictures, self.most_pictures, "pictures in one call"),
            (objects, self.most_objects, "photos of the thing itself"),
            (people, self.most_people, "photos of people"),
        ):
            if has > most:
                return f"{self.name} takes at most {most} {what}, and here are {has}. Remove {has - most}."
        if len(prompt) > self.longest_prompt:
            return (
                f"{self.name} reads prompts of at most {self.longest_prompt} characters; "
                f"this one has {len(prompt)}."
            )
        return ""

    def sends(self, request: PictureRequest) -> tuple[Picture, ...]:
        """The pictures of a request that it makes use of, in the order in which it sends them."""
        return request.pictures

    def make(self, request: PictureRequest, sink: BinaryIO, job: Job) -> Result:
        """Make one picture, write its bytes to `sink` as received, and say what came of it."""
        raise NotImplementedError

    def probe(self, tell: Callable[[Finding], None]) -> None:
        """Tell whether key, host and model work, one finding at a time, at the least cost."""
        raise NotImplementedError


def _check_above_zero(options: Mapping[str, Any], name: str) -> None:
    """The engine reads these from the settings: it imports no provider for them."""
    value = options.get(name)
    if value is not None and not (isinstance(value, int | float) and value > 0):
        raise ValueError(f"{name} is {value!r}; it must be a number above 0.")

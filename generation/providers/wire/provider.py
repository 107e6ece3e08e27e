"""What providers that are asked over HTTP have in common: options, money, and how each failure is told."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, BinaryIO, ClassVar

from generation.providers.base import (
    Failed,
    Job,
    Picture,
    PictureRequest,
    Provider,
    Result,
    Stopped,
    TryLater,
)
from generation.providers.wire.fault import Fault
from generation.providers.wire.line import Line, Reply
from generation.providers.wire.told import Told

TIMEOUTS: Mapping[str, float] = {"1K": 300, "2K": 300, "4K": 600}
"""Seconds for a call, by size class: a client that leaves early is billed all the same (reported)."""


class HttpProvider(Provider):
    """Base of the vendors' files: a subclass says how to `ask` and how to `read`, and names its `url`.

    Options on top of the base's: key (required where `needs_key`), url (instead of the class's), timeouts
    (seconds by size class, over those of `TIMEOUTS`).
    """

    url: str
    """The vendor's address; the option `url` names another."""

    needs_key: ClassVar[bool] = True
    """Whether it can't be called without a key."""

    def __init__(self, *, alias: str, options: Mapping[str, Any]) -> None:
        super().__init__(alias=alias, options=options)
        self.key: str = options.get("key") or ""
        self.url = options.get("url") or type(self).url
        self.timeouts: Mapping[str, float] = {**TIMEOUTS, **(options.get("timeouts") or {})}
        self.line = Line(base=self.url, headers=self.headers())

    @classmethod
    def known_options(cls) -> set[str]:
        return super().known_options() | {"key", "url", "timeouts"}

    # What a vendor's file says

    def headers(self) -> Mapping[str, str]:
        """What goes with every request, the key among it. By default as most vendors want it."""
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}

    def ask(self, request: PictureRequest, job: Job) -> Reply:
        """Send the request (or ask for `job.id`). Raises Fault."""
        raise NotImplementedError

    def read(self, reply: Reply, request: PictureRequest, sink: BinaryIO, job: Job) -> Result:
        """Read an answer of status 2xx. A Fault raised here is told like one of `ask`."""
        raise NotImplementedError

    def parameters(self, request: PictureRequest) -> Mapping[str, Any]:
        """What is kept of what was sent: no prompt, no pictures, no key."""
        return {}

    # What is the same for all

    def make(self, request: PictureRequest, sink: BinaryIO, job: Job) -> Result:
        """Ask once and read the answer."""
        raise NotImplementedError

    def price_of(self, request: PictureRequest) -> Decimal:
        """US dollars of a picture made from this request."""
        raise NotImplementedError

    def input_price_of(self, request: PictureRequest) -> Decimal:
        """US dollars of an answer without a picture: of the pictures sent only; no fact says more."""
        raise NotImplementedError

    def facts(self, reply: Reply, request: PictureRequest, **more: Any) -> dict[str, Any]:
        """What every answer tells: http_status, bytes_received, parameters; and `more`."""
        raise NotImplementedError

    def clean(self, text: str) -> str:
        """`text` from outside without our keys, and without pictures."""
        raise NotImplementedError

    def after_fault(
        self, fault: Fault, *, price: Decimal, request: PictureRequest, **more: Any
    ) -> TryLater | Failed:
        """How it ends where no whole answer came. price: of the picture that may have been made."""
        raise NotImplementedError

    def after_error(
        self, reply: Reply, *, request: PictureRequest, told: Told | None = None, **more: Any
    ) -> Failed | TryLater | Stopped:
        """How it ends with an answer that is no 2xx. told: where the vendor's file read it already.

        It costs nothing. A vendor's file looks for its own refusals first.
        """
        raise NotImplementedError

    def bad_answer(self, reply: Reply, *, price: Decimal, request: PictureRequest, **more: Any) -> TryLater:
        """How it ends with a 2xx that makes no sense, such as a page: somebody may have made something."""
        raise NotImplementedError

    def blame(self, sent: Sequence[Picture], words: str) -> tuple[str, str]:
        """Which of the pictures sent a complaint may mean, and what helps.

        Such as "the scene picture (image/webp, 3.1 MB)" and "Upload the scene again as JPEG."; where the
        words name none, all of them with their sizes and types.
        """
        raise NotImplementedError

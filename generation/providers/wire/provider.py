"""What providers that are asked over HTTP have in common: options, money, and how each failure is told."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, BinaryIO, ClassVar

from generation.providers.base import (
    Failed,
    Finding,
    Job,
    PictureRequest,
    Provider,
    Refused,
    Result,
    Stopped,
    TryLater,
)
from generation.providers.wire.clean import clean
from generation.providers.wire.endings import (
    code_of,
    error_words,
    fault_words,
    kind_of,
    seconds_to_midnight,
)
from generation.providers.wire.fault import Fault
from generation.providers.wire.line import Line, Reply, checked_base
from generation.providers.wire.told import Told, told

TIMEOUTS: Mapping[str, float] = {"1K": 300, "2K": 300, "4K": 600}
"""Seconds for a call, by size class: a client that leaves early is billed all the same (reported)."""

LONGEST = 3600
"""Seconds that a time-out may have."""


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
        self.options.pop("key", None)
        self.key: str = _key(options.get("key"), needed=self.needs_key)
        self.url = _url(options.get("url") or type(self).url)
        self.timeouts: Mapping[str, float] = {**TIMEOUTS, **_timeouts(options.get("timeouts") or {})}
        self.line = Line(base=self.url, headers=self.headers())

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.alias!r}: {self.model} at {self.url}>"

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
        try:
            with self.ask(request, job) as reply:
                if 200 <= reply.status < 300:
                    return self.read(reply, request, sink, job)
                return self.after_error(reply, request=request)
        except Fault as fault:
            return self.after_fault(fault, price=self.price_of(request), request=request)

    def price_of(self, request: PictureRequest) -> Decimal:
        """US dollars of a picture made from this request."""
        return self.price(size=request.size, pictures=len(self.sends(request)))

    def input_price_of(self, request: PictureRequest) -> Decimal:
        """US dollars of an answer without a picture: of the pictures sent only; no fact says more."""
        return len(self.sends(request)) * self.prices.input

    def told(self, reply: Reply) -> Told:
        """What an error says, without our keys."""
        return told(reply, (self.key,))

    def clean(self, text: str) -> str:
        """`text` from outside without our keys, and without pictures."""
        return clean(text, (self.key,))

    def unreachable(self, fault: Fault) -> Finding:
        """What a probe finds where the host gives no answer."""
        words = f"{self.url} gave no answer ({fault.kind.replace('_', ' ')}). Check the address."
        return Finding(what="host", works=False, words=words)

    def facts(self, reply: Reply, request: PictureRequest, **more: Any) -> dict[str, Any]:
        """What every answer tells: http_status, bytes_received, parameters; and `more`, over those."""
        return {
            "http_status": reply.status,
            "bytes_received": reply.bytes_received,
            "parameters": self.parameters(request),
            **more,
        }

    def after_error(
        self, reply: Reply, *, request: PictureRequest, told: Told | None = None, **more: Any
    ) -> Refused | Failed | TryLater | Stopped:
        """How it ends with an answer that is no 2xx; it costs nothing. A vendor's own refusals come first.

        told: where the vendor's file read it already. more: fields of the result, over ours.
        """
        said = told or self.told(reply)
        code = code_of(reply.status, said)
        sent = self.sends(request)
        words = error_words(code, reply.status, said, name=self.name, model=self.model, sent=sent)
        facts = self.facts(reply, request, vendor_code=said.code, vendor_words=said.words)
        fields = {"code": code, "words": words, **facts}
        match kind_of(code):
            case "stopped":
                return Stopped(**{**fields, **more})
            case "failed":
                return Failed(**{**fields, "step": "inputs" if code == "bad_input" else "call", **more})
        slow = reply.status == 429
        wait = seconds_to_midnight(datetime.now(UTC)) if code == "quota_used_up" else said.wait
        return TryLater(**{**fields, "wait": wait, "slow": slow, **more})

    def after_fault(
        self, fault: Fault, *, price: Decimal, request: PictureRequest, **more: Any
    ) -> TryLater | Failed:
        """How it ends where no whole answer came. price: of the picture that may have been made.

        With a status that said well, somebody made something; without one, nobody knows. more: as above.
        """
        unknown = fault.may_be_paid and fault.status is None
        seconds = self.timeouts[request.size]
        fields = {
            "code": fault.kind,
            "words": fault_words(fault, name=self.name, seconds=seconds, unknown=unknown),
            "step": "call",
            "cost": price if fault.may_be_paid else Decimal(0),
            "http_status": fault.status,
            "bytes_received": fault.bytes_received,
            "vendor_words": self.clean(str(fault)),
            "parameters": self.parameters(request),
        }
        if fault.kind in ("too_large", "forbidden"):
            return Failed(**{**fields, **more})
        given = {**fields, "unknown": unknown, **more}
        return TryLater(**given, unreached=fault.kind == "no_connection" and given["step"] == "call")

    def bad_answer(self, reply: Reply, *, price: Decimal, request: PictureRequest, **more: Any) -> TryLater:
        """How it ends with a 2xx that makes no sense, such as a page: somebody may have made something."""
        fault = Fault("bad_answer")
        words = fault_words(fault, name=self.name, seconds=0, unknown=False)
        facts = self.facts(reply, request, cost=price, vendor_words=self.told(reply).words)
        return TryLater(**{"code": fault.kind, "words": words, **facts, **more})


def tell_in_turn(
    tell: Callable[[Finding], None], proved: Mapping[str, str], *, broken: str, words: str
) -> None:
    """What a probe has `proved`, up to the one that is `broken`, which is told in `words`; "" if none is."""
    for what, good in proved.items():
        works = what != broken
        tell(Finding(what=what, works=works, words=good if works else words))
        if not works:
            return


def _key(value: object, *, needed: bool) -> str:
    """A key, fit for a header. Raises ValueError, which never tells its value."""
    key = value or ""
    if not isinstance(key, str) or not (key.isascii() and key.isprintable()) or " " in key:
        raise ValueError("the option 'key' must be letters, digits and signs without spaces or line breaks.")
    if needed and not key:
        raise ValueError("the option 'key' is missing.")
    return key


def _url(value: str) -> str:
    try:
        return checked_base(value)
    except ValueError as error:
        raise ValueError(f"the option 'url' is not right: {error}") from error


def _timeouts(given: Mapping[str, Any]) -> Mapping[str, float]:
    if unknown := sorted(set(given) - set(TIMEOUTS)):
        raise ValueError(f"the option 'timeouts' knows no {unknown[0]!r}; there are {', '.join(TIMEOUTS)}.")
    for size, seconds in given.items():
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= LONGEST:
            raise ValueError(
                f"the option 'timeouts' has {seconds!r} for {size}; it must be above 0 and at most {LONGEST}."
            )
    return given

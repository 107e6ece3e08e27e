"""The flat API of two pictures and a prompt that some gateways offer: answered at once, or as a job.

Known of it (November 2026, from documentation; nothing was read off a live call): the names of the fields
that are sent; `{request_id, status: "succeeded", outputs: [{url, width, height, format}]}`, or outputs in
base64; that some answer with an id and a status first, and are polled. All else is in `Dialect`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from io import SEEK_END
from time import monotonic
from typing import Any, BinaryIO, ClassVar
from urllib.parse import quote, unquote, urlsplit

from generation.imaging.sniff import HEAD, sniff
from generation.providers.base import (
    LONGEST_JOB,
    Failed,
    Finding,
    Job,
    Made,
    Picture,
    PictureRequest,
    Refused,
    Result,
    Stopped,
    TryLater,
)
from generation.providers.image_jobs_dialect import Dialect
from generation.providers.wire.body import Base64, Body, json_body
from generation.providers.wire.endings import it_said
from generation.providers.wire.fault import Fault
from generation.providers.wire.fetch import fetch
from generation.providers.wire.line import Reply
from generation.providers.wire.provider import HttpProvider, tell_in_turn
from generation.providers.wire.shape import object_of
from generation.providers.wire.spill import Spilled, spilled
from generation.providers.wire.told import Told

POLL_SECONDS = 60.0
"""For one poll: a finished one may carry the picture."""

FIRST_PAUSE, GROWTH = 1.0, 1.5
"""Seconds before the first poll, and how much longer each further pause is."""

FETCH_PAUSES = (2.0, 10.0)
"""Seconds before each further try to fetch a finished picture."""

MORE_PAUSES = (30.0, 60.0, 120.0)
"""And then, where there is no job to be asked for again: the next call would be paid anew."""

NOTHING = Decimal(0)
KEY_REFUSED = frozenset({401, 402, 403})
KEY_PROVED = "It was not refused. Whether a picture comes shows only when one is paid for."
GONE = frozenset({404, 410})
FINAL = frozenset({"forbidden", "too_large"})


@dataclass(frozen=True, kw_only=True)
class _Call:
    """One call of `make`. price: of a picture that comes of it; 0 where an earlier call began the job."""

    request: PictureRequest
    sink: BinaryIO
    job: Job
    price: Decimal


@dataclass(frozen=True, kw_only=True)
class _AtWork:
    """A look at a job that has not ended. seen: what it showed; wait: seconds until the next, if told."""

    seen: str
    wait: float = 0


class ImageJobs(HttpProvider):
    """Sends the subject and the scene, and takes the first picture that comes. Its options: `Dialect`.

    url: the whole address that pictures are asked for at.
    """

    name = "Image jobs"
    model = "image-jobs"
    url = ""
    needs_key: ClassVar[bool] = False

    def __init__(self, *, alias: str, options: Mapping[str, Any]) -> None:
        known = {one.name for one in fields(Dialect)}
        self.dialect = Dialect(**{name: value for name, value in options.items() if name in known})
        super().__init__(alias=alias, options=options)

    @classmethod
    def known_options(cls) -> set[str]:
        return super().known_options() | {one.name for one in fields(Dialect)}

    def headers(self) -> Mapping[str, str]:
        if self.dialect.key_header == "Authorization":
            return super().headers()
        return {self.dialect.key_header: self.key} if self.key else {}

    def why_not(self, *, ratio: str, size: str) -> str:
        if size not in self.dialect.makes:
            return f"{self.name} does not make {size} pictures; it makes {', '.join(self.dialect.makes)}."
        return super().why_not(ratio=ratio, size=size)

    def sends(self, request: PictureRequest) -> tuple[Picture, ...]:
        return tuple(picture for picture in (request.subject, request.scene) if picture)

    def parameters(self, request: PictureRequest) -> Mapping[str, Any]:
        pixels = f"{request.width}x{request.height}"
        sent = {
            "model": self.options.get("model") or None,
            self.dialect.frame: pixels if self.dialect.frame == "size" else request.ratio,
            "n": 1,
            "seed": request.seed,
            **self.dialect.fields,
        }
        return {name: value for name, value in sent.items() if value is not None}

    def make(self, request: PictureRequest, sink: BinaryIO, job: Job) -> Result:
        """Ask for a picture, or for the job that an earlier call began."""
        if not (request.subject and request.scene):
            raise ValueError("image jobs are made of a subject and a scene.")
        if job.id:
            return self._follow(_Call(request=request, sink=sink, job=job, price=NOTHING))
        price = self.price_of(request)
        try:
            reply = self.line.post("", body=self._body(request), seconds=self.timeouts[request.size])
        except Fault as fault:
            return self.after_fault(fault, price=price, request=request)
        with reply:
            return self._begin(reply, _Call(request=request, sink=sink, job=job, price=price))

    def probe(self, tell: Callable[[Finding], None]) -> None:
        """Ask for a job that there is not: free, and it shows host and key. A model only a picture shows."""
        host = urlsplit(self.url).netloc
        try:
            with self._ask_for("probe") as reply:
                status = reply.status
        except Fault as fault:
            return tell(self.unreachable(fault))
        broken, words = "", ""
        if 300 <= status < 400 or status >= 500:
            broken = "host"
            words = f"{host} answers with HTTP {status}. Check the address, or try again later."
        elif status in KEY_REFUSED:
            broken = "key"
            words = f"It was refused (HTTP {status}). Check it, and that its account has credit."
        return tell_in_turn(tell, {"host": f"{host} answers.", "key": KEY_PROVED}, broken=broken, words=words)

    # The way of a job

    def _body(self, request: PictureRequest) -> Body:
        subject, scene = self.sends(request)
        pictures = {"subject_image": Base64(subject.data), "reference_image": Base64(scene.data)}
        return json_body({"prompt": request.prompt, **pictures, **self.parameters(request)})

    def _ask_for(self, id: str) -> Reply:
        path = self.dialect.poll_path.replace("{id}", quote(id, safe=""))
        return self.line.get(path, seconds=POLL_SECONDS)

    def _begin(self, reply: Reply, call: _Call) -> Result:
        """Read what came of asking for a picture."""
        if not _fine(reply):
            return self._refusal(reply, call, cost=NOTHING) or self.after_error(reply, request=call.request)
        if ended := self._ended(reply, call):
            return ended
        answer = object_of(reply.document)
        if not answer.get("status"):
            return self.bad_answer(reply, price=call.price, request=call.request)
        id = answer.get(self.dialect.id_field)
        if not _usable(id) or self._holds_key(str(id)):
            return self._not_understood(reply, call, f"no usable {self.dialect.id_field} to ask for it by")
        call.job.note(str(id))
        return self._follow(call)

    def _follow(self, call: _Call) -> Result:
        """Ask for the job, again and again, until it ends, this process stops, or the time is spent."""
        until = monotonic() + self.dialect.budget
        pause, look = FIRST_PAUSE, _AtWork(seen="not looked at yet")
        while (left := until - monotonic()) > 0:
            if not call.job.pause(min(max(pause, look.wait), left)):
                words = "This server stopped meanwhile. The same job is asked for again, and paid only once."
                return self._not_ended(call, code="handed_back", words=words)
            pause = min(pause * GROWTH, self.dialect.longest_pause)
            found = self._look(call)
            if not isinstance(found, _AtWork):
                return found
            look = found
        words = f"{self.name} was not done after {self.dialect.budget:g} s (last seen: {look.seen})."
        return self._not_ended(call, code="still_running", words=words, unknown=True)

    def _not_ended(self, call: _Call, *, code: str, words: str, unknown: bool = False) -> TryLater:
        return TryLater(
            code=code,
            words=words,
            unknown=unknown,
            job_goes_on=True,
            cost=call.price,
            response_id=call.job.id[:120],
            parameters=self.parameters(call.request),
        )

    def _look(self, call: _Call) -> Result | _AtWork:
        """Ask for the job once. A look that fails says nothing about the job."""
        try:
            reply = self._ask_for(call.job.id)
        except Fault as fault:
            if fault.kind == "too_large":
                return self.after_fault(fault, price=call.price, request=call.request, cost=call.price)
            return _AtWork(seen=fault.kind.replace("_", " "))
        with reply:
            if _fine(reply):
                status = self.clean(str(object_of(reply.document).get("status", "no status")))
                return self._ended(reply, call) or _AtWork(seen=f"“{status[:40]}”")
            if reply.status in GONE:
                words = f"{self.name} no longer knows the job."
                return TryLater(code="job_lost", words=words, **self._facts(reply, call, call.price))
            ended = self.after_error(reply, request=call.request)
            if isinstance(ended, Stopped):
                return replace(ended, cost=call.price)
            wait = ended.wait if isinstance(ended, TryLater) else None
            return _AtWork(seen=f"HTTP {reply.status}", wait=wait or 0)

    # What an answer says

    def _ended(self, reply: Reply, call: _Call) -> Result | None:
        """What came of the job; None while it is at work, or where the answer does not say."""
        answer = object_of(reply.document)
        status, outputs = str(answer.get("status", "")).lower(), answer.get("outputs")
        if status in self.dialect.done or (outputs and not status):
            return self._made(outputs, reply, call)
        if refused := self._refusal(reply, call, cost=self._inputs(call)):
            return refused
        if status not in self.dialect.failed:
            return None
        said = self.told(reply)
        words = f"{self.name} began the picture and did not finish it."
        words += it_said(said.words)
        return TryLater(code="job_failed", words=words, **self._facts(reply, call, self._inputs(call), said))

    def _refusal(self, reply: Reply, call: _Call, *, cost: Decimal) -> Refused | None:
        said = self.told(reply)
        if said.code not in self.dialect.refused:
            return None
        words = f"{self.name} would not make this picture. Change the prompt or the photos."
        words += it_said(said.words)
        facts = self._facts(reply, call, cost, said)
        return Refused(code="blocked_prompt", words=words, stage="prompt", **facts)

    def _made(self, outputs: object, reply: Reply, call: _Call) -> Result:
        """Take the first output: an address, base64, or an object with either."""
        if not (isinstance(outputs, list) and outputs):
            return self._no_picture(reply, call, cost=self._inputs(call))
        first, name = outputs[0], self.dialect.base64_field
        output = first if isinstance(first, dict) else {"url" if _is_address(first) else name: first}
        if output.get("url"):
            result = self._fetch(str(output["url"]), reply, call)
        elif name in output:
            result = self._unpack(spilled(output[name]), reply, call)
        else:
            has = self.clean(", ".join(map(str, output)))[:80]
            return self._not_understood(reply, call, f"an output with {has}, and with neither url nor {name}")
        if isinstance(result, Made) and len(outputs) > 1:
            return replace(result, notes=(f"{len(outputs)} pictures came; the first one was kept.",))
        return result

    def _unpack(self, picture: Spilled, reply: Reply, call: _Call) -> Result:
        if picture.error:
            return self.bad_answer(reply, price=call.price, request=call.request)
        if not picture.size:
            return self._no_picture(reply, call, cost=call.price)
        picture.copy_to(call.sink)
        return Made(**self._facts(reply, call, call.price))

    def _no_picture(self, reply: Reply, call: _Call, *, cost: Decimal) -> TryLater:
        words = f"{self.name} said that it was done, and sent no picture."
        return TryLater(code="no_picture", words=words, **self._facts(reply, call, cost))

    def _fetch(self, url: str, reply: Reply, call: _Call) -> Result:
        """Write what lies at the address to the sink. It is paid in any case: so more tries than one."""
        if self._holds_key(url):
            return self._not_understood(reply, call, "the address of its picture holds our key")
        facts = self._facts(reply, call, call.price)
        pauses = iter(FETCH_PAUSES if call.job.id else FETCH_PAUSES + MORE_PAUSES)
        while True:
            try:
                size = self._fetch_once(url, call.sink)
                return Made(**{**facts, "bytes_received": reply.bytes_received + size})
            except Fault as fault:
                pause = next(pauses, None)
                if fault.kind in FINAL or pause is None or not call.job.pause(pause):
                    said = {
                        "vendor_words": self.clean(str(fault)),
                        "http_status": fault.status or reply.status,
                    }
                    return self._not_fetched(url, fault, call, {**facts, **said})

    def _holds_key(self, text: str) -> bool:
        """Such an id must not be kept, nor such an address be asked: it would be logged, and told others."""
        return bool(self.key) and self.key in unquote(text)

    def _fetch_once(self, url: str, sink: BinaryIO) -> int:
        """Gives how many bytes came. Raises Fault, also for what is no picture; then nothing of it stays."""
        allowed = frozenset(self.dialect.allow_hosts)
        size = fetch(url, sink=sink, base=self.url, allow_hosts=allowed)
        sink.seek(0)
        found = sniff(sink.read(HEAD))
        sink.seek(0, SEEK_END)
        if not found.media_type:
            sink.seek(0)
            sink.truncate()
            raise Fault("bad_answer", f"it is {found.words}")
        return size

    def _not_fetched(
        self, url: str, fault: Fault, call: _Call, facts: Mapping[str, Any]
    ) -> Stopped | Failed | TryLater:
        host = self.clean(_host(url))[:80]
        if fault.kind == "forbidden":
            words = (
                f"{self.name} keeps its pictures at “{host}”, where this server fetches nothing from. "
                "If the address is right, an operator can allow it (allow_hosts) and resume the provider."
            )
            return Stopped(code="host_not_allowed", words=words, **facts)
        if fault.kind == "too_large":
            words = f"The picture that {self.name} made is too large. Choose a format of a smaller size."
            return Failed(code="too_large", words=words, step="fetch", **facts)
        words = f"{self.name} made the picture, and it could not be fetched from “{host}”."
        again = bool(call.job.id)
        return TryLater(code="not_fetched", words=words, step="fetch", job_goes_on=again, **facts)

    def _not_understood(self, reply: Reply, call: _Call, what: str) -> Stopped:
        """The next answers would be the same, and each would be paid: nobody asks until it is set up."""
        words = (
            f"{self.name} answers in a way that it is not set up for here: {what}. An operator can name it "
            "in the provider's options, and resume the provider."
        )
        return Stopped(code="not_understood", words=words, **self._facts(reply, call, call.price))

    def _inputs(self, call: _Call) -> Decimal:
        """The cost of an answer without a picture."""
        return self.input_price_of(call.request) if call.price else NOTHING

    def _facts(self, reply: Reply, call: _Call, cost: Decimal, said: Told | None = None) -> dict[str, Any]:
        id = self.clean(str(object_of(reply.document).get(self.dialect.id_field, call.job.id)))[:120]
        more = {"vendor_code": said.code, "vendor_words": said.words} if said else {}
        return self.facts(reply, call.request, cost=cost, response_id=id, **more)


def _fine(reply: Reply) -> bool:
    return 200 <= reply.status < 300


def _is_address(value: object) -> bool:
    return isinstance(value, str) and "://" in value[:10]


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.rpartition("@")[2] or "no address"
    except ValueError:
        return "no address"


def _usable(id: object) -> bool:
    """Whether a job can be kept and asked for by that. Dots alone would be another address."""
    text = str(id)
    fits = 0 < len(text) <= LONGEST_JOB and text.isprintable() and text.strip(".") != ""
    return fits and isinstance(id, str | int) and not isinstance(id, bool)

"""Log lines that tell what they are about: text for people, or one JSON object a line for machines."""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from django.http import HttpRequest

REQUEST_ID = "HTTP_X_REQUEST_ID"
"""Where a request's own number stands in its META; see `brandkit.web.requests`."""

_about: ContextVar[Mapping[str, Any]] = ContextVar("about", default=MappingProxyType({}))
_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


@contextmanager
def about(**facts: Any) -> Iterator[None]:
    """Whatever this thread logs within the block tells these facts too; what is None or empty is left out."""
    before = _about.set(_about.get())
    try:
        also(**facts)
        yield
    finally:
        _about.reset(before)


def also(**facts: Any) -> None:
    """The same from here to the end of the block that `about` began."""
    known = {name: value for name, value in facts.items() if value not in (None, "")}
    _about.set({**_about.get(), **known})


@contextmanager
def answering(request: HttpRequest) -> Iterator[None]:
    """Whatever this thread logs within the block tells of which request it is, and of whose."""
    before = _request.set(request)
    try:
        yield
    finally:
        _request.reset(before)


class Text(logging.Formatter):
    """A line with its facts behind it. An exception follows in lines of its own."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 -- the library's name
        told = " ".join(f"{name}={value}" for name, value in _facts(record).items())
        return _one_line(super().formatMessage(record) + (told and f" [{told}]"))


class Json(logging.Formatter):
    """One JSON object, on one line whatever it tells of."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            **_facts(record),
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            told["stack"] = self.formatStack(record.stack_info)
        return json.dumps(told, default=str)


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    """Django tells of what went wrong when that block has ended; such a record holds its request."""
    request = getattr(record, "request", None) or _request.get()
    told = _facts_of(request) if isinstance(request, HttpRequest) else {}
    status = getattr(record, "status_code", None)
    return {**_about.get(), **told, **({"status": status} if status else {})}


def _facts_of(request: HttpRequest) -> dict[str, Any]:
    """Without the query, which may hold what people searched for."""
    told = {"request": request.META.get(REQUEST_ID), "method": request.method, "path": request.path}
    user = _known_user(request)
    return {**told, **({"user": user} if user else {})}


def _known_user(request: HttpRequest) -> int | None:
    """Whose request it is, if that has been looked up already: a log line asks no database."""
    known = request.__dict__
    user = known.get("_cached_user") or known.get("user")  # the session's; the API's token's
    return getattr(user, "pk", None) if "_wrapped" not in getattr(user, "__dict__", {}) else None


def _one_line(text: str) -> str:
    """Nobody's name or address makes a line look like one of ours."""
    return text.replace("\r", "\\r").replace("\n", "\\n")

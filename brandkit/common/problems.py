"""One error body for the API: problem details, as RFC 9457 has them.

`type` is always about:blank: what a program should look at is `code`, what a person should read is `detail`.
"""

import logging
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from math import ceil
from typing import Any

from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
    ValidationError,
)
from django.core.signals import got_request_exception
from django.http import Http404, UnreadablePostError
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.views import set_rollback

from brandkit.common import errors
from brandkit.common.storage import is_full

MEDIA_TYPE = "application/problem+json"
FULL = "The disk is full, so nothing was kept. The operator has to make room; try again after that."
OURS = "Something went wrong on our side. It has been noted; try again in a while."

logger = logging.getLogger("brandkit.api")


class TooLarge(errors.BrandkitError):
    """That is more than is taken in one request."""

    status = 413
    code = "too_large"


class NoLength(errors.BrandkitError):
    """Send how long the request is, in `Content-Length`; it can't come in chunks of unknown number."""

    status = 411
    code = "length_required"


class BadRequest(errors.BrandkitError):
    """The request could not be read."""

    status = 400
    code = "bad_request"


def problem(exc: Exception, context: Mapping[str, Any]) -> Response:
    """The answer to any error of an API view. Django REST framework calls it (EXCEPTION_HANDLER)."""
    set_rollback()
    exc = in_our_words(exc)
    if isinstance(exc, errors.BrandkitError):
        return answer(status_of(exc), exc.code, exc.message, **evidence(exc))
    if isinstance(exc, exceptions.ValidationError):
        fields = list(field_errors(exc.detail))
        return answer(422, "invalid", summary(fields), errors=fields)
    if isinstance(exc, exceptions.APIException):
        response = answer(exc.status_code, exc.default_code, str(exc.detail))
        return with_headers(response, exc)
    request = context["request"]
    logger.error("An API request failed: %s %s", request.method, request.path, exc_info=exc)
    got_request_exception.send(sender=None, request=request)
    return answer(500, "error", OURS)


def in_our_words(exc: Exception) -> Exception:
    """The same error in brandkit's or the framework's classes, where Django has one of its own."""
    match exc:
        case Http404():
            return errors.NotFound()
        case PermissionDenied():
            return errors.NotAllowed(str(exc))
        case ValidationError():
            return exceptions.ValidationError(serializers.as_serializer_error(exc))
        case RequestDataTooBig() | TooManyFieldsSent() | TooManyFilesSent():
            return TooLarge()
        case SuspiciousOperation() | UnreadablePostError():
            return BadRequest()
    if is_full(exc):
        return errors.StorageFailed(FULL)
    return exc


def answer(status: int, code: str, detail: str, **more: object) -> Response:
    """The body itself. more: members of its own, as RFC 9457 allows."""
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "code": code, **more}
    return Response(body, status=status, content_type=MEDIA_TYPE)


def status_of(exc: errors.BrandkitError) -> int:
    """An error's own; but HTTP has better ones for a file of a wrong type, and for one that is too large."""
    if exc.code == "photo_refused":
        known = evidence(exc)
        if known["step"] == "type":
            return 415
        if known["step"] == "size" and known["found"]["bytes"]:
            return 413
    return exc.status


def evidence(exc: errors.BrandkitError) -> dict[str, Any]:
    """What an error knows beyond its words: the step at which a photo was refused, and what was found."""
    return {name: getattr(exc, name) for name in ("step", "found") if hasattr(exc, name)}


def field_errors(detail: Any, field: str = "") -> Iterator[dict[str, str]]:
    """The framework's nested lists, flat: one entry a complaint. `field` is a path: `variables.tag`."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = "" if name == "non_field_errors" else str(name)
            yield from field_errors(inner, ".".join(filter(None, (field, own))))
    elif isinstance(detail, list):
        for inner in detail:
            yield from field_errors(inner, field)
    else:
        yield {"field": field, "code": str(getattr(detail, "code", "invalid")), "detail": str(detail)}


def summary(fields: list[dict[str, str]]) -> str:
    """One sentence a complaint, for people who see `detail` only."""
    return " ".join(f"{one['field']}: {one['detail']}" if one["field"] else one["detail"] for one in fields)


def with_headers(response: Response, exc: exceptions.APIException) -> Response:
    """The headers that HTTP asks for: how to sign in, and when to come again."""
    sign_in, wait = getattr(exc, "auth_header", None), getattr(exc, "wait", None)
    if sign_in:
        response["WWW-Authenticate"] = sign_in
    if wait:
        response["Retry-After"] = str(ceil(wait))
    return response

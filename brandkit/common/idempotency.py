"""`Idempotency-Key`: a POST that is sent again under the same key is answered again, and done once."""

import hashlib
import json
import logging
import re
from datetime import timedelta
from functools import partial
from typing import Any, cast

from django.core.files.uploadedfile import UploadedFile
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from brandkit.common.errors import BrandkitError, Conflict, Invalid
from brandkit.common.models import IdempotentCall

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
LONGEST = 255
KEPT = timedelta(days=1)
"""How long a key stands for its first answer."""
GIVEN_UP = timedelta(minutes=5)
"""After so long without an answer the process that had the call was killed: the next one does it."""
SOON = 1
"""Seconds after which it is worth asking again for a call that is under way."""
NOT_KEPT = frozenset({401, 409, 429})
"""The next try may well go better after these, and after all that is our own fault."""
HEADERS = ("Content-Type", "Location")

logger = logging.getLogger(__name__)


class BadKey(BrandkitError):
    """An Idempotency-Key is 1 to 255 printable ASCII characters, best a UUID made for this one request."""

    status = 400
    code = "bad_idempotency_key"


class KeyOfAnother(Invalid):
    """This Idempotency-Key stands for another request of yours. Make a new one for each request."""

    code = "idempotency_key_used"


class UnderWay(Conflict):
    """The first request with this Idempotency-Key is still under way. Ask again in a moment."""

    code = "still_under_way"


class Replay(Exception):
    """The answer is there already."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


class Idempotent(APIView):
    """A view whose POST is done once for each person and key. Without the header it is as any other."""

    _call: IdempotentCall | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Raises BadKey, KeyOfAnother, UnderWay, Replay, and what signing in and reading the body do."""
        super().initial(request, *args, **kwargs)
        if request.method == "POST" and HEADER in request.headers:
            key = read_key(request.headers[HEADER])
            self._call = taken(cast(int, request.user.pk), key, fingerprint(request))

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, Replay):
            return exc.response  # type: ignore[return-value] # any HttpResponse will do
        response = super().handle_exception(exc)
        if isinstance(exc, UnderWay):
            response["Retry-After"] = str(SOON)
        return response

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """The answer is kept once it is written out, byte for byte."""
        final = super().finalize_response(request, response, *args, **kwargs)
        if self._call:
            final.add_post_render_callback(partial(_keep, self._call))
        return final


def _keep(call: IdempotentCall, response: HttpResponse) -> None:
    """A database that is away costs the key, not the answer."""
    try:
        end(call, response)
    except DatabaseError:
        logger.exception("The answer under an %s was not kept.", HEADER)


def read_key(text: str) -> str:
    """The key in a header, with or without the quotes of a structured field. Raises BadKey."""
    quoted = re.fullmatch(r'"((?:[ !#-\[\]-~]|\\["\\])*)"', text)
    key = re.sub(r'\\(["\\])', r"\1", quoted[1]) if quoted else text
    if not re.fullmatch(r"[ -~]+", key) or len(key) > LONGEST or not key.strip():
        raise BadKey
    return key


def fingerprint(request: Request) -> str:
    """SHA-256 of what is asked: method, address, fields and the bytes of files, however they are wrapped."""
    asked = [request.method, request.get_full_path(), _plain(request.data)]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def _plain(data: Any) -> Any:
    if isinstance(data, MultiValueDict):
        return {name: [_part(part) for part in parts] for name, parts in data.lists()}
    return data


def _part(part: Any) -> Any:
    if not isinstance(part, UploadedFile):
        return part
    sha256 = hashlib.sha256()
    for chunk in part.chunks():
        sha256.update(chunk)
    part.seek(0)
    return [part.name, sha256.hexdigest()]


def taken(user: int, key: str, asked: str) -> IdempotentCall:
    """The call of this key, which is now ours to make. Raises Replay, KeyOfAnother, UnderWay."""
    try:
        with transaction.atomic():
            return IdempotentCall.objects.create(user_id=user, key=key, asked=asked)
    except IntegrityError:
        call = IdempotentCall.objects.filter(user=user, key=key).first()
    if call is None:  # it ended just now with an answer that is not kept
        raise UnderWay
    age = timezone.now() - call.created_at
    if age > KEPT:
        return _taken_over(call, asked)
    if call.asked != asked:
        raise KeyOfAnother
    if call.status is not None:
        raise Replay(HttpResponse(call.body, status=call.status, headers={**call.headers, REPLAYED: "true"}))
    if age > GIVEN_UP:
        return _taken_over(call, asked)
    raise UnderWay


def _taken_over(call: IdempotentCall, asked: str) -> IdempotentCall:
    """Of several who want it, one gets it. Raises UnderWay."""
    anew: dict[str, Any] = {"asked": asked, "status": None, "headers": {}, "body": None}
    now = timezone.now()
    if not _as_it_was(call).update(**anew, created_at=now):
        raise UnderWay
    call.created_at = now
    return call


def end(call: IdempotentCall, response: HttpResponse) -> None:
    """Keep the answer for who asks again, or free the key. Does nothing where the call was taken over."""
    status = response.status_code
    if status in NOT_KEPT or status >= 500:
        _as_it_was(call).delete()
        return
    headers = {name: response[name] for name in HEADERS if name in response}
    _as_it_was(call).update(status=status, headers=headers, body=response.content.decode())


def _as_it_was(call: IdempotentCall) -> QuerySet[IdempotentCall]:
    """The row, if nobody took it over: the time of its beginning tells the one from the other."""
    return IdempotentCall.objects.filter(pk=call.pk, created_at=call.created_at)


def forget_old_calls(at_most: int = 1000) -> None:
    """Delete keys that stand for nothing any more."""
    old = IdempotentCall.objects.filter(created_at__lt=timezone.now() - KEPT)
    IdempotentCall.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:at_most])).delete()

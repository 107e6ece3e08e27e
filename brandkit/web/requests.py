"""Every request has a number of its own, in the logs and in the answer."""

import logging
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from uuid import uuid4

from django.http import HttpRequest, HttpResponseBase

from brandkit.common.logs import REQUEST_ID, answering

logger = logging.getLogger(__name__)
SANE = re.compile(r"[A-Za-z0-9._:+/=-]{1,128}")
READS = ("GET", "HEAD", "OPTIONS")
SLOW = 1.0
"""Seconds."""


class Requests:
    """Middleware, the first of all.

    A number that comes with the request, `X-Request-ID`, is kept, so that one can follow it from machine to
    machine. Told in the log: what may have changed something, and what took long. Django tells of the errors.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.META.get(REQUEST_ID, "")
        request.META[REQUEST_ID] = given if SANE.fullmatch(given) else uuid4().hex
        began = time.monotonic()
        with answering(request):
            response = self.get_response(request)
            seconds = time.monotonic() - began
            told_by_django = response.status_code >= HTTPStatus.BAD_REQUEST
            if seconds >= SLOW or (request.method not in READS and not told_by_django):
                logger.info("Answered %s in %.3f s.", response.status_code, seconds)
        response["X-Request-ID"] = request.META[REQUEST_ID]
        return response

"""What pages don't take, told before anything is read."""

from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from brandkit.common.problems import TooLarge
from brandkit.web.pages import HtmxRequest, error_page, to_sign_in

MOST = 512 * 2**20
"""Bytes of one form: ten photos of the largest size where the page works without scripts."""


class Limits:
    """Middleware for all but the API, whose views have limits of their own.

    Stands before Django's guard against forged forms, which reads a form to its end: its files go to the
    disk, so who is not signed in sends none.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, *_: object) -> HttpResponse | None:
        if "%00" in request.META["QUERY_STRING"]:  # no text of ours holds it, and PostgreSQL can't take it
            raise SuspiciousOperation("A NUL in the query.")
        size = int(request.META.get("CONTENT_LENGTH") or 0)
        if size <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE or getattr(view, "csrf_exempt", False):
            return None
        if not request.user.is_authenticated:
            return to_sign_in(cast(HtmxRequest, request))
        if size > MOST:
            words = f"That is more than {MOST // 2**20} MB at once. Upload fewer photos at a time."
            return error_page(cast(HtmxRequest, request), TooLarge(words))
        return None

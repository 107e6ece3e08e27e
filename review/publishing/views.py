"""What the world sees: published renditions, and nothing else. No session, no cookie, one query.

Found by their rows only: a file in the store without a published row has no address.
"""

import logging

from django.db.models import F, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from review.models import Rendition

logger = logging.getLogger(__name__)

SHORT = "public, max-age=60"
FOR_EVER = "public, max-age=31536000, immutable"


@require_safe
def stable(request: HttpRequest, brand: str, name: str, extension: str) -> HttpResponseBase:
    """What the asset shows today: the version that was approved last."""
    found = _renditions(brand, name, extension).order_by("-version__approved_at", "-version__number")
    return _answer(request, found.first(), f"{name}.{extension}", SHORT)


@require_safe
def immutable(request: HttpRequest, brand: str, name: str, key: str, extension: str) -> HttpResponseBase:
    """Exactly these bytes, for as long as a version that has them is published."""
    found = _renditions(brand, name, extension).filter(key=key)
    live_first = found.order_by(F("version__recalled_at").asc(nulls_first=True))
    return _answer(request, live_first.first(), f"{name}.{extension}", FOR_EVER)


def _renditions(brand: str, name: str, extension: str) -> QuerySet[Rendition]:
    return Rendition.objects.select_related("version").filter(
        version__asset__brand__slug=brand, version__asset__name=name, extension=extension
    )


def _answer(request: HttpRequest, found: Rendition | None, name: str, caching: str) -> HttpResponseBase:
    if found is None:
        return _guarded(_words("There is no such picture.", 404))
    if found.version.recalled_at:
        return _guarded(_words("This picture was published once and has been taken back.", 410))
    etag = f'"{found.sha256}"'
    since = found.version.published_at
    response = get_conditional_response(request, etag, int(since.timestamp())) or _file(found, name)
    if response.status_code < 400:
        response["ETag"] = etag
        response["Last-Modified"] = since.strftime("%a, %d %b %Y %H:%M:%S GMT")
        response["Cache-Control"] = caching
    return _guarded(response)


def _file(found: Rendition, name: str) -> HttpResponseBase:
    try:
        file = found.file.open("rb")
    except Exception:  # every store has its own errors
        logger.exception("%s is published and can't be read from the public store", found.file.name)
        return _words("This picture can't be read just now.", 503)
    return FileResponse(file, content_type=found.media_type, filename=name)


def _words(words: str, status: int) -> HttpResponse:
    answer = HttpResponse(f"{words}\n", status=status, content_type="text/plain; charset=utf-8")
    answer["Cache-Control"] = "no-store"
    return answer


def _guarded(response: HttpResponseBase) -> HttpResponseBase:
    """A picture on our own address can do nothing there, and may be shown on others' pages."""
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response

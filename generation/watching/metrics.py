"""`/metrics` for Prometheus: read from the database, so that every machine tells the same."""

from hmac import compare_digest

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For whoever names `BRANDKIT_METRICS_TOKEN`; where none is set there is no such page."""
    from generation.watching.reading import reading  # with its library, which nothing else needs

    if not settings.BRANDKIT_METRICS_TOKEN:
        raise Http404
    given = request.headers.get("Authorization", "")
    wanted = f"Bearer {settings.BRANDKIT_METRICS_TOKEN}"
    if not compare_digest(given.encode(), wanted.encode()):
        return HttpResponse("Send the metrics token.\n", status=401, headers={"WWW-Authenticate": "Bearer"})
    text, content_type = reading.render(request.headers.get("Accept", ""))
    return HttpResponse(text, content_type=content_type)

"""What one person was told: a page of one's own, with no brand."""

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from brandkit.accounts.models import User
from brandkit.accounts.notices import count_new, notices_of, see, see_all
from brandkit.common.errors import Invalid, NotFound
from brandkit.common.keyset import newest_first
from brandkit.common.numbers import row_number
from brandkit.web.pages import HtmxRequest, error_page

ON_A_PAGE = 30


@require_safe
@login_required
def notices(request: HttpRequest) -> HttpResponse:
    """Newest first. before, after: numbers of notices, as the links to the next pages name them."""
    user = cast(User, request.user)
    before, after = (row_number(request.GET.get(name, "")) for name in ("before", "after"))
    page = newest_first(notices_of(user), ON_A_PAGE, before=before, after=after)
    told = {
        "page": page,
        "new": count_new(user),
        "sends_mail": settings.BRANDKIT_SENDS_MAIL,
        "gathered": User.Gathered.choices,
    }
    return render(request, "web/notices.html", told)


@require_safe
@login_required
def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """To what it tells of; it counts as seen from now on. Where that is nothing but itself, to the list."""
    user = cast(User, request.user)
    told = notices_of(user).filter(pk=pk).first()
    if told is None:
        return error_page(cast(HtmxRequest, request), NotFound())
    if told.path:
        see(user, told.pk)
    ours = url_has_allowed_host_and_scheme(told.path, allowed_hosts=None)
    return redirect(told.path if told.path and ours else "web:notices")


@require_POST
@login_required
def seen(request: HttpRequest) -> HttpResponse:
    """All of them are seen, up to the newest that was on the page; or only the one that is named."""
    user = cast(User, request.user)
    newest, one = (row_number(request.POST.get(name, "")) for name in ("newest", "one"))
    if one is not None:
        see(user, one)
    see_all(user, newest or 0)
    return redirect("web:notices")


@require_POST
@login_required
def by_mail(request: HttpRequest) -> HttpResponse:
    """Whether they come by e-mail, too."""
    user = cast(User, request.user)
    user.mail_notices = request.POST.get("mail") == "on"
    user.save(update_fields=["mail_notices"])
    told = f"They come to {user.email}, too." if user.mail_notices else "They come to this page only."
    messages.success(request, told)
    return redirect("web:notices")


@require_POST
@login_required
def of_verdicts(request: HttpRequest) -> HttpResponse:
    """How often they are told what was decided on their pictures."""
    user = cast(User, request.user)
    often = request.POST.get("often", "")
    if often not in User.Gathered:
        return error_page(cast(HtmxRequest, request), Invalid("Choose how often you are told."))
    user.verdict_notices = often
    user.save(update_fields=["verdict_notices"])
    messages.success(request, f"Verdicts on your pictures: {user.get_verdict_notices_display().lower()}.")
    return redirect("web:notices")

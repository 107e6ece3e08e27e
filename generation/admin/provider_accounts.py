"""The accounts with vendors, for the operator: which stand still, why, and the word that lets them go on."""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime, now
from unfold.enums import ActionVariant

from brandkit.accounts.scoped import person
from brandkit.accounts.site import is_operator
from brandkit.accounts.unfolded import action
from brandkit.common.errors import NotFound
from brandkit.common.models import history
from generation import provider_accounts
from generation.engine.brakes import pace_of
from generation.limits import all_limits, find_account
from generation.models import ProviderAccount
from templates_app.admin.decisions import DecidedAdmin, Words

HAPPENED = {"provider.paused": "paused", "provider.resumed": "resumed"}


@admin.register(ProviderAccount)
class ProviderAccountAdmin(DecidedAdmin):
    """Nobody edits one: the settings name it, and its calls and the operator move it."""

    list_display = ("name", "shown_state", "then", "since", "why", "providers", "waiting", "pace_now")
    ordering = ("name",)
    fields = readonly_fields = ("shown_state", "since", "why", "providers", "waiting", "pace_now")
    actions = None
    actions_detail = ("resume", "pause")
    change_form_outer_after_template = "generation/admin/account_trail.html"

    class Media:
        css: ClassVar = {"all": ["templates_app/curate.css"]}

    @admin.display(description="state")
    def shown_state(self, row: ProviderAccount) -> SafeString:
        state = provider_accounts.state_of_row(row)
        kind, words = ("approved", "Open") if state.is_open else ("draft", "Closed for a while")
        if state.paused_since:
            kind, words = "retired", "Paused"
        return format_html('<span class="bk-state bk-{}">{}</span>', kind, words)

    @admin.display(description="what helps")
    def then(self, row: ProviderAccount) -> SafeString | str:
        """Where it stands still and somebody could be called, the way to let it go on."""
        if provider_accounts.state_of_row(row).is_open or not self._is_known(row):
            return "–"
        address = reverse("admin:generation_provideraccount_resume", args=[row.pk])
        return format_html('<a class="bk-link" href="{}">Resume</a>', address)

    @admin.display(description="since or until")
    def since(self, row: ProviderAccount) -> str:
        state = provider_accounts.state_of_row(row)
        if state.paused_since:
            return f"since {localtime(state.paused_since):%-d %b %Y, %H:%M}"
        return f"until {localtime(state.closed_until):%-d %b %Y, %H:%M}" if state.closed_until else "–"

    @admin.display(description="why")
    def why(self, row: ProviderAccount) -> str:
        return provider_accounts.state_of_row(row).words or "–"

    @admin.display(description="providers")
    def providers(self, row: ProviderAccount) -> str:
        try:
            return ", ".join(find_account(row.name).aliases)
        except NotFound:
            return "none: it is no longer in the settings"

    def _is_known(self, row: ProviderAccount) -> bool:
        return row.name in all_limits()

    @admin.display(description="pictures that wait")
    def waiting(self, row: ProviderAccount) -> int | str:
        try:
            return provider_accounts.waiting(find_account(row.name))
        except NotFound:
            return "–"

    @admin.display(description="pace")
    def pace_now(self, row: ProviderAccount) -> str:
        return f"{pace_of(row, now()):.0%}"

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_operator(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_operator(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Those that nobody has called yet, too."""
        if is_operator(request):
            provider_accounts.know_all()
        return super().changelist_view(request, extra_context)

    def offered(self, row: ProviderAccount) -> set[str]:
        state = provider_accounts.state_of_row(row)
        resume = set() if state.is_open else {"resume"}
        return resume if state.paused_since else resume | {"pause"}

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> Any:
        if obj:
            events = history(obj).order_by("-id")[:20]
            context |= {"title": obj.name, "trail": [(HAPPENED.get(each.kind), each) for each in events]}
        return super().render_change_form(request, context, *args, **{**kwargs, "obj": obj})

    @action(description="Resume", icon="play_arrow", url_path="resume", variant=ActionVariant.PRIMARY)
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then let everything go on."""
        words = "What waits for it is made from now on, and paid for. Put right first what was wrong."
        return self._decide(request, object_id, ("Resume", words, "is open again."), provider_accounts.resume)

    @action(description="Pause", icon="pause", url_path="pause")
    def pause(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then stop all calls."""
        words = "Nobody calls it until you resume it. Calls under way end as they do; other pictures wait."
        return self._decide(request, object_id, ("Pause", words, "is paused."), provider_accounts.pause)

    def _decide(
        self, request: HttpRequest, object_id: str, words: Words, do: Callable[..., object]
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None or not is_operator(request):
            raise Http404
        return self.decide(request, row, words, partial(do, row.name, by=person(request)))

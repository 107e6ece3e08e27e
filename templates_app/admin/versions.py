"""What the pages of scene and prompt versions share: their state, their trail, and the two decisions."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.enums import ActionVariant

from brandkit.accounts.scoped import ReadOnlyInline, ScopedAdmin, person
from brandkit.accounts.unfolded import action
from brandkit.common.models import history
from templates_app import services
from templates_app.admin.decisions import DecidedAdmin
from templates_app.models import PromptVersion, SceneVersion

AnyVersion = SceneVersion | PromptVersion

OFFERED: Mapping[str, frozenset[str]] = {
    "draft": frozenset({"approve", "restyle"}),
    "approved": frozenset({"new_version", "retire", "restyle"}),
    "retired": frozenset({"new_version", "restyle"}),
}
"""The buttons of each state."""

HAPPENED: Mapping[str, str] = {
    "drafted": "drafted",
    "changed": "changed",
    "approved": "approved",
    "retired": "retired",
}


class VersionColumns:
    """How a version shows in a list."""

    @admin.display(description="state", ordering="state")
    def shown_state(self, version: AnyVersion) -> SafeString:
        return format_html(
            '<span class="bk-state bk-{}">{}</span>', version.state, version.get_state_display()
        )

    @admin.display(description="approved")
    def approval(self, version: AnyVersion) -> str:
        return _by(version.approved_by, version.approved_at)

    @admin.display(description="drafted")
    def drafting(self, version: AnyVersion) -> str:
        return _by(version.created_by, version.created_at)


class VersionAdmin(VersionColumns, DecidedAdmin, ScopedAdmin):
    """A draft is edited, approved or deleted; from approval on it is only looked at.

    parent: the field that names what it is a version of.
    """

    parent: ClassVar[str]
    show_add_link = False
    confirm_template: ClassVar[str]
    list_filter = ("state",)
    ordering = ("-id",)
    actions_detail: tuple[str, ...] = ("approve", "new_version", "retire")
    change_form_outer_before_template = "templates_app/admin/state.html"

    class Media:
        css: ClassVar = {"all": ["templates_app/curate.css"]}

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.is_draft)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.is_draft)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (self.parent,) if obj else ()

    def offered(self, row: AnyVersion) -> frozenset[str]:
        return OFFERED[row.state]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> Any:
        if obj:
            context["trail"] = [
                (HAPPENED.get(event.kind.rsplit(".")[-1], event.kind), event) for event in history(obj)
            ]
        return super().render_change_form(request, context, *args, **{**kwargs, "obj": obj})

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing hangs on a version; a new one is made whole by its service."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        services.delete_draft(version=obj, by=person(request))

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        self.message_user(request, f"{obj} is a draft now. Look it over, then approve it.")
        return HttpResponseRedirect(page_of(obj))

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        self.message_user(request, f"{obj} is saved. It is still a draft.")
        return HttpResponseRedirect(page_of(obj))

    @action(description="Approve", icon="check", url_path="approve", variant=ActionVariant.PRIMARY)
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then approve just what was shown."""
        version: Any = self._version(request, object_id)
        by, seen = person(request), request.POST.get("seen", "")
        words = ("Approve", "From now on designers can use it, and it never changes.", "is approved.")
        approve = partial(services.approve, version=version, by=by, seen=seen)
        return self.decide(request, version, words, approve)

    @action(description="Retire", icon="archive", url_path="retire")
    def retire(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then retire."""
        version = self._version(request, object_id)
        words = (
            "Retire",
            "Designers can't choose it any more. Pictures made with it stay, and say so.",
            "is retired.",
        )
        retire = partial(services.retire, version=version, by=person(request))
        return self.decide(request, version, words, retire)

    @action(description="New version", icon="add", url_path="new-version")
    def new_version(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """To the form of the next version, filled in from the last one."""
        version = self._version(request, object_id)
        return HttpResponseRedirect(next_version_page(self.model, getattr(version, f"{self.parent}_id")))

    def asked_with(self, row: AnyVersion) -> dict[str, Any]:
        seen = services.fingerprint(row)
        return {"version": row, "seen": seen, "contents": self.confirm_template, **self.shown(row)}

    def shown(self, version: Any) -> dict[str, Any]:
        """What the confirmation shows of a version."""
        return {}

    def _version(self, request: HttpRequest, object_id: str) -> AnyVersion:
        version: AnyVersion | None = self.get_object(request, object_id)
        if version is None:
            raise Http404
        return version


class VersionedAdmin(ScopedAdmin):
    """A scene or a prompt, with its versions below."""

    version_model: ClassVar[type[AnyVersion]]
    list_select_related = ("brand",)
    search_fields = ("name", "slug")
    fields: ClassVar[Any] = (("name", "slug"), "description", "brand")
    actions_detail: tuple[str, ...] = ("new_version",)

    class Media:
        css: ClassVar = {"all": ["templates_app/curate.css"]}

    @admin.display(description="in use")
    def in_use(self, row: Any) -> str:
        numbers = [version.number for version in row.versions.all() if version.state == "approved"]
        return f"v{max(numbers)}" if numbers else "not yet"

    @admin.display(description="drafts")
    def drafts(self, row: Any) -> int | str:
        return sum(version.is_draft for version in row.versions.all()) or ""

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("versions")

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else ()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("brand", "slug") if obj else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Sequence[str]]:
        return {} if obj else {"slug": ("name",)}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or not obj.versions.exists())

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        self.message_user(request, f"“{obj}” is there. Now make its first version.")
        return HttpResponseRedirect(next_version_page(self.version_model, obj.pk))

    @action(description="New version", icon="add", url_path="new-version")
    def new_version(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """To the form of its next version, filled in from the last one."""
        template = self.get_object(request, object_id)
        if template is None:
            raise Http404
        return HttpResponseRedirect(next_version_page(self.version_model, template.pk))


class VersionInline(VersionColumns, ReadOnlyInline):
    """The versions below their scene or prompt, newest first."""

    ordering = ("-number",)
    verbose_name_plural = "versions"
    hide_title = True

    @admin.display(description="version")
    def opening(self, version: AnyVersion) -> SafeString:
        return format_html('<a class="bk-link" href="{}">{}</a>', page_of(version), version)


def page_of(version: AnyVersion) -> str:
    return reverse(f"admin:templates_app_{version._meta.model_name}_change", args=[version.pk])


def next_version_page(model: type[Any], parent: int) -> str:
    field = "scene" if model is SceneVersion else "template"
    return f"{reverse(f'admin:templates_app_{model._meta.model_name}_add')}?{field}={parent}"


def _by(who: Any, when: Any) -> str:
    return f"{when:%-d %b %Y, %H:%M} by {who or 'the operator'}" if when else ""

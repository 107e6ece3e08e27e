"""Scenes drafted by models: asked for on a form, then followed on a page of their own."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.defaultfilters import truncatechars
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.views.decorators.http import require_POST, require_safe

from brandkit.accounts.scoped import ScopedAdmin, person
from brandkit.common.errors import BrandkitError, Invalid
from brandkit.common.numbers import row_number
from brandkit.common.storage import digest
from generation import drafting
from generation.admin.scene_form import AskForm, nearest_ratio
from generation.engine.flags import flags_of
from generation.models import SceneDraft
from generation.provider import price_of
from generation.templatetags.studio import about
from generation.waiting import why_waiting
from templates_app.admin.scenes import picture_address, thumbnail
from templates_app.admin.versions import page_of
from templates_app.models import SceneVersion

PART = "generation/admin/scene_draft_now.html"


@admin.register(SceneDraft)
class SceneDraftAdmin(ScopedAdmin):
    """Nobody edits one: it is asked for, followed, and asked for again."""

    form = AskForm
    list_display = ("look", "scene", "how", "words", "shown_state", "asking")
    list_display_links = ("look", "scene")
    list_filter = ("state",)
    list_select_related = ("scene__brand", "restyled__scene__brand", "version__scene__brand", "requested_by")
    search_fields = ("scene__name", "prompt")
    ordering = ("-id",)
    change_form_outer_before_template = "generation/admin/scene_draft.html"

    class Media:
        css: ClassVar = {"all": ["templates_app/curate.css", "generation/drafts.css"]}

    @admin.display(description="picture")
    def look(self, draft: SceneDraft) -> SafeString | str:
        return thumbnail(draft.version) if draft.version else "–"

    @admin.display(description="made from")
    def how(self, draft: SceneDraft) -> str:
        return f"v{draft.restyled.number}, restyled" if draft.restyled else "words"

    @admin.display(description="words")
    def words(self, draft: SceneDraft) -> str:
        return truncatechars(draft.prompt, 80)

    @admin.display(description="state", ordering="state")
    def shown_state(self, draft: SceneDraft) -> SafeString:
        return format_html('<span class="bk-state bk-{}">{}</span>', draft.state, draft.get_state_display())

    @admin.display(description="asked for")
    def asking(self, draft: SceneDraft) -> str:
        return f"{localtime(draft.created_at):%-d %b %Y, %H:%M} by {draft.requested_by or 'the operator'}"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_delete_permission = has_change_permission

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        return (
            ("<int:pk>/now/", "generation_scenedraft_now", require_safe(now)),
            ("<int:pk>/<str:what>/do/", "generation_scenedraft_do", require_POST(do)),
        )

    # Asking

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        base = self.base(request)
        context = {
            **(extra_context or {}),
            "title": f"Restyle {base}" if base else "Draft a scene with a model",
        }
        if not drafting.scene_makers():
            return self._no_maker(request, context)
        context |= {"base": base, "picture": picture_address(base, "picture") if base else ""}
        return super().add_view(request, form_url, context)

    def base(self, request: HttpRequest) -> SceneVersion | None:
        """The version that the address names to be restyled. Raises Http404 where it is not theirs."""
        wanted = request.GET.get("restyled")
        if wanted is None:
            return None
        theirs = SceneVersion.objects.filter(scene__brand__in=self.brands(request))
        found = theirs.select_related("scene__brand").filter(pk=row_number(wanted) or 0).first()
        if found is None:
            raise Http404
        return found

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj:
            return ()
        first = () if self.base(request) else ("scene",)
        return ((None, {"fields": (*first, "prompt", ("ratio", "size"), "provider")}),)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.base = None if obj else self.base(request)
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The scene that was asked for, what it says of itself, and the shape of its picture."""
        base, wanted = self.base(request), request.GET.get("scene", "")
        versions = SceneVersion.objects.filter(
            scene__brand__in=self.brands(request), scene=row_number(wanted)
        )
        last = base or versions.select_related("scene").order_by("-number").first()
        ratio = nearest_ratio(last.width, last.height) if last else "4:3"
        return {"scene": wanted, "ratio": ratio, "size": "2K"}

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> SceneDraft:
        given, base = dict(form.cleaned_data), self.base(request)
        scene, words = given.pop("scene", None), given.pop("prompt")
        if base:
            draft, new = drafting.restyle(version=base, words=words, by=person(request), **given)
        else:
            draft, new = drafting.draft_from_words(scene=scene, words=words, by=person(request), **given)
        if not new:
            self.message_user(request, "This was asked for before: here it is. Nothing is paid for twice.")
        return draft

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The service has saved it."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing hangs on it."""

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(page_of_draft(obj))

    def _no_maker(self, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
        context |= {**self.admin_site.each_context(request), "opts": self.opts, "media": self.media}
        context["words"] = drafting.NO_MAKER
        return TemplateResponse(request, "generation/admin/no_maker.html", context)

    # Following

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> Any:
        if obj:
            context |= {"title": f"Draft of {obj.scene}", **shown(obj)}
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def found(self, request: HttpRequest, pk: int) -> SceneDraft:
        """Raises Http404 where there is none in the person's brands."""
        rows: QuerySet[SceneDraft] = self.get_queryset(request)
        draft = rows.select_related(*self.list_select_related).filter(pk=pk).first()
        if draft is None:
            raise Http404
        return draft


def now(request: HttpRequest, model_admin: SceneDraftAdmin, pk: int) -> HttpResponse:
    """How a draft stands; nothing where that is what the page shows already."""
    context = shown(model_admin.found(request, pk))
    if request.GET.get("shown") == context["mark"]:
        return HttpResponse(status=204)
    return render(request, PART, context)


def do(request: HttpRequest, model_admin: SceneDraftAdmin, pk: int, what: str) -> HttpResponse:
    """Cancel it, try it again, or have another one made; then to the page of what came of that."""
    draft = model_admin.found(request, pk)
    try:
        match what:
            case "cancel":
                drafting.cancel(draft=draft, by=person(request))
            case "retry":
                drafting.retry(draft=draft, by=person(request))
            case "another":
                number = row_number(request.POST.get("variation", "")) or 0
                draft = drafting.another(draft=draft, variation=number, by=person(request))
            case _:
                raise Http404
    except BrandkitError as error:
        model_admin.message_user(request, error.message, messages.ERROR)
    return HttpResponseRedirect(page_of_draft(draft))


def shown(draft: SceneDraft) -> dict[str, Any]:
    """What the page tells of a draft."""
    version, waits = draft.version, why_waiting([draft]).get(draft.pk, "")
    attempts = list(draft.attempts.all())
    return {
        "draft": draft,
        "version": version,
        "version_page": page_of(version) if version else "",
        "picture": picture_address(version, "picture") if version else "",
        "base_picture": picture_address(draft.restyled, "thumbnail") if draft.restyled else "",
        "base_page": page_of(draft.restyled) if draft.restyled else "",
        "waits": waits,
        "advice": shape_advice(draft, version) if version else "",
        "attempts": attempts,
        "next_variation": drafting.next_variation(draft),
        "price": price_again(draft),
        "cost": sum(attempt.cost for attempt in attempts),
        "mark": digest(f"{draft.state}.{len(attempts)}.{waits}".encode())[:12],
    }


def price_again(draft: SceneDraft) -> str:
    """What another picture would cost, in words; empty where its provider is no longer there."""
    try:
        maker = drafting.scene_maker(draft.provider)
    except Invalid:
        return ""
    return about(price_of(maker, size=draft.size, pictures=drafting.pictures_of(draft)))


def shape_advice(draft: SceneDraft, version: SceneVersion) -> str:
    """A sentence where the picture has another ratio than was asked for; else empty."""
    pixels = {"width": version.width, "height": version.height}
    if all(flag["code"] != "wrong_ratio" for flag in flags_of(ratio=draft.ratio, size=draft.size, **pixels)):
        return ""
    return f"It was asked for in {draft.ratio} and came as {version.width} × {version.height}."


def page_of_draft(draft: SceneDraft) -> str:
    return reverse("admin:generation_scenedraft_change", args=[draft.pk])

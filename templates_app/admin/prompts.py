"""Prompts: Jinja text with its variables, shown as it will read."""

import json
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render as page
from django.urls import reverse
from django.views.decorators.http import require_POST
from unfold.widgets import UnfoldAdminTextareaWidget

from brandkit.accounts.scoped import person
from brandkit.accounts.unfolded import action
from brandkit.common.errors import Invalid
from brandkit.common.numbers import row_number
from templates_app import grammar, services
from templates_app.admin.versions import VersionAdmin, VersionedAdmin, VersionInline
from templates_app.models import PromptTemplate, PromptVersion
from templates_app.rendering import SAMPLE_CHANGES, check, check_variables, has_changes, render, samples

if TYPE_CHECKING:
    PromptModelForm = forms.ModelForm[PromptVersion]
else:
    PromptModelForm = forms.ModelForm


class PlainJson(json.JSONDecoder):
    """JSON whose text can all be written down again: not nested without end, no half characters."""

    def decode(self, s: str, *args: Any) -> Any:
        try:
            data = super().decode(s, *args)
            json.dumps(data, ensure_ascii=False).encode()
        except (RecursionError, ValueError) as error:
            raise json.JSONDecodeError("This can't be read", s, 0) from error
        return data


class VariablesField(forms.JSONField):
    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "decoder": PlainJson})


class PromptVersionForm(PromptModelForm):
    class Meta:
        model = PromptVersion
        field_classes: ClassVar = {"variables": VariablesField}
        fields = ("template", "text", "variables", "note")
        widgets: ClassVar = {
            "text": UnfoldAdminTextareaWidget(attrs={"rows": 16, "class": "bk-code", "spellcheck": "true"}),
            "variables": UnfoldAdminTextareaWidget(attrs={"rows": 4, "class": "bk-code"}),
        }

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        variables = given.get("variables") or {}
        given["variables"] = variables
        if "variables" in self.errors:
            return given
        try:
            check_variables(variables)
        except Invalid as error:
            self.add_error("variables", error.message)
            return given
        try:
            check(given.get("text", ""), variables)
        except Invalid as error:
            self.add_error("text", error.message.split("\n"))
        return given


@admin.register(PromptVersion)
class PromptVersionAdmin(VersionAdmin):
    form = PromptVersionForm
    parent = "template"
    of_brand = "template__brand"
    list_display = ("template", "number", "shown_state", "note", "approval")
    list_select_related = ("template__brand", "approved_by", "created_by")
    search_fields = ("template__name", "note", "text")
    fields = ("template", "text", "variables", "note")
    change_form_after_template = "templates_app/admin/preview.html"
    confirm_template = "templates_app/admin/prompt_shown.html"

    class Media:
        css: ClassVar = {"all": ["templates_app/curate.css"]}
        js = ("templates_app/preview.js",)

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        return (("preview/", "templates_app_promptversion_preview", require_POST(preview)),)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The prompt that was asked for, and the words of its last version."""
        wanted = request.GET.get("template", "")
        versions = self.get_queryset(request).filter(template=row_number(wanted))
        last = versions.order_by("-number").first()
        usual = {"text": last.text, "variables": last.variables} if last else {}
        return {**usual, "template": wanted}

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        if change:
            return super().save_form(request, form, change)
        return services.new_prompt_version(by=person(request), **form.cleaned_data)

    def save_model(self, request: HttpRequest, obj: PromptVersion, form: Any, change: bool) -> None:
        if change:
            services.change_draft(version=obj, by=person(request))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> Any:
        context["names"] = grammar.all_names()
        context["filters"] = sorted(grammar.FILTERS)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def shown(self, version: PromptVersion) -> dict[str, Any]:
        return rendered(version.text, version.variables)


def preview(request: HttpRequest, model_admin: PromptVersionAdmin) -> HttpResponse:
    """The posted text as it would read, or what is wrong in which line. Nothing is kept."""
    variables = VariablesField(required=False)
    try:
        own = variables.clean(request.POST.get("variables", ""))
    except forms.ValidationError:
        shown: dict[str, Any] = {"problems": ['The variables are not JSON. Write {"name": "value"}.']}
    else:
        shown = rendered(request.POST.get("text", ""), own or {})
    return page(request, "templates_app/admin/prompt_shown.html", shown)


def rendered(text: str, variables: Any) -> dict[str, Any]:
    """The prompt with sample values, or its problems."""
    try:
        check_variables(variables)
        check(text, variables)
        values = samples(variables)
        return {
            "prompt": render(text, values=values),
            "changed": render(text, values=values, changes=SAMPLE_CHANGES),
            "own_words": has_changes(text),
        }
    except Invalid as error:
        return {"problems": error.message.split("\n")}


class PromptVersionInline(VersionInline):
    model = PromptVersion
    fields = readonly_fields = ("opening", "shown_state", "note", "drafting", "approval")


@admin.register(PromptTemplate)
class PromptAdmin(VersionedAdmin):
    version_model = PromptVersion
    list_display = ("name", "brand", "is_default", "in_use", "drafts")
    inlines = (PromptVersionInline,)
    actions_detail = ("new_version", "make_default")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        template = self.get_object(request, object_id)
        actions = super().get_actions_detail(request, object_id)  # type: ignore[misc]  # Unfold's
        usual = template is not None and template.is_default
        return [
            each for each in actions if not (usual and each.method.original_function_name == "make_default")
        ]

    @action(description="Use where none is chosen", icon="star", url_path="make-default")
    def make_default(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then make it the brand's default."""
        template = self.get_object(request, object_id)
        if template is None:
            raise Http404
        back = reverse("admin:templates_app_prompttemplate_change", args=[template.pk])
        if request.method != "POST":
            context = {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "title": f"Use “{template}” where none is chosen?",
                "verb": "Make it the default",
                "words": "It takes the place of the brand's default prompt of today.",
                "back": back,
                "media": self.media,
            }
            return page(request, "templates_app/admin/confirm.html", context)
        services.make_default(template=template, by=person(request))
        self.message_user(request, f"“{template}” is used where none is chosen.", messages.SUCCESS)
        return HttpResponseRedirect(back)

"""The reasons of a brand, kept by its owners."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import Max
from django.http import HttpRequest

from brandkit.accounts.policy import Act
from brandkit.accounts.scoped import ScopedAdmin, person
from review import reasons
from review.models import Reason

if TYPE_CHECKING:
    ReasonModelForm = forms.ModelForm[Reason]
else:
    ReasonModelForm = forms.ModelForm


TOLD = (
    "Reviewers choose its words, in the order of the positions. Programs name its code, which stays as it "
    "is first saved. "
)
USED = (
    "Verdicts were given with this reason and keep its words as they stood, so it can't be deleted. "
    "Switch off “active”, and it is no longer offered."
)


class ReasonForm(ReasonModelForm):
    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        brand, code = given.get("brand"), given.get("code")
        if brand and code and Reason.objects.filter(brand=brand, code=code).exists():
            self.add_error("code", f"{brand} has a reason with this code already, perhaps switched off.")
        return given


@admin.register(Reason)
class ReasonAdmin(ScopedAdmin):
    """Switched off instead of deleted once a verdict was given with it. In the list, numbers order them."""

    act = change = Act.MANAGE
    form = ReasonForm
    list_display = ("words", "position", "active", "code", "brand")
    list_display_links = ("words",)
    list_editable = ("position",)
    list_filter = ("active",)
    list_select_related = ("brand",)
    ordering = ("brand", "position", "pk")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = (("brand", "active"), ("words", "code"), "position")
        told = TOLD + (USED if obj and reasons.is_used(obj) else "")
        return [(None, {"fields": fields, "description": told})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("brand", "code") if obj else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Sequence[str]]:
        return {} if obj else {"code": ("words",)}

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """At the end of the list."""
        last = self.get_queryset(request).aggregate(last=Max("position"))["last"] or 0
        return {"position": last + 1, **super().get_changeform_initial_data(request)}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and reasons.is_used(obj))

    def save_model(self, request: HttpRequest, obj: Reason, form: Any, change: bool) -> None:
        reasons.keep(obj, by=person(request))

    def delete_model(self, request: HttpRequest, obj: Reason) -> None:
        reasons.delete(obj, by=person(request))

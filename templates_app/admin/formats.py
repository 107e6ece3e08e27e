"""The channels' exact pixels."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from brandkit.accounts.scoped import ScopedAdmin
from templates_app.models import OutputFormat


@admin.register(OutputFormat)
class FormatAdmin(ScopedAdmin):
    """Switched off instead of deleted: pictures were made for it."""

    list_display = ("name", "brand", "pixels", "file_type", "made_at", "active")
    list_filter = ("active",)
    list_select_related = ("brand",)
    fieldsets = (
        (None, {"fields": (("brand", "active"), ("name", "slug"))}),
        ("What the channel takes", {"fields": (("width", "height"), "file_type")}),
        (
            "What it is cut from",
            {
                "fields": (("ratio", "size"),),
                "description": "Choose the ratio nearest to the channel's, and a size no smaller than it.",
            },
        ),
    )

    @admin.display(description="pixels")
    def pixels(self, row: OutputFormat) -> str:
        return f"{row.width} × {row.height}"

    @admin.display(description="made at")
    def made_at(self, row: OutputFormat) -> str:
        return f"{row.ratio}, {row.size}"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("brand", "slug") if obj else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Sequence[str]]:
        return {} if obj else {"slug": ("name",)}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

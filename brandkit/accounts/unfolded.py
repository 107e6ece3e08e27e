"""Unfold's admin parts with types: to the type checker they are Django's own, which they extend."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite as Site
    from django.contrib.admin import ModelAdmin, TabularInline

    Admin = ModelAdmin[Any]
    Inline = TabularInline[Any, Any]

    def action(**options: Any) -> Callable[[F], F]:
        """A button above a row's form; see Unfold's documentation."""
        ...
else:
    from unfold.admin import ModelAdmin as Admin
    from unfold.admin import TabularInline as Inline
    from unfold.decorators import action
    from unfold.sites import UnfoldAdminSite as Site

__all__ = ["Admin", "Inline", "Site", "action"]

"""Decisions about a row: a button above its form, a page that asks once more, and what comes of it."""

from collections.abc import Callable, Set
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from brandkit.accounts.unfolded import Admin
from brandkit.common.errors import BrandkitError

Words = tuple[str, str, str]
"""The button's own, what will follow, and how it is told afterwards: "is retired."."""


class DecidedAdmin(Admin):
    """Rows that people decide about with the buttons of `actions_detail`."""

    def offered(self, row: Any) -> Set[str]:
        """The buttons that the row's state allows."""
        raise NotImplementedError

    def asked_with(self, row: Any) -> dict[str, Any]:
        """What the page that asks shows beside the words."""
        return {}

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        row = self.get_object(request, object_id)
        offered = self.offered(row) if row else frozenset()
        actions = super().get_actions_detail(request, object_id)  # type: ignore[misc]  # Unfold's
        return [each for each in actions if each.method.original_function_name in offered]

    def decide(self, request: HttpRequest, row: Any, words: Words, do: Callable[[], object]) -> HttpResponse:
        """Ask, then do it; what is refused becomes a message."""
        page = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])
        if request.method != "POST":
            return self._question(request, row, words, page)
        try:
            do()
            self.message_user(request, f"{row} {words[2]}", messages.SUCCESS)
        except BrandkitError as error:
            self.message_user(request, error.message, messages.ERROR)
        return HttpResponseRedirect(page)

    def _question(self, request: HttpRequest, row: Any, words: Words, back: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{words[0]} {row}?",
            "verb": words[0],
            "words": words[1],
            "back": back,
            "media": self.media,
            **self.asked_with(row),
        }
        return TemplateResponse(request, "templates_app/admin/confirm.html", context)

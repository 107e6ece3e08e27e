"""Lists in pages by cursor: as fast at the end of a million rows as at the start, steady while rows arrive.

There are no totals: counting costs more than the page itself.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db.models import Model
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

from brandkit.common.numbers import row_number

M = TypeVar("M", bound=Model)


class NewestFirst(CursorPagination):
    """Pages of 50 rows, or `limit` (at most 200), by falling number."""

    ordering = "-id"
    page_size = 50
    page_size_query_param = "limit"
    page_size_query_description = "How many on a page: 50 unless told, at most 200."
    max_page_size = 200
    cursor_query_description = "Where the page starts: taken from `next` or `previous` of another page."
    invalid_cursor_message = "There is no such page. Start again without a cursor."

    def decode_cursor(self, request: Request) -> Cursor | None:
        """The framework's own lets any text through as a position; ours are row numbers."""
        cursor = super().decode_cursor(request)
        if cursor and row_number(str(cursor.position or 0)) is None:
            raise NotFound(self.invalid_cursor_message)
        return cursor

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The framework's own has an example of somebody else's address in it."""
        link = {"type": "string", "format": "uri", "nullable": True}
        names = ["next", "previous", "results"]
        return {
            "type": "object",
            "required": names,
            "properties": {"next": link, "previous": link, "results": schema},
        }


class OldestFirst(NewestFirst):
    """The same by rising number, for queues."""

    ordering = "id"


class Onward(NewestFirst):
    """Pages in an order that a queue has of its own, from its beginning on; `previous` is always null."""

    onward: str | None = None

    def walk(self, behind: Callable[[int, int], Sequence[M]], request: Request) -> list[M]:
        """The rows of the page that `request` asks for.

        behind: gives that many rows behind the one of a number; 0 stands before all.
        """
        self.base_url = request.build_absolute_uri()
        cursor = self.decode_cursor(request)
        size = self.get_page_size(request) or self.page_size
        rows = behind(int(cursor.position or 0) if cursor else 0, size + 1)
        if len(rows) > size:
            last = Cursor(offset=0, reverse=False, position=rows[size - 1].pk)
            self.onward = self.encode_cursor(last)
        return list(rows[:size])

    def get_next_link(self) -> str | None:
        return self.onward

    def get_previous_link(self) -> None:
        return None

"""Lists in pages by cursor: as fast at the end of a million rows as at the start, steady while rows arrive.

There are no totals: counting costs more than the page itself.
"""

from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

from brandkit.common.numbers import row_number


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

"""What every view and serializer of the API shares."""

import json
from collections.abc import Iterable
from datetime import UTC
from typing import Any, ClassVar, TypeVar

from django.db import models
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

M = TypeVar("M", bound=models.Model)


class OneFormat(DefaultContentNegotiation):
    """Each address answers in its one format, whatever `Accept` says: JSON, or the picture itself."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        first = next(iter(renderers))
        return first, str(first.media_type)


class Json(JSONParser):
    """JSON whose text can all be written down again."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        """Raises ParseError, also where it is nested without end or holds half a character."""
        try:
            data = super().parse(*args, **kwargs)
            json.dumps(data, ensure_ascii=False).encode()
        except RecursionError:
            raise ParseError("This JSON is nested too deeply.") from None
        except UnicodeEncodeError:
            raise ParseError("This JSON holds half of a character: a surrogate without its other.") from None
        return data


class UtcDateTimeField(serializers.DateTimeField):
    """ISO 8601 in UTC, whatever TIME_ZONE the pages use."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"default_timezone": UTC, **kwargs})


class RowSerializer(serializers.ModelSerializer[M]):
    """A row as the API shows it: nothing of it is written through here."""

    serializer_field_mapping: ClassVar = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: UtcDateTimeField,
    }

    def get_extra_kwargs(self) -> dict[str, Any]:
        given = super().get_extra_kwargs()
        return {name: {**given.get(name, {}), "read_only": True} for name in self.Meta.fields}

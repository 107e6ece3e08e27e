"""How an operation is told in the OpenAPI file."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from brandkit.common.idempotency import HEADER, Idempotent
from brandkit.common.problems import MEDIA_TYPE

F = TypeVar("F", bound=Callable[..., Any])

WHEN = {
    400: "The request could not be read.",
    401: "No token, or one that has ended.",
    403: "Your role in this brand does not allow that.",
    404: "There is no such thing, or it is not yours to see.",
    409: "It has moved on since; look at it again.",
    410: "It was published once and has been taken back.",
    411: "The request does not say how long it is.",
    413: "The file or the request is too large.",
    415: "The body's type is not taken here.",
    422: "What was given can't be used; `errors` names the fields.",
    429: "Too many tries; `Retry-After` says when to come again.",
    507: "The picture could not be stored.",
}


class FieldErrorSerializer(serializers.Serializer[dict[str, str]]):
    """One complaint about one field. An empty `field` means the whole body."""

    field = serializers.CharField(allow_blank=True)
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[dict[str, Any]]):
    """Problem details (RFC 9457). `code` is for programs and stays the same, `detail` is for people."""

    type = serializers.CharField(default="about:blank")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    errors = FieldErrorSerializer(many=True, required=False)  # type: ignore[assignment] # a member of the body, not DRF's property
    step = serializers.CharField(required=False, help_text="Where a photo was refused.")
    found = serializers.DictField(required=False, help_text="What was found in a refused photo.")


class Schema(AutoSchema):
    """Docstrings speak to programmers of brandkit; what its users read is given to `operation`."""

    def get_description(self) -> str:  # type: ignore[override] # as drf-spectacular has it
        return ""

    def get_override_parameters(self) -> list[Any]:
        return [KEY] if self._takes_key() else []

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        """With the refusals that a key brings."""
        told = super().get_operation(*args, **kwargs)
        if told and self._takes_key():
            told["responses"] = dict(sorted({**KEYS_REFUSALS, **told["responses"]}.items()))
        return told

    def _takes_key(self) -> bool:
        return self.method == "POST" and isinstance(self.view, Idempotent)


KEY = OpenApiParameter(
    HEADER,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description=(
        "1 to 255 printable characters, best a UUID made for this one request. The same request with the "
        "same key within 24 hours is answered as the first time, and done once."
    ),
)


def _refusal_of_key(words: str) -> dict[str, Any]:
    return {
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        "description": words,
    }


KEYS_REFUSALS = {
    "400": _refusal_of_key(f"This is no `{HEADER}`."),
    "409": _refusal_of_key(f"The first request with this `{HEADER}` is still under way."),
    "422": _refusal_of_key(f"This `{HEADER}` stands for another request."),
}


def operation(
    operation_id: str,
    summary: str,
    *,
    description: str = "",
    problems: Sequence[int] = (),
    answers: Mapping[Any, Any] | None = None,
    examples: Sequence[OpenApiExample] = (),
    public: bool = False,
    **more: Any,
) -> Callable[[F], F]:
    """Describe one operation. problems: the statuses of its refusals, besides 401 if it is not public."""
    refusals = sorted({*problems, *(() if public else (401,))})
    return extend_schema(
        operation_id=operation_id,
        summary=summary,
        description=description,
        responses={**(answers or {}), **{(status, MEDIA_TYPE): refusal(status) for status in refusals}},
        examples=list(examples),
        auth=[] if public else None,
        **more,
    )


def refusal(status: int) -> OpenApiResponse:
    return OpenApiResponse(ProblemSerializer, WHEN[status])


def example(
    name: str, value: object, *, request: bool = False, statuses: Sequence[int] = ()
) -> OpenApiExample:
    """One example of a body: of the request, or of the answers with one of `statuses`."""
    return OpenApiExample(
        name,
        value=value,
        request_only=request,
        response_only=not request,
        status_codes=[str(int(HTTPStatus(status))) for status in statuses] or None,
    )

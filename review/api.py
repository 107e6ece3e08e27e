"""Judgement over HTTP."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar, cast

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from brandkit.accounts.api import BrandViewSet, InBrand, brand_for, given, person
from brandkit.accounts.policy import Act
from brandkit.common.openapi import example, operation
from brandkit.common.pagination import Onward
from review import changes, claiming, deciding, pins, reasons, waiting
from review.models import Pin, Review
from review.serializers import (
    Bulk,
    Changes,
    EditPin,
    NewPin,
    PinSerializer,
    Queue,
    ReasonSerializer,
    ReviewSerializer,
    StrokeSerializer,
    Supersede,
    Undo,
    VerdictSerializer,
)
from review.wanted import Wanted
from templates_app.services import find_format, find_scene

F = TypeVar("F", bound=Callable[..., Any])
NO = {"verdict": "rejected", "reasons": ["label"], "note": "The second line of the label is gone."}
ACT = "3f0d5a0e-6b1f-4b0a-9a55-0d3c2f1e7a11"
STROKE = {
    "act": ACT,
    "undo_until": "2026-11-22T09:30:10Z",
    "done": [7, 8],
    "refused": [{"review": 9, "detail": "Rita is looking at this picture, until 10:42 at most."}],
}
JUDGED = (
    *("list", "claim", "release", "decide", "changes", "supersede", "bulk"),
    *("pins", "pin", "delete_pin", "resolve", "reopen"),
)
REVIEW: Mapping[int, Any] = {200: ReviewSerializer}
PIN: Mapping[int, Any] = {200: PinSerializer}
MOVED = (403, 404, 409)
SAID = (400, 403, 404, 409, 415, 422)


def post(
    name: str, summary: str, *, detail: bool = True, url_path: str | None = None, **told: Any
) -> Callable[[F], F]:
    """One POST of the API, with what is told of it."""

    def decorate(view: F) -> F:
        routed = action(detail=detail, methods=["post"], url_path=url_path)(view)
        return operation(name, summary, **told)(cast(F, routed))

    return decorate


def asked(*rows: tuple[str, object]) -> Sequence[OpenApiExample]:
    """Examples of requests, each with its name."""
    return [example(name, value, request=True) for name, value in rows]


def with_all(reviews: QuerySet[Review]) -> QuerySet[Review]:
    """With everything that the API tells of them."""
    people = ("claimed_by", "requested_by", "first_approval_by", "meant_for")
    parts = reviews.select_related("brand", "asset_version", *people)
    told = ("decisions__decided_by", "decisions__reasons__reason", "pins__by", "pins__resolved_by")
    return parts.prefetch_related(*told)


@extend_schema_view(
    list=operation(
        "list_reviews",
        "What waits for your verdict, in the order in which you get it",
        description=(
            "First what comes back to you after changes, then what is overdue, then the rest in the `order` "
            "wanted, and last what comes back to others."
        ),
        answers={200: ReviewSerializer(many=True)},
        parameters=[Queue],
        problems=(403, 404, 422),
    ),
    retrieve=operation(
        "get_review", "One review, its verdicts and its pins", answers=REVIEW, problems=(404,)
    ),
)
class ReviewViewSet(BrandViewSet[Review]):
    queryset = with_all(Review.objects.all())
    serializer_class = ReviewSerializer
    pagination_class = Onward
    asks = Queue
    acts: ClassVar[Mapping[str, Act]] = {**dict.fromkeys(JUDGED, Act.REVIEW), "take_over": Act.MANAGE}

    def list(self, request: Request) -> Response:
        query = given(Queue, request.query_params)
        brand, user = self.brand(query), person(request)
        query.pop("brand", None)
        wanted, pages = Wanted(**query), Onward()

        def behind(after: int, count: int) -> Sequence[Review]:
            return waiting.in_order(brand=brand, user=user, wanted=wanted, after=after, count=count)

        numbers = [review.pk for review in pages.walk(behind, request)]
        found = with_all(Review.objects.all()).in_bulk(numbers)
        rows = [found[number] for number in numbers if number in found]
        return pages.get_paginated_response(self.get_serializer(rows, many=True).data)

    @post(
        "claim_review",
        "Take it for the next five minutes, or hold on to it",
        description="Others are not given it meanwhile. A verdict needs no claim: it takes one itself.",
        request=None,
        answers=REVIEW,
        problems=MOVED,
    )
    def claim(self, request: Request, pk: int) -> Response:
        review = self.get_object()
        claiming.claim(review=review, by=person(request))
        return self.shown(review)

    @post("release_review", "Put it back for others", request=None, answers=REVIEW, problems=MOVED)
    def release(self, request: Request, pk: int) -> Response:
        review = self.get_object()
        claiming.release(review=review, by=person(request))
        return self.shown(review)

    @post(
        "take_over_review",
        "Take it from whoever holds it; owners only",
        url_path="take-over",
        request=None,
        answers=REVIEW,
        problems=MOVED,
    )
    def take_over(self, request: Request, pk: int) -> Response:
        review = self.get_object()
        claiming.take_over(review=review, by=person(request))
        return self.shown(review)

    @post(
        "decide_review",
        "Give the verdict",
        description=(
            "It can be undone for ten seconds; then a worker publishes an approved picture, and `asset` says "
            "as what. Where that fails, `problem` says why. Where the brand wants two approvals, the first "
            "puts the review back for somebody else."
        ),
        request=VerdictSerializer,
        answers=REVIEW,
        problems=SAID,
        examples=asked(("Yes", {"verdict": "approved"}), ("No, and why", NO)),
    )
    def decide(self, request: Request, pk: int) -> Response:
        review = self.get_object()
        deciding.decide(review=review, by=person(request), **given(VerdictSerializer, request.data))
        return self.shown(review)

    @post(
        "change_review",
        "Ask for another picture instead",
        description=(
            "`asked` of the newest of `decisions` is that picture. It is made once the verdict can no longer "
            "be undone, and comes back to you."
        ),
        request=Changes,
        answers=REVIEW,
        problems=SAID,
        examples=asked(("As it was, but the label", {"reasons": ["label"], "note": "Show both lines."})),
    )
    def changes(self, request: Request, pk: int) -> Response:
        review, said = self.get_object(), given(Changes, request.data)
        scene, output_format = said.pop("scene", ""), said.pop("format", "")
        changes.ask_for_changes(
            review=review,
            by=person(request),
            scene_version=find_scene(brand=review.brand, slug=scene) if scene else None,
            output_format=find_format(brand=review.brand, slug=output_format) if output_format else None,
            **said,
        )
        return self.shown(review)

    @post(
        "supersede_review",
        "Give another verdict in place of the last one",
        description="Both stay in `decisions`. What is published is taken back by a rejection.",
        request=Supersede,
        answers=REVIEW,
        problems=SAID,
        examples=asked(("It was approved", {**NO, "why": "The client saw the label."})),
    )
    def supersede(self, request: Request, pk: int) -> Response:
        review = self.get_object()
        deciding.supersede(review=review, by=person(request), **given(Supersede, request.data))
        return self.shown(review)

    @post(
        "decide_reviews",
        "Give one verdict on up to 200 pictures",
        description="Each is decided by itself; what others hold or have decided is told under `refused`.",
        detail=False,
        request=Bulk,
        answers={200: StrokeSerializer},
        problems=(400, 403, 404, 415, 422),
        examples=[
            *asked(("Three at once", {**NO, "reviews": [7, 8, 9]})),
            example("One was held", STROKE, statuses=[200]),
        ],
    )
    def bulk(self, request: Request) -> Response:
        said = given(Bulk, request.data)
        brand = self.brand(said)
        stroke = deciding.decide_many(**{**said, "brand": brand}, by=person(request))
        return Response(StrokeSerializer(stroke).data)

    @post(
        "undo_verdict",
        "Take back what you decided at one stroke, within ten seconds",
        detail=False,
        request=Undo,
        answers={200: StrokeSerializer},
        problems=(400, 404, 415, 422),
        examples=[
            *asked(("As the decision has it", {"act": ACT})),
            example("All are taken back", {**STROKE, "undo_until": None, "refused": []}, statuses=[200]),
        ],
    )
    def undo(self, request: Request) -> Response:
        stroke = deciding.undo(by=person(request), **given(Undo, request.data))
        return Response(StrokeSerializer(stroke).data)

    @post(
        "add_pin",
        "Put a remark on a place in the picture",
        request=NewPin,
        answers={201: PinSerializer},
        problems=SAID,
        examples=asked(("In the middle", {"x": 0.5, "y": 0.5, "words": "This line is blurred."})),
    )
    def pins(self, request: Request, pk: int) -> Response:
        new = given(NewPin, request.data)
        pin = pins.add(review=self.get_object(), by=person(request), **new)
        return Response(PinSerializer(pin).data, status=201)

    @operation(
        "edit_pin",
        "Say something else; whoever put it only",
        request=EditPin,
        answers=PIN,
        problems=SAID,
        examples=asked(("Other words", {"words": "Both lines are blurred."})),
    )
    @action(detail=True, methods=["patch"], url_path="pins/<int:pin>")
    def pin(self, request: Request, pk: int, pin: int) -> Response:
        found = self._pin(pin)
        pins.edit(pin=found, by=person(request), **given(EditPin, request.data))
        return Response(PinSerializer(found).data)

    @operation("delete_pin", "Take it away; whoever put it only", answers={204: None}, problems=MOVED)
    @pin.mapping.delete
    def delete_pin(self, request: Request, pk: int, pin: int) -> Response:
        pins.delete(pin=self._pin(pin), by=person(request))
        return Response(status=204)

    @post(
        "resolve_pin",
        "It is resolved; whoever put it only",
        url_path="pins/<int:pin>/resolve",
        request=None,
        answers=PIN,
        problems=MOVED,
    )
    def resolve(self, request: Request, pk: int, pin: int) -> Response:
        found = self._pin(pin)
        pins.resolve(pin=found, by=person(request))
        return Response(PinSerializer(found).data)

    @post(
        "reopen_pin",
        "It is not resolved after all; whoever put it only",
        url_path="pins/<int:pin>/reopen",
        request=None,
        answers=PIN,
        problems=MOVED,
    )
    def reopen(self, request: Request, pk: int, pin: int) -> Response:
        found = self._pin(pin)
        pins.reopen(pin=found, by=person(request))
        return Response(PinSerializer(found).data)

    def _pin(self, number: int) -> Pin:
        return pins.find(self.get_object(), number)


class Reasons(APIView):
    @operation(
        "list_reasons",
        "The brand's reasons, in its order",
        parameters=[InBrand],
        answers={200: ReasonSerializer(many=True)},
        problems=(404, 422),
        tags=["reviews"],
    )
    def get(self, request: Request) -> Response:
        query = given(InBrand, request.query_params)
        brand = brand_for(user=person(request), act=Act.SEE, slug=query.get("brand", ""))
        return Response(ReasonSerializer(reasons.offered(brand), many=True).data)

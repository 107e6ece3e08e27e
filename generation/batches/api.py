"""Batches over HTTP."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from brandkit.accounts.api import BrandViewSet, InBrand, given, person
from brandkit.accounts.models import Brand
from brandkit.accounts.policy import Act
from brandkit.common.errors import NotFound
from brandkit.common.openapi import example, operation
from brandkit.common.pagination import OldestFirst
from generation.batches import asking, controls, estimate, selectors
from generation.batches.plans import Line, Plan
from generation.batches.serializers import (
    AskForBatch,
    BatchLineSerializer,
    BatchPictureSerializer,
    BatchSerializer,
    BatchStandingSerializer,
    EstimateSerializer,
    RetryBatch,
    SetPriority,
)
from generation.models import Batch, BatchItem, Subject
from generation.provider import get_provider
from templates_app.services import find_format, find_prompt, find_scene

ASKED = {
    "brand": "demo",
    "name": "Spring catalogue",
    "subjects": [1, 2],
    "scenes": ["kitchen"],
    "formats": ["square"],
}
ACTIONS = ("create", "estimate", "pause", "resume", "cancel", "retry", "priority")
STANDING: Mapping[int, Any] = {200: BatchStandingSerializer}


@extend_schema_view(
    list=operation(
        "list_batches",
        "The batches of a brand, newest first",
        answers={200: BatchSerializer(many=True)},
        parameters=[InBrand],
        problems=(404, 422),
    ),
    retrieve=operation(
        "get_batch", "Follow one: how far it is, its pace, what failed", answers=STANDING, problems=(404,)
    ),
)
class BatchViewSet(BrandViewSet[Batch]):
    queryset = Batch.objects.select_related("brand", "progress", "requested_by", "prompt_version__template")
    acts: ClassVar[Mapping[str, Act]] = dict.fromkeys(ACTIONS, Act.REQUEST)

    def get_serializer_class(self) -> Any:
        return BatchSerializer if self.action == "list" else BatchStandingSerializer

    @operation(
        "ask_for_batch",
        "Ask for every subject in every scene for every format",
        description=(
            "What is there already is reused, and paid for once. The answer comes before all is written "
            "down: `progress` tells how far that is."
        ),
        request=AskForBatch,
        answers={201: BatchStandingSerializer},
        problems=(400, 403, 404, 415, 422),
        examples=[example("Two of the demo's subjects", ASKED, request=True)],
    )
    def create(self, request: Request) -> Response:
        return self.made(asking.ask(self._plan(request)), new=True)

    @operation(
        "estimate_batch",
        "What it would make, cost and take; nothing is written",
        request=AskForBatch,
        answers={200: EstimateSerializer},
        problems=(400, 403, 404, 415, 422),
    )
    @action(detail=False, methods=["post"])
    def estimate(self, request: Request) -> Response:
        return Response(EstimateSerializer(estimate.of(self._plan(request))).data)

    @operation(
        "list_batch_pictures",
        "Its pictures, in the order of its lines",
        answers={200: BatchPictureSerializer(many=True)},
        problems=(404,),
    )
    @action(detail=True, pagination_class=OldestFirst)
    def pictures(self, request: Request, pk: int) -> Response:
        items = BatchItem.objects.filter(batch=self.get_object()).select_related(
            "line", "generation__scene_version__scene", "generation__output_format", "generation__output"
        )
        return self._listed(items, BatchPictureSerializer)

    @operation(
        "list_batch_problems",
        "Its lines of which nothing could be made, and why",
        answers={200: BatchLineSerializer(many=True)},
        problems=(404,),
    )
    @action(detail=True, pagination_class=OldestFirst)
    def problems(self, request: Request, pk: int) -> Response:
        lines = selectors.problems(self.get_object())
        return self._listed(lines, BatchLineSerializer)

    @operation(
        "pause_batch",
        "Begin no more of its pictures",
        request=None,
        answers=STANDING,
        problems=(403, 404, 409),
    )
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: int) -> Response:
        batch = self.get_object()
        controls.pause(batch, person(request))
        return self.shown(batch)

    @operation("resume_batch", "Go on with it", request=None, answers=STANDING, problems=(403, 404, 409))
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: int) -> Response:
        batch = self.get_object()
        controls.resume(batch, person(request))
        return self.shown(batch)

    @operation(
        "cancel_batch",
        "Take out of the queue what has not begun",
        description="What is made stays, and what is in work ends as it does; so does what others wait for.",
        request=None,
        answers=STANDING,
        problems=(403, 404, 409),
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: int) -> Response:
        batch = self.get_object()
        controls.cancel(batch, person(request))
        return self.shown(batch)

    @operation(
        "retry_batch",
        "Ask again for what ended without a picture",
        request=RetryBatch,
        answers=STANDING,
        problems=(400, 403, 404, 409, 415, 422),
    )
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: int) -> Response:
        batch, asked = self.get_object(), given(RetryBatch, request.data)
        controls.retry(batch, person(request), **asked)
        return self.shown(batch)

    @operation(
        "set_batch_priority",
        "Make it before or after the brand's other batches",
        request=SetPriority,
        answers=STANDING,
        problems=(400, 403, 404, 409, 415, 422),
    )
    @action(detail=True, methods=["post"])
    def priority(self, request: Request, pk: int) -> Response:
        batch, asked = self.get_object(), given(SetPriority, request.data)
        controls.set_priority(batch, person(request), asked["priority"])
        return self.shown(batch)

    def _plan(self, request: Request) -> Plan:
        asked = given(AskForBatch, request.data)
        brand = self.brand(asked)
        scenes = [find_scene(brand=brand, slug=slug) for slug in dict.fromkeys(asked["scenes"])]
        formats = [find_format(brand=brand, slug=slug) for slug in dict.fromkeys(asked["formats"])]
        shared = {"scenes": scenes, "formats": formats, "variations": asked["variations"]}
        return Plan(
            brand=brand,
            by=person(request),
            name=asked["name"],
            prompt_version=find_prompt(brand=brand, slug=asked.get("prompt", "")),
            provider=get_provider(asked.get("provider") or settings.BRANDKIT_PROVIDER),
            variables=asked["variables"],
            priority=asked["priority"],
            lines=[
                Line(number=number, sku=subject.sku, name=subject.name, subject=subject, **shared)
                for number, subject in enumerate(find_subjects(brand, asked["subjects"]), start=1)
            ],
        )

    def _listed(self, rows: QuerySet[Any], kind: Any) -> Response:
        shown = kind(self.paginate_queryset(rows), many=True, context=self.get_serializer_context())
        return self.get_paginated_response(shown.data)


def find_subjects(brand: Brand, numbers: Sequence[int]) -> list[Subject]:
    """In that order, each once. Raises NotFound."""
    found = Subject.objects.filter(brand=brand).in_bulk(set(numbers))
    missing = [str(number) for number in numbers if number not in found]
    if missing:
        raise NotFound(f"There is no subject {', '.join(missing[:5])} in {brand.name}.")
    return [found[number] for number in dict.fromkeys(numbers)]

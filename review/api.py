"""Judgement and published assets over HTTP."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from brandkit.accounts.api import BrandViewSet, InBrand, given, person
from brandkit.accounts.models import Brand
from brandkit.accounts.policy import Act
from brandkit.common.openapi import example, operation
from brandkit.common.pagination import OldestFirst
from review import library, waiting
from review.deciding import decide
from review.models import Asset, AssetVersion, Review
from review.publishing.actions import unpublish
from review.serializers import AssetSerializer, ReviewSerializer, TakeBack, VerdictSerializer

NO = {"verdict": "rejected", "reasons": ["label"], "note": "The second line of the label is gone."}


def with_all(reviews: QuerySet[Review]) -> QuerySet[Review]:
    """With everything that the API tells of them."""
    parts = reviews.select_related("brand", "claimed_by", "requested_by", "asset_version")
    return parts.prefetch_related("decisions__decided_by", "decisions__reasons__reason")


@extend_schema_view(
    list=operation(
        "list_reviews",
        "What waits for your verdict, oldest first",
        answers={200: ReviewSerializer(many=True)},
        parameters=[InBrand],
        problems=(403, 404, 422),
    ),
    retrieve=operation(
        "get_review", "One review and its verdict", answers={200: ReviewSerializer}, problems=(404,)
    ),
)
class ReviewViewSet(BrandViewSet[Review]):
    queryset = with_all(Review.objects.all())
    serializer_class = ReviewSerializer
    pagination_class = OldestFirst
    acts: ClassVar[Mapping[str, Act]] = {"list": Act.REVIEW, "decide": Act.REVIEW}

    def listed(self, brand: Brand, asked: Mapping[str, Any]) -> QuerySet[Review]:
        return with_all(waiting.queue(brand, person(self.request)))

    @operation(
        "decide_review",
        "Give the verdict",
        description=(
            "It can be undone for ten seconds; then an approved picture is published. "
            "Where that fails, `problem` says why."
        ),
        request=VerdictSerializer,
        answers={200: ReviewSerializer},
        problems=(400, 403, 404, 409, 415, 422),
        examples=[
            example("Yes", {"verdict": "approved"}, request=True),
            example("No, and why", NO, request=True),
        ],
    )
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: int) -> Response:
        review = self.get_object()
        decide(review=review, by=person(request), **given(VerdictSerializer, request.data))
        return self.shown(review)


VERSIONS = AssetVersion.objects.order_by("-number").prefetch_related(
    "renditions__output_format", "renditions__version__asset__brand"
)


@extend_schema_view(
    list=operation(
        "list_assets",
        "What is or was published, newest first",
        answers={200: AssetSerializer(many=True)},
        parameters=[InBrand],
        problems=(404, 422),
    ),
    retrieve=operation(
        "get_asset", "One asset, its versions and addresses", answers={200: AssetSerializer}, problems=(404,)
    ),
)
class AssetViewSet(BrandViewSet[Asset]):
    queryset = Asset.objects.select_related("brand", "scene", "output_format").prefetch_related(
        Prefetch("versions", VERSIONS)
    )
    serializer_class = AssetSerializer
    acts: ClassVar[Mapping[str, Act]] = {"unpublish": Act.REVIEW}

    @operation(
        "unpublish_asset",
        "Take a version back, or the one that is published now",
        description="Its addresses answer 410 from now on, and its files are deleted.",
        request=TakeBack,
        answers={200: AssetSerializer},
        problems=(400, 403, 404, 409, 415, 422),
        examples=[example("The second version", {"version": 2}, request=True)],
    )
    @action(detail=True, methods=["post"])
    def unpublish(self, request: Request, pk: int) -> Response:
        asset = self.get_object()
        number = given(TakeBack, request.data)["version"]
        unpublish(version=library.version_of(asset.brand, asset.name, number), by=person(request))
        return self.shown(asset)

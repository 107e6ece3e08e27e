"""Published assets over HTTP."""

from collections.abc import Mapping
from typing import ClassVar

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from brandkit.accounts.api import BrandViewSet, InBrand, given, person
from brandkit.accounts.policy import Act
from brandkit.common.openapi import example, operation
from review import library
from review.models import Asset, AssetVersion
from review.publishing.actions import unpublish
from review.serializers import AssetSerializer, TakeBack

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

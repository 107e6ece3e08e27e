"""What designers may choose from, over HTTP: the approved scenes and prompts, and the formats."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers

from brandkit.accounts.api import BrandViewSet, InBrand
from brandkit.accounts.models import Brand
from brandkit.common.api import RowSerializer, UtcDateTimeField
from brandkit.common.openapi import operation
from templates_app.models import OutputFormat, PromptVersion, SceneVersion
from templates_app.services import approved_prompts, approved_scenes


class SceneSerializer(RowSerializer[SceneVersion]):
    """An approved scene."""

    slug = serializers.SlugField(source="scene.slug")
    name = serializers.CharField(source="scene.name")
    description = serializers.CharField(source="scene.description")
    version = serializers.IntegerField(source="number")
    approved_at = UtcDateTimeField()

    class Meta:
        model = SceneVersion
        fields: ClassVar = [
            "id",
            "slug",
            "name",
            "description",
            "version",
            "width",
            "height",
            "sha256",
            "approved_at",
        ]


class PromptSerializer(RowSerializer[PromptVersion]):
    """An approved prompt."""

    slug = serializers.SlugField(source="template.slug")
    name = serializers.CharField(source="template.name")
    description = serializers.CharField(source="template.description")
    is_default = serializers.BooleanField(source="template.is_default")
    version = serializers.IntegerField(source="number")
    variables = serializers.DictField(help_text="The names that can be set, and their usual values.")
    approved_at = UtcDateTimeField()

    class Meta:
        model = PromptVersion
        fields: ClassVar = [
            "id",
            "slug",
            "name",
            "description",
            "is_default",
            "version",
            "text",
            "variables",
            "approved_at",
        ]


class FormatSerializer(RowSerializer[OutputFormat]):
    """A channel's exact pixels."""

    class Meta:
        model = OutputFormat
        fields: ClassVar = ["id", "slug", "name", "width", "height", "file_type", "ratio", "size"]


def lists(noun: str, summary: str, kind: type[serializers.BaseSerializer[Any]]) -> Any:
    """Describes a view's list and its single rows."""
    return extend_schema_view(
        list=operation(
            f"list_{noun}s",
            summary,
            answers={200: kind(many=True)},
            parameters=[InBrand],
            problems=(404, 422),
        ),
        retrieve=operation(f"get_{noun}", f"One {noun}", answers={200: kind()}, problems=(404,)),
    )


@lists("scene", "The newest approved version of each scene", SceneSerializer)
class SceneViewSet(BrandViewSet[SceneVersion]):
    """Single rows are found in every state but draft: old pictures name retired ones."""

    queryset = SceneVersion.objects.exclude(state=SceneVersion.State.DRAFT).select_related("scene")
    serializer_class = SceneSerializer
    brand_path = "scene__brand"

    def listed(self, brand: Brand, asked: Mapping[str, Any]) -> QuerySet[SceneVersion]:
        return approved_scenes(brand)


@lists("prompt", "The newest approved version of each prompt", PromptSerializer)
class PromptViewSet(BrandViewSet[PromptVersion]):
    """As scenes."""

    queryset = PromptVersion.objects.exclude(state=PromptVersion.State.DRAFT).select_related("template")
    serializer_class = PromptSerializer
    brand_path = "template__brand"

    def listed(self, brand: Brand, asked: Mapping[str, Any]) -> QuerySet[PromptVersion]:
        return approved_prompts(brand)


@lists("format", "The formats that are offered", FormatSerializer)
class FormatViewSet(BrandViewSet[OutputFormat]):
    queryset = OutputFormat.objects.all()
    serializer_class = FormatSerializer

    def listed(self, brand: Brand, asked: Mapping[str, Any]) -> QuerySet[OutputFormat]:
        return super().listed(brand, asked).filter(active=True)

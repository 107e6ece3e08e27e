"""How reviews and assets are written in the API, and how verdicts are read."""

from typing import Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from brandkit.accounts.models import Brand
from brandkit.common.api import RowSerializer
from generation.models import Output
from review.deciding import NOTE_LENGTH
from review.models import Asset, AssetVersion, Decision, Rendition, Review, Verdict

GIVEN = [(verdict.value, verdict.label) for verdict in (Verdict.APPROVED, Verdict.REJECTED)]


class DecisionSerializer(RowSerializer[Decision]):
    """A verdict, who gave it and why."""

    decided_by = serializers.CharField(source="decided_by.username")
    reasons = serializers.SerializerMethodField(help_text="Codes of the brand's own reasons.")

    class Meta:
        model = Decision
        fields: ClassVar = [
            "verdict",
            "reasons",
            "note",
            "why",
            "decided_by",
            "decided_at",
            "act",
            "undo_until",
        ]

    def get_reasons(self, decision: Decision) -> list[str]:
        return [each.reason.code for each in decision.reasons.all()]


class ReviewSerializer(RowSerializer[Review]):
    """A picture's judgement, and what came of it."""

    brand = serializers.SlugRelatedField[Brand](slug_field="slug", read_only=True)
    url = serializers.HyperlinkedIdentityField(view_name="api:review-detail")
    output: serializers.HyperlinkedRelatedField[Output] = serializers.HyperlinkedRelatedField(
        view_name="api:output-detail", read_only=True
    )
    requested_by = serializers.CharField(source="requested_by.username", read_only=True, allow_null=True)
    claimed_by = serializers.CharField(source="claimed_by.username", read_only=True, allow_null=True)
    decisions = DecisionSerializer(many=True)
    problem = serializers.CharField(
        help_text="Why an approved picture is not published yet; empty if nothing is wrong."
    )
    asset = serializers.SerializerMethodField(help_text="What it was published as.")

    class Meta:
        model = Review
        fields: ClassVar = [
            "id",
            "url",
            "brand",
            "state",
            "output",
            "requested_by",
            "claimed_by",
            "claimed_until",
            "created_at",
            "decisions",
            "problem",
            "asset",
        ]

    @extend_schema_field({"type": "string", "format": "uri", "nullable": True})
    def get_asset(self, review: Review) -> str | None:
        if not hasattr(review, "asset_version"):
            return None
        return reverse("api:asset-detail", [review.asset_version.asset_id], request=self.context["request"])


class VerdictSerializer(serializers.Serializer[Any]):
    """A verdict to give."""

    verdict = serializers.ChoiceField(choices=GIVEN)
    reasons = serializers.ListField(
        child=serializers.SlugField(),
        required=False,
        default=list,
        max_length=20,
        help_text="Codes of the brand's own reasons; a rejection needs one at least.",
    )
    note = serializers.CharField(required=False, default="", allow_blank=True, max_length=NOTE_LENGTH)


class RenditionSerializer(RowSerializer[Rendition]):
    """One published file."""

    format = serializers.SlugField(source="output_format.slug")
    address = serializers.SerializerMethodField(help_text="These bytes, and never others.")

    class Meta:
        model = Rendition
        fields: ClassVar = ["format", "address", "media_type", "width", "height", "bytes", "sha256"]

    @extend_schema_field(OpenApiTypes.URI)
    def get_address(self, rendition: Rendition) -> str:
        asset = rendition.version.asset
        parts = [asset.brand.slug, asset.name, rendition.key, rendition.extension]
        return reverse("assets:immutable", parts, request=self.context["request"])


class AssetVersionSerializer(RowSerializer[AssetVersion]):
    """What the asset's address showed from a day on."""

    review: serializers.HyperlinkedRelatedField[Review] = serializers.HyperlinkedRelatedField(
        view_name="api:review-detail", read_only=True
    )
    renditions = RenditionSerializer(many=True)

    class Meta:
        model = AssetVersion
        fields: ClassVar = ["number", "review", "approved_at", "published_at", "recalled_at", "renditions"]


class AssetSerializer(RowSerializer[Asset]):
    """A stable public address: one subject in one scene for one format."""

    brand = serializers.SlugRelatedField[Brand](slug_field="slug", read_only=True)
    url = serializers.HyperlinkedIdentityField(view_name="api:asset-detail")
    scene = serializers.SlugField(source="scene.slug")
    format = serializers.SlugField(source="output_format.slug")
    address = serializers.SerializerMethodField(help_text="Stable: shows what is published today.")
    versions = AssetVersionSerializer(many=True)

    class Meta:
        model = Asset
        fields: ClassVar = [
            "id",
            "url",
            "brand",
            "name",
            "subject",
            "scene",
            "format",
            "address",
            "versions",
            "created_at",
        ]

    @extend_schema_field(OpenApiTypes.URI)
    def get_address(self, asset: Asset) -> str:
        parts = [asset.brand.slug, asset.name, asset.output_format.file_type]
        return reverse("assets:stable", parts, request=self.context["request"])


class TakeBack(serializers.Serializer[Any]):
    """Which version to take back."""

    version = serializers.IntegerField(
        required=False,
        default=None,
        allow_null=True,
        min_value=1,
        help_text="Its number; the newest where it is left out.",
    )

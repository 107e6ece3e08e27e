"""How reviews and assets are written in the API, and how verdicts are read."""

from datetime import timedelta
from typing import Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from brandkit.accounts.api import InBrand
from brandkit.accounts.models import Brand
from brandkit.common.api import RowSerializer, UtcDateTimeField
from brandkit.common.numbers import BIGGEST
from generation.models import Generation, Output
from generation.wish import LONGEST_CHANGE, MOST_CHANGES, MOST_VARIATIONS
from review import pins
from review.deciding import AT_ONCE, NOTE_LENGTH, Stroke
from review.models import Asset, AssetVersion, Decision, Pin, Reason, Rendition, Review, Verdict
from review.wanted import AGE, LONGEST, ORDERS

GIVEN = [(verdict.value, verdict.label) for verdict in (Verdict.APPROVED, Verdict.REJECTED)]
OF_REVIEW = [
    "id",
    "url",
    "brand",
    "state",
    "output",
    "subject",
    "batch",
    "priority",
    "flagged",
    "requested_by",
    "meant_for",
    "claimed_by",
    "claimed_until",
    "first_approval_by",
    "created_at",
    "due_at",
    "overdue",
    "decisions",
    "pins",
    "problem",
    "asset",
]


def username(whose: str, **told: Any) -> serializers.CharField:
    """The sign-in name of somebody; null where there is nobody."""
    return serializers.CharField(source=f"{whose}.username", read_only=True, allow_null=True, **told)


class ReasonSerializer(RowSerializer[Reason]):
    """One of the brand's reasons: its `code` is what verdicts are sent with."""

    class Meta:
        model = Reason
        fields: ClassVar = ["code", "words"]


class PinSerializer(RowSerializer[Pin]):
    """A remark tied to a place in the picture: shares of its width and height, from the upper left."""

    by = serializers.CharField(source="by.username")
    resolved_by = username("resolved_by")

    class Meta:
        model = Pin
        fields: ClassVar = [
            "id",
            "x",
            "y",
            "words",
            "by",
            "created_at",
            "edited_at",
            "resolved_at",
            "resolved_by",
        ]


class DecisionSerializer(RowSerializer[Decision]):
    """A verdict, who gave it and why. It never changes: a later one undoes it, or takes its place."""

    decided_by = serializers.CharField(source="decided_by.username")
    reasons = serializers.SerializerMethodField(help_text="Codes of the brand's own reasons.")
    act = serializers.UUIDField(
        allow_null=True, help_text="What `undo` takes back: all of one stroke share it."
    )
    undo_until = UtcDateTimeField(allow_null=True, help_text="Until then it can be undone.")
    seconds = serializers.FloatField(allow_null=True, help_text="How long the picture was held before.")
    seen = serializers.DictField(help_text="What was judged: the picture's hash, and its flags.")
    supersedes = serializers.IntegerField(
        source="supersedes_id", allow_null=True, help_text="The decision that this one takes the place of."
    )
    why = serializers.CharField(help_text="Why it takes that one's place.")
    asked: serializers.HyperlinkedRelatedField[Generation] = serializers.HyperlinkedRelatedField(
        view_name="api:generation-detail",
        read_only=True,
        allow_null=True,
        help_text="What was asked for instead.",
    )

    class Meta:
        model = Decision
        fields: ClassVar = [
            "id",
            "verdict",
            "reasons",
            "note",
            "decided_by",
            "decided_at",
            "act",
            "undo_until",
            "seconds",
            "seen",
            "supersedes",
            "why",
            "asked",
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
    requested_by = username("requested_by")
    claimed_by = username("claimed_by")
    first_approval_by = username(
        "first_approval_by", help_text="Who approved it where the brand wants two, and the second is to come."
    )
    meant_for = username("meant_for", help_text="Who asked for the changes that it brings.")
    due_at = serializers.SerializerMethodField(help_text="When it is overdue; null where nothing ever is.")
    overdue = serializers.BooleanField(source="is_overdue")
    decisions = DecisionSerializer(many=True)
    pins = PinSerializer(many=True)
    problem = serializers.CharField(
        help_text="Why an approved picture is not published yet; empty if nothing is wrong."
    )
    asset = serializers.SerializerMethodField(help_text="What it was published as.")

    class Meta:
        model = Review
        fields: ClassVar = OF_REVIEW

    @extend_schema_field({"type": "string", "format": "date-time", "nullable": True})
    def get_due_at(self, review: Review) -> str | None:
        hours = review.brand.review_due_hours
        due = review.created_at + timedelta(hours=hours) if hours else None
        return UtcDateTimeField().to_representation(due) if due else None

    @extend_schema_field({"type": "string", "format": "uri", "nullable": True})
    def get_asset(self, review: Review) -> str | None:
        if not hasattr(review, "asset_version"):
            return None
        return reverse("api:asset-detail", [review.asset_version.asset_id], request=self.context["request"])


class Queue(InBrand):
    """What a list of reviews is narrowed to, and its order."""

    batch = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST)
    sku = serializers.CharField(required=False, max_length=LONGEST, help_text="Of the subject, exactly.")
    scene = serializers.SlugField(required=False)
    prompt = serializers.IntegerField(
        required=False, min_value=1, max_value=BIGGEST, help_text="`id` of a prompt: of one version."
    )
    provider = serializers.SlugField(required=False)
    flagged = serializers.BooleanField(
        required=False, default=False, help_text="Only what is not as it was asked for."
    )
    older_than = serializers.IntegerField(
        required=False, min_value=1, max_value=99_999, help_text="Hours since the picture came."
    )
    asked_by = serializers.CharField(required=False, max_length=LONGEST, help_text="A sign-in name.")
    order = serializers.ChoiceField(required=False, default=AGE, choices=list(ORDERS.items()))


class Why(serializers.Serializer[Any]):
    """What goes with a verdict."""

    reasons = serializers.ListField(
        child=serializers.SlugField(),
        required=False,
        default=list,
        max_length=20,
        help_text="Codes of the brand's own reasons; all but an approval needs one at least.",
    )
    note = serializers.CharField(required=False, default="", allow_blank=True, max_length=NOTE_LENGTH)


class VerdictSerializer(Why):
    """A verdict to give."""

    verdict = serializers.ChoiceField(choices=GIVEN)


class Changes(Why):
    """Another picture, wanted instead of this one."""

    changes = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_CHANGE),
        required=False,
        default=None,
        allow_null=True,
        max_length=MOST_CHANGES,
        help_text="Lines for its prompt, in place of those made of the reasons, the note and the pins.",
    )
    scene = serializers.SlugField(required=False, help_text="The same where it is left out.")
    format = serializers.SlugField(required=False, help_text="The same where it is left out.")
    variation = serializers.IntegerField(
        required=False,
        default=None,
        allow_null=True,
        min_value=1,
        max_value=MOST_VARIATIONS,
        help_text="Left out: the same, or the next one if that very picture is there.",
    )


class Supersede(VerdictSerializer):
    """A verdict in place of the last one."""

    why = serializers.CharField(max_length=NOTE_LENGTH, help_text="Why it changes.")


class Bulk(InBrand, VerdictSerializer):
    """One verdict on several pictures."""

    reviews = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=BIGGEST),
        allow_empty=False,
        max_length=AT_ONCE,
        help_text="Their numbers.",
    )


class Undo(serializers.Serializer[Any]):
    """What to take back."""

    act = serializers.UUIDField(help_text="As the decision has it.")


class RefusedSerializer(serializers.Serializer[Any]):
    """A review that nothing was done to."""

    review = serializers.IntegerField()
    detail = serializers.CharField(help_text="Why: who was faster, say.")


class StrokeSerializer(serializers.Serializer[Stroke]):
    """What became of several reviews: each is decided by itself, and what others hold is left alone."""

    act = serializers.UUIDField(help_text="What `undo` takes back.")
    undo_until = UtcDateTimeField(source="until", allow_null=True)
    done = serializers.SerializerMethodField(help_text="Numbers of the reviews that it was done to.")
    refused = serializers.SerializerMethodField()

    def get_done(self, stroke: Stroke) -> list[int]:
        return [review.pk for review in stroke.done]

    @extend_schema_field(RefusedSerializer(many=True))
    def get_refused(self, stroke: Stroke) -> list[dict[str, Any]]:
        return [{"review": review.pk, "detail": words} for review, words in stroke.refused]


class NewPin(serializers.Serializer[Any]):
    """A pin to put."""

    x = serializers.FloatField(min_value=0, max_value=1)
    y = serializers.FloatField(min_value=0, max_value=1)
    words = serializers.CharField(max_length=pins.LENGTH)


class EditPin(serializers.Serializer[Any]):
    """What a pin says from now on."""

    words = serializers.CharField(max_length=pins.LENGTH)


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

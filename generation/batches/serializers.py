"""How batches are written in the API, and how what is asked for is read."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from brandkit.accounts.api import InBrand
from brandkit.accounts.models import Brand
from brandkit.common.api import RowSerializer
from brandkit.common.numbers import BIGGEST
from generation.batches import selectors
from generation.models import Batch, BatchItem, BatchLine, BatchProgress, Generation, Priority
from generation.wish import MOST_VARIATIONS

MOST_SUBJECTS = 10_000
"""In one request; a whole catalogue comes from a file."""


class BatchProgressSerializer(RowSerializer[BatchProgress]):
    """How far it is. `wanted`: pictures in all, of which `reused` were there or on their way before."""

    class Meta:
        model = BatchProgress
        fields = (
            "lines",
            "problems",
            "filled",
            "wanted",
            "reused",
            "queued",
            "running",
            "succeeded",
            "refused",
            "failed",
            "cancelled",
            "left",
            "spent",
        )
        extra_kwargs: ClassVar = {
            "lines": {"help_text": "Those that can be made."},
            "problems": {"help_text": "Lines that can't."},
            "filled": {"help_text": "Lines whose pictures are asked for by now."},
            "spent": {"help_text": "US dollars, of its own pictures."},
        }


class BatchSerializer(RowSerializer[Batch]):
    """Many pictures wanted together, and how far they are."""

    brand = serializers.SlugRelatedField[Brand](slug_field="slug", read_only=True)
    url = serializers.HyperlinkedIdentityField(view_name="api:batch-detail")
    pictures = serializers.HyperlinkedIdentityField(view_name="api:batch-pictures")
    problems = serializers.HyperlinkedIdentityField(view_name="api:batch-problems")
    prompt = serializers.SlugField(source="prompt_version.template.slug")
    prompt_version = serializers.IntegerField(source="prompt_version.number")
    requested_by = serializers.CharField(source="requested_by.username", read_only=True, allow_null=True)
    variables = serializers.DictField()
    progress = BatchProgressSerializer()

    class Meta:
        model = Batch
        fields: ClassVar[tuple[str, ...]] = (
            "id",
            "url",
            "brand",
            "name",
            "state",
            "paused_at",
            "priority",
            "prompt",
            "prompt_version",
            "provider",
            "variables",
            "requested_by",
            "created_at",
            "started_at",
            "ended_at",
            "refusal",
            "progress",
            "pictures",
            "problems",
        )
        extra_kwargs: ClassVar = {
            "refusal": {"help_text": "Why no more of it can be asked for; empty where it can."},
            "priority": {"help_text": "1 low, 2 normal, 3 high: among the batches of its brand."},
        }


class BatchFailureSerializer(serializers.Serializer[Any]):
    """Why pictures ended without one."""

    code = serializers.CharField()
    words = serializers.CharField()
    count = serializers.IntegerField(help_text="Of those that ended so last.")


class BatchStandingSerializer(BatchSerializer):
    """A batch with what is known of its pace."""

    rate = serializers.SerializerMethodField(help_text="Pictures a minute at present.")
    seconds_left = serializers.SerializerMethodField(help_text="At that rate.")
    waits = serializers.SerializerMethodField(help_text="Why nothing goes on, in words; empty where it does.")
    failures = serializers.SerializerMethodField()

    class Meta(BatchSerializer.Meta):
        fields: ClassVar[tuple[str, ...]] = (
            *BatchSerializer.Meta.fields,
            "rate",
            "seconds_left",
            "waits",
            "failures",
        )

    def to_representation(self, batch: Batch) -> Any:
        self._now = selectors.progress(batch)
        return super().to_representation(batch)

    def get_rate(self, batch: Batch) -> float | None:
        return self._now.rate

    def get_seconds_left(self, batch: Batch) -> float | None:
        return self._now.seconds

    def get_waits(self, batch: Batch) -> str:
        return self._now.waits

    @extend_schema_field(BatchFailureSerializer(many=True))
    def get_failures(self, batch: Batch) -> Any:
        return BatchFailureSerializer(selectors.failures(batch), many=True).data


class BatchPictureSerializer(RowSerializer[BatchItem]):
    """A picture of a batch. `new`: it was asked for by this batch; else it was there before."""

    line = serializers.IntegerField(source="line.number")
    sku = serializers.CharField(source="line.sku")
    generation = serializers.HyperlinkedRelatedField[Generation](
        view_name="api:generation-detail", read_only=True
    )
    state = serializers.ChoiceField(source="generation.state", choices=Generation.State.choices)
    scene = serializers.SlugField(source="generation.scene_version.scene.slug")
    format = serializers.SlugField(source="generation.output_format.slug")
    variation = serializers.IntegerField(source="generation.variation")
    output = serializers.SerializerMethodField()

    class Meta:
        model = BatchItem
        fields = ("id", "line", "sku", "generation", "state", "scene", "format", "variation", "new", "output")

    @extend_schema_field({"type": "string", "format": "uri", "nullable": True})
    def get_output(self, item: BatchItem) -> str | None:
        if not hasattr(item.generation, "output"):
            return None
        return reverse("api:output-detail", [item.generation.output.pk], request=self.context["request"])


class BatchLineSerializer(RowSerializer[BatchLine]):
    """A line of which nothing could be made, and why."""

    cells = serializers.DictField(help_text="The row as it came, where a file was imported.")

    class Meta:
        model = BatchLine
        fields = ("number", "sku", "name", "photo", "cells", "problem")


class AskForBatch(InBrand):
    """Every subject in every scene for every format."""

    name = serializers.CharField(max_length=120)
    subjects = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=BIGGEST), min_length=1, max_length=MOST_SUBJECTS
    )
    scenes = serializers.ListField(child=serializers.SlugField(), min_length=1, max_length=100)
    formats = serializers.ListField(child=serializers.SlugField(), min_length=1, max_length=100)
    prompt = serializers.SlugField(required=False, help_text="The brand's usual one where it is left out.")
    variations = serializers.IntegerField(
        required=False,
        default=1,
        min_value=1,
        max_value=MOST_VARIATIONS,
        help_text="So many different pictures of each; those that are there already count.",
    )
    provider = serializers.SlugField(required=False, help_text="The usual one where it is left out.")
    variables = serializers.DictField(
        required=False, default=dict, help_text="Over the prompt's own usual values."
    )
    priority = serializers.ChoiceField(
        required=False,
        default=Priority.NORMAL,
        choices=Priority.choices,
        help_text="1 low, 2 normal, 3 high.",
    )


class RetryBatch(serializers.Serializer[Any]):
    """What of a batch is asked for again: all that was refused or has failed, unless told."""

    reason = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=60, help_text="Only failures of this code."
    )
    cancelled = serializers.BooleanField(
        required=False, default=False, help_text="Also what was cancelled or not asked for yet."
    )


class SetPriority(serializers.Serializer[Any]):
    priority = serializers.ChoiceField(choices=Priority.choices, help_text="1 low, 2 normal, 3 high.")


class EstimateSerializer(serializers.Serializer[Any]):
    """What a batch would make, cost and take."""

    pictures = serializers.IntegerField(help_text="In all.")
    there = serializers.IntegerField(help_text="Made already, or on their way: not paid again.")
    new = serializers.IntegerField()
    price = serializers.DecimalField(
        max_digits=14, decimal_places=5, allow_null=True, help_text="US dollars; null where no price is set."
    )
    seconds = serializers.FloatField(allow_null=True, help_text="Null where nobody knows.")
    left = serializers.DecimalField(
        max_digits=14, decimal_places=5, allow_null=True, help_text="Of this month's budget; null: no limit."
    )
    exact = serializers.BooleanField(help_text="False where there were too many to look at each.")

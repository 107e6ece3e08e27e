"""How subjects, generations and outputs are written in the API, and how what is asked for is read."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from brandkit.accounts.api import InBrand
from brandkit.accounts.models import Brand
from brandkit.common.api import RowSerializer
from brandkit.common.numbers import BIGGEST
from generation import intake
from generation.models import Attempt, Generation, Output, Reference, Subject
from generation.wish import MOST_VARIATIONS


class Told(serializers.Serializer[Any]):
    """Something that programs know by its code, and people by its words."""

    code = serializers.CharField()
    words = serializers.CharField()


class AdviceSerializer(Told):
    """What would make the photo better. It never blocks."""


class BoxField(serializers.ListField):
    """A place in a picture as fractions of its width and height: x0, y0, x1, y1."""

    child = serializers.FloatField(min_value=0, max_value=1)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_length": 4, "max_length": 4, "help_text": self.__doc__, **kwargs})


class ReferenceSerializer(RowSerializer[Reference]):
    """A further photo of a subject. `removed_at`: since then it is not sent with new wishes."""

    url = serializers.HyperlinkedIdentityField(view_name="api:reference-detail")
    picture = serializers.HyperlinkedIdentityField(view_name="api:reference-picture")

    class Meta:
        model = Reference
        fields = (
            "id",
            "url",
            "subject",
            "shows",
            "picture",
            "sha256",
            "original_sha256",
            "width",
            "height",
            "created_at",
            "removed_at",
        )


class SubjectSerializer(RowSerializer[Subject]):
    """The photo of a thing that must stay the same. `box` is the thing's place in it.

    `references`: its further photos, in the order in which they are sent.
    """

    brand = serializers.SlugRelatedField[Brand](slug_field="slug", read_only=True)
    box = BoxField()
    advice = AdviceSerializer(many=True)
    url = serializers.HyperlinkedIdentityField(view_name="api:subject-detail")
    cutout = serializers.HyperlinkedIdentityField(view_name="api:subject-cutout")
    references = ReferenceSerializer(many=True)

    class Meta:
        model = Subject
        fields = (
            "id",
            "url",
            "brand",
            "name",
            "slug",
            "sku",
            "width",
            "height",
            "box",
            "confidence",
            "advice",
            "cutout",
            "references",
            "original_sha256",
            "original_type",
            "original_width",
            "original_height",
            "created_at",
        )


class PhotoField(serializers.FileField):
    """A photo that is opened later, with more to say about it than a form has."""

    def __init__(self, **kwargs: Any) -> None:
        words = "JPEG, PNG, WebP or HEIC, at most 50 MB and 64 megapixels."
        super().__init__(**{"max_length": None, "allow_empty_file": True, "help_text": words, **kwargs})


class Upload(InBrand):
    """A photo, and what it is called."""

    photo = PhotoField()
    name = serializers.CharField(required=False, default="", allow_blank=True, max_length=intake.NAME_LENGTH)
    sku = serializers.CharField(required=False, default="", allow_blank=True, max_length=intake.SKU_LENGTH)


class UploadReference(serializers.Serializer[Any]):
    """A further photo of a subject, and what it shows."""

    photo = PhotoField()
    shows = serializers.ChoiceField(
        choices=Reference.Shows.choices,
        required=False,
        default=Reference.Shows.ANGLE,
        help_text="Another side of it, a detail close up (its label), or a person.",
    )


class SentSerializer(serializers.Serializer[Any]):
    """One picture that was sent to a provider."""

    role = serializers.CharField(help_text="subject, cutout, scene or reference.")
    sha256 = serializers.CharField()
    media_type = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    bytes = serializers.IntegerField()


class AttemptSerializer(RowSerializer[Attempt]):
    """One call to a provider: what was sent, what came back, and what it cost."""

    sent = SentSerializer(many=True)
    parameters = serializers.DictField(help_text="What else was sent, without the prompt.")
    usage = serializers.DictField(help_text="As the provider counts it.")

    class Meta:
        model = Attempt
        fields = (
            "number",
            "provider",
            "model",
            "model_version",
            "sent",
            "parameters",
            "job",
            "outcome",
            "step",
            "http_status",
            "code",
            "words",
            "vendor_code",
            "vendor_words",
            "response_id",
            "usage",
            "started_at",
            "seconds",
            "bytes_received",
            "cost",
        )
        extra_kwargs: ClassVar = {
            "cost": {"help_text": "US dollars. It counts also where no answer came."},
            "job": {"help_text": "The provider's own number for it, where it gave one."},
            "code": {"help_text": "brandkit's; it stays the same whatever the provider calls it."},
            "words": {"help_text": "What happened and what helps, for people."},
            "vendor_code": {"help_text": "As it came."},
            "vendor_words": {"help_text": "As they came, without keys and pictures."},
        }


class FlagSerializer(Told):
    """What is not as it was asked for: `wrong_ratio`, `too_small`."""


class OutputSerializer(RowSerializer[Output]):
    """A picture that came out."""

    brand = serializers.SlugRelatedField[Brand](slug_field="slug", read_only=True)
    url = serializers.HyperlinkedIdentityField(view_name="api:output-detail")
    picture = serializers.HyperlinkedIdentityField(view_name="api:output-picture")
    preview = serializers.HyperlinkedIdentityField(view_name="api:output-preview")
    subject_box = BoxField(allow_null=True)
    notes = serializers.ListField(child=serializers.CharField())
    flags = FlagSerializer(many=True)

    class Meta:
        model = Output
        fields = (
            "id",
            "url",
            "brand",
            "generation",
            "picture",
            "preview",
            "sha256",
            "media_type",
            "width",
            "height",
            "bytes",
            "subject_box",
            "notes",
            "flags",
            "created_at",
        )


class FailureSerializer(Told):
    """Why there is no picture."""


class GenerationSerializer(RowSerializer[Generation]):
    """One wanted picture, and how far it is.

    `references`: numbers of the subject's further photos that are sent with it.
    """

    brand = serializers.SlugRelatedField[Brand](slug_field="slug", read_only=True)
    url = serializers.HyperlinkedIdentityField(view_name="api:generation-detail")
    scene = serializers.SlugField(source="scene_version.scene.slug")
    scene_version = serializers.IntegerField(source="scene_version.number")
    prompt = serializers.SlugField(source="prompt_version.template.slug")
    prompt_version = serializers.IntegerField(source="prompt_version.number")
    prompt_text = serializers.CharField(source="prompt")
    format = serializers.SlugField(source="output_format.slug")
    requested_by = serializers.CharField(source="requested_by.username", read_only=True, allow_null=True)
    variables = serializers.DictField()
    parameters = serializers.DictField()
    failure = serializers.SerializerMethodField()
    attempts = AttemptSerializer(many=True)
    output = serializers.SerializerMethodField()

    class Meta:
        model = Generation
        fields = (
            "id",
            "url",
            "brand",
            "state",
            "subject",
            "references",
            "scene",
            "scene_version",
            "prompt",
            "prompt_version",
            "prompt_text",
            "variables",
            "format",
            "variation",
            "provider",
            "model",
            "ratio",
            "size",
            "parameters",
            "parent",
            "requested_by",
            "created_at",
            "started_at",
            "ended_at",
            "retry_at",
            "failure",
            "attempts",
            "output",
        )

    @extend_schema_field(FailureSerializer(allow_null=True))
    def get_failure(self, generation: Generation) -> dict[str, str] | None:
        if not generation.failure_code:
            return None
        return {"code": generation.failure_code, "words": generation.failure_words}

    @extend_schema_field({"type": "string", "format": "uri", "nullable": True})
    def get_output(self, generation: Generation) -> str | None:
        if not hasattr(generation, "output"):
            return None
        return reverse("api:output-detail", [generation.output.pk], request=self.context["request"])


class Ask(InBrand):
    """One wanted picture."""

    subject = serializers.IntegerField(min_value=1, max_value=BIGGEST)
    scene = serializers.SlugField()
    prompt = serializers.SlugField(required=False, help_text="The brand's usual one where it is left out.")
    format = serializers.SlugField()
    variation = serializers.IntegerField(
        required=False,
        default=1,
        min_value=1,
        max_value=MOST_VARIATIONS,
        help_text="Another number is another picture.",
    )
    provider = serializers.SlugField(required=False, help_text="The usual one where it is left out.")
    variables = serializers.DictField(
        required=False, default=dict, help_text="Over the prompt's own usual values."
    )


class GenerationFilter(InBrand):
    """What a list of generations is narrowed to."""

    state = serializers.ChoiceField(choices=Generation.State.choices, required=False)
    subject = serializers.IntegerField(min_value=1, max_value=BIGGEST, required=False)

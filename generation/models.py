"""From a subject's photo to the picture that came out: rows are the queue, the record and the truth."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from brandkit.accounts.models import Brand
from brandkit.common.moves import Moves, Stateful
from brandkit.common.storage import private_store
from templates_app.models import OutputFormat, PromptVersion, SceneVersion


class Subject(models.Model):
    """The thing that must stay the same. The same bytes in one brand are the same Subject.

    original: as uploaded; normal: upright, sRGB, no metadata; cutout: RGBA of the same pixels as normal.
    box: the thing's place in the photo as fractions x0, y0, x1, y1. advice: `[{"code", "words"}]`.
    """

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="subjects")
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60)
    sku = models.CharField("SKU", max_length=60, blank=True)
    original = models.FileField(storage=private_store, max_length=200)
    original_sha256 = models.CharField(max_length=64)
    original_type = models.CharField(max_length=40)
    original_width = models.PositiveIntegerField()
    original_height = models.PositiveIntegerField()
    normal = models.FileField(storage=private_store, max_length=200)
    normal_sha256 = models.CharField(max_length=64)
    cutout = models.FileField(storage=private_store, max_length=200)
    cutout_sha256 = models.CharField(max_length=64)
    thumbnail = models.FileField(storage=private_store, max_length=200)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    box = models.JSONField()
    confidence = models.FloatField()
    advice = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["brand", "original_sha256"], name="one_subject_a_photo"),
            models.UniqueConstraint(fields=["brand", "slug"], name="one_subject_a_slug"),
        ]

    def __str__(self) -> str:
        return self.name


class GenerationQuerySet(models.QuerySet["Generation"]):
    def claimable(self, now: datetime) -> "GenerationQuerySet":
        """What a worker may take: queued and due, or running under a lease that has run out."""
        due = Q(state=Generation.State.QUEUED) & (Q(retry_at=None) | Q(retry_at__lte=now))
        return self.filter(due | Q(state=Generation.State.RUNNING, lease_until__lt=now))


class Generation(Stateful):
    """One wanted picture. `wish` is the hash of all that it is made from: the same wish is the same row.

    claim, worker, lease_until: who works on it now, proven by the claim's token, and until when.
    fetched: name of the answer's bytes in the private store, once they are safe; from then on nothing is
        paid.
    tries: calls made since it was asked for, or asked for again.
    failure_code, failure_words: told where the end is not a picture.
    """

    NOUN = "generation"

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "In work"
        SUCCEEDED = "succeeded", "Done"
        REFUSED = "refused", "Refused"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    MOVES: ClassVar[Moves] = {
        State.QUEUED: frozenset({State.RUNNING, State.CANCELLED}),
        State.RUNNING: frozenset({State.SUCCEEDED, State.REFUSED, State.FAILED, State.QUEUED, State.RUNNING}),
        State.SUCCEEDED: frozenset(),
        # Asked for again by a person:
        State.REFUSED: frozenset({State.QUEUED}),
        State.FAILED: frozenset({State.QUEUED}),
        State.CANCELLED: frozenset({State.QUEUED}),
    }
    ENDED: ClassVar = frozenset({State.SUCCEEDED, State.REFUSED, State.FAILED, State.CANCELLED})

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="generations")
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="generations")
    scene_version = models.ForeignKey(SceneVersion, on_delete=models.PROTECT, related_name="generations")
    prompt_version = models.ForeignKey(PromptVersion, on_delete=models.PROTECT, related_name="generations")
    output_format = models.ForeignKey(OutputFormat, on_delete=models.PROTECT, related_name="generations")
    variation = models.PositiveIntegerField(default=1)
    provider = models.CharField(max_length=40)
    model = models.CharField(max_length=80)
    ratio = models.CharField(max_length=5)
    size = models.CharField(max_length=2)
    parameters = models.JSONField(default=dict)
    variables = models.JSONField(default=dict)
    prompt = models.TextField()
    wish = models.CharField(max_length=64)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    asked_again_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    claim = models.UUIDField(null=True)
    worker = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)
    fetched = models.CharField(max_length=200, blank=True)
    failure_code = models.CharField(max_length=60, blank=True)
    failure_words = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = GenerationQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["brand", "wish"], name="one_generation_a_wish"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["state", "retry_at", "lease_until"],
                name="generation_to_do",
                condition=Q(state__in=["queued", "running"]),
            ),
            models.Index(fields=["brand", "-id"], name="generation_of_brand"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} in {self.scene_version}, {self.output_format.slug}"

    @property
    def has_ended(self) -> bool:
        return self.state in self.ENDED


class Attempt(models.Model):
    """One call to a provider. Written before the call: one that never comes back stays `unknown` and counts.

    sent: the pictures, as `[{"role", "sha256", "media_type", "width", "height", "bytes"}]`. cost: US dollars.
    told: what the provider says of its picture, `{"subject_box", "notes"}`; the Output takes it over.
    """

    class Outcome(models.TextChoices):
        UNKNOWN = "unknown", "No answer known"
        PICTURE = "picture", "Picture"
        REFUSED = "refused", "Refused"
        FAILED = "failed", "Failed for good"
        LATER = "later", "Failed, can be tried again"
        STOPPED = "stopped", "Provider stopped"

    generation = models.ForeignKey(Generation, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    provider = models.CharField(max_length=40)
    model = models.CharField(max_length=80)
    sent = models.JSONField(default=list)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.UNKNOWN)
    started_at = models.DateTimeField()
    seconds = models.FloatField(null=True)
    cost = models.DecimalField(max_digits=10, decimal_places=5)
    step = models.CharField(max_length=40, blank=True)
    http_status = models.PositiveIntegerField(null=True)
    code = models.CharField(max_length=60, blank=True)
    words = models.TextField(blank=True)
    bytes_received = models.PositiveBigIntegerField(default=0)
    model_version = models.CharField(max_length=80, blank=True)
    response_id = models.CharField(max_length=120, blank=True)
    told = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["generation", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["generation", "number"], name="one_attempt_a_number"),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of generation {self.generation_id}"


class Output(models.Model):
    """The picture that came out; `picture` holds its bytes exactly as received.

    preview: at most 1600 px, for screens. subject_box: fractions x0, y0, x1, y1, or null where nobody knows.
    """

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="outputs")
    generation = models.OneToOneField(Generation, on_delete=models.PROTECT, related_name="output")
    attempt = models.OneToOneField(Attempt, on_delete=models.PROTECT, related_name="output")
    picture = models.FileField(storage=private_store, max_length=200)
    sha256 = models.CharField(max_length=64)
    media_type = models.CharField(max_length=40)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    bytes = models.PositiveBigIntegerField()
    preview = models.FileField(storage=private_store, max_length=200)
    thumbnail = models.FileField(storage=private_store, max_length=200)
    subject_box = models.JSONField(null=True)
    notes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["brand", "-id"], name="output_of_brand")]

    def __str__(self) -> str:
        return f"output of {self.generation}"


class WorkerSign(models.Model):
    """A worker process's last sign of life, for `/readyz` and the operator."""

    worker = models.CharField(max_length=80, unique=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.worker}, {self.seen_at:%H:%M:%S}"

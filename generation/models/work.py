"""What a worker has a provider make. The row is the queue, and the truth about its state."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q

from brandkit.accounts.models import Brand
from brandkit.common.moves import Moves, Stateful
from brandkit.common.storage import private_store
from generation.models.batches import Batch, BatchProgress, Priority
from generation.models.subjects import Reference, Subject
from templates_app.models import OutputFormat, PromptVersion, SceneTemplate, SceneVersion

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from generation.models.attempts import Attempt

W = TypeVar("W", bound="Work")


class WorkQuerySet(models.QuerySet[W]):
    def claimable(self, now: datetime) -> "WorkQuerySet[W]":
        """What a worker may take: queued and due, or running under a lease that has run out."""
        funded = Q(state=Work.State.QUEUED, reserved__isnull=False)
        due = funded & (Q(retry_at=None) | Q(retry_at__lte=now))
        return self.filter(due | Q(state=Work.State.RUNNING, lease_until__lt=now))

    def in_call(self, now: datetime) -> "WorkQuerySet[W]":
        """What waits for a provider's answer, or is about to ask: its worker lives, and no answer is safe."""
        return self.filter(state=Work.State.RUNNING, lease_until__gte=now, fetched="")

    def in_line(self) -> "WorkQuerySet[W]":
        """What waits in the queue with its price set aside; the others wait for their brand's budget."""
        return self.filter(state=Work.State.QUEUED, reserved__isnull=False)

    def next_variation(self) -> int:
        """The first number that nobody has asked for among these."""
        last: int | None = self.aggregate(last=models.Max("variation"))["last"]
        return (last or 0) + 1


class Work(Stateful):
    """One picture to be made. `wish` is the hash of all that it is made from: the same wish is the same row.

    claim, worker, lease_until: who works on it now, proven by the claim's token, and until when.
    fetched: name of the answer's bytes in the private store, once they are safe; from then on nothing is
        paid.
    tries: calls made since it was asked for, or asked for again.
    price: US dollars that one call is expected to cost. reserved: how much of it is set aside in the brand's
        budget now; null while it waits for the budget, zero once a call has begun and counts as spent.
    failure_code, failure_words: told where the end is not a picture.
    """

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

    variation = models.PositiveIntegerField(default=1)
    provider = models.CharField(max_length=40)
    model = models.CharField(max_length=80)
    ratio = models.CharField(max_length=5)
    size = models.CharField(max_length=2)
    parameters = models.JSONField(default=dict)
    prompt = models.TextField()
    wish = models.CharField(max_length=64)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    asked_again_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    price = models.DecimalField(max_digits=10, decimal_places=5, default=Decimal(0))
    reserved = models.DecimalField(max_digits=10, decimal_places=5, null=True, default=Decimal(0))

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

    objects: ClassVar[WorkQuerySet[Any]] = WorkQuerySet.as_manager()  # type: ignore[assignment]

    if TYPE_CHECKING:
        brand: models.ForeignKey[Brand, Brand]
        brand_id: int
        attempts: RelatedManager[Attempt]

    class Meta:
        abstract = True

    @property
    def has_ended(self) -> bool:
        return self.state in self.ENDED

    @property
    def turn(self) -> int | None:
        """Number of the batch in whose turn it is made, if any."""
        number: int | None = getattr(self, "batch_id", None)
        return number

    @property
    def seed(self) -> int:
        """The same in every try of this wish, another in the next variation: 31 bits of its hash."""
        return int(self.wish[:8], 16) & 0x7FFFFFFF


def to_do(name: str) -> models.Index:
    """The index that workers look for work in."""
    # SQLite finds that one of two holds; that one of a list does, it does not, and reads the whole table.
    unfinished = Q(state="queued") | Q(state="running")
    return models.Index(fields=["state", "retry_at", "lease_until"], name=name, condition=unfinished)


def held(name: str) -> models.Index:
    """The index of those whose call has no known outcome, and that wait for a person's word."""
    return models.Index(fields=["brand", "-id"], name=name, condition=Q(failure_code="outcome_unknown"))


def come(name: str) -> models.Index:
    """The index of those in the queue whose picture is there: it only has to be opened."""
    return models.Index(fields=["state", "id"], name=name, condition=Q(state="queued", fetched__gt=""))


def waiting(name: str, *, funded: bool, fields: list[str]) -> models.Index:
    """The index of those who wait in line, or for their brand's budget."""
    return models.Index(fields=fields, name=name, condition=Q(state="queued", reserved__isnull=not funded))


class Generation(Work):
    """One wanted picture of a subject in a scene.

    references: the further photos of the subject that are sent with it, fixed when it was asked for. batch:
    the catalogue run in whose turn it is made; none where a person asked for just this. parent: the picture
    that a reviewer wanted changed; changes: what should be different, a line each.
    """

    NOUN = "generation"

    # Without an index of its own: others begin with it. So with the batch.
    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="generations", db_index=False)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="generations")
    references = models.ManyToManyField(Reference, related_name="generations")
    scene_version = models.ForeignKey(SceneVersion, on_delete=models.PROTECT, related_name="generations")
    prompt_version = models.ForeignKey(PromptVersion, on_delete=models.PROTECT, related_name="generations")
    output_format = models.ForeignKey(OutputFormat, on_delete=models.PROTECT, related_name="generations")
    variables = models.JSONField(default=dict)
    changes = models.JSONField(default=list)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    batch = models.ForeignKey(
        Batch, null=True, on_delete=models.PROTECT, related_name="generations", db_index=False
    )

    if TYPE_CHECKING:
        batch_id: int | None

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["brand", "wish"], name="one_generation_a_wish"),
        ]
        indexes: ClassVar = [
            to_do("generation_to_do"),
            held("generation_held"),
            come("generation_come"),
            waiting(
                "generation_in_line",
                funded=True,
                fields=["brand", "provider", "batch", "-priority", "id"],
            ),
            waiting("generation_for_budget", funded=False, fields=["brand", "batch", "-priority", "id"]),
            models.Index(fields=["batch", "state", "id"], name="generation_of_batch"),
            models.Index(fields=["batch", "ended_at"], name="generation_batch_pace"),
            models.Index(fields=["brand", "-id"], name="generation_of_brand"),
            models.Index(
                fields=["brand", "requested_by", "-id"],
                name="generation_single",
                condition=Q(batch=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} in {self.scene_version}, {self.output_format.slug}"

    def move(self, to: str, **how: Any) -> None:
        """As every row moves; its batches count it."""
        with transaction.atomic():
            old = self.state
            super().move(to, **how)
            BatchProgress.objects.count_move(self.pk, old, to)


class SceneDraft(Work):
    """A scene's picture that a curator has a model make: from words, or from another version, restyled.

    restyled: the version that it starts from; none where it is made from words alone. version: the draft that
    came of it; received: the picture's bytes as they came.
    """

    NOUN = "scene_draft"

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="scene_drafts")
    scene = models.ForeignKey(SceneTemplate, on_delete=models.PROTECT, related_name="+")
    restyled = models.ForeignKey(SceneVersion, null=True, on_delete=models.PROTECT, related_name="+")
    version = models.OneToOneField(
        SceneVersion, null=True, on_delete=models.SET_NULL, related_name="scene_draft"
    )
    received = models.FileField(storage=private_store, max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["brand", "wish"], name="one_scene_draft_a_wish"),
        ]
        indexes: ClassVar = [
            to_do("scene_draft_to_do"),
            held("scene_draft_held"),
            come("scene_draft_come"),
            waiting("scene_draft_in_line", funded=True, fields=["brand", "provider", "-priority", "id"]),
            waiting("scene_draft_for_budget", funded=False, fields=["brand", "-priority", "id"]),
        ]

    def __str__(self) -> str:
        return f"{self.scene} by {self.model}"


WORKS: dict[str, type[Work]] = {model.NOUN: model for model in (Generation, SceneDraft)}
"""All kinds of it, by their nouns."""

"""Many pictures wanted together: a catalogue's things in several scenes and formats."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Count, F

from brandkit.accounts.models import Brand
from brandkit.common.moves import Moves, Stateful
from brandkit.common.storage import private_store
from generation.models.subjects import Subject
from templates_app.models import PromptVersion

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class Priority(models.IntegerChoices):
    LOW = 1, "Low"
    NORMAL = 2, "Normal"
    HIGH = 3, "High"


class BatchQuerySet(models.QuerySet["Batch"]):
    def under_way(self) -> "BatchQuerySet":
        """Started and not over; some may be paused."""
        return self.filter(state__in=Batch.UNDER_WAY)

    def open(self) -> "BatchQuerySet":
        """Whose waiting pictures may be made now."""
        return self.under_way().filter(paused_at=None)

    def paused(self) -> "BatchQuerySet":
        """Under way, and held by a person."""
        return self.under_way().filter(paused_at__isnull=False)


class Batch(Stateful):
    """A catalogue run: its lines say what is wanted, its items are the pictures that came of them.

    scenes: numbers of all scene versions in it, in the order of the grid's columns. source: the file that was
    imported, as it came; photos: the zip that came with it. refusal: why it can't go on, where it can't.
    """

    NOUN = "batch"

    class State(models.TextChoices):
        DRAFT = "draft", "Not started"
        FILLING = "filling", "Being written"
        RUNNING = "running", "Being made"
        ENDED = "ended", "Ended"
        CANCELLED = "cancelled", "Cancelled"

    MOVES: ClassVar[Moves] = {
        State.DRAFT: frozenset({State.FILLING}),
        State.FILLING: frozenset({State.RUNNING, State.CANCELLED}),
        State.RUNNING: frozenset({State.ENDED, State.CANCELLED}),
        # What ended without a picture is asked for again by a person:
        State.ENDED: frozenset({State.RUNNING}),
        State.CANCELLED: frozenset({State.RUNNING}),
    }
    UNDER_WAY: ClassVar = (State.FILLING, State.RUNNING)
    OVER: ClassVar = (State.ENDED, State.CANCELLED)

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="batches")
    name = models.CharField(max_length=120)
    prompt_version = models.ForeignKey(PromptVersion, on_delete=models.PROTECT, related_name="+")
    provider = models.CharField(max_length=40)
    variables = models.JSONField(default=dict)
    scenes = models.JSONField(default=list)
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    source = models.FileField(storage=private_store, max_length=200, blank=True)
    source_name = models.CharField(max_length=200, blank=True)
    photos = models.FileField(storage=private_store, max_length=200, blank=True)

    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    refusal = models.TextField(blank=True)
    paused_at = models.DateTimeField(null=True)
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = BatchQuerySet.as_manager()

    if TYPE_CHECKING:
        brand_id: int
        lines: RelatedManager["BatchLine"]
        items: RelatedManager["BatchItem"]
        progress: "BatchProgress"

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["brand", "-id"], name="batch_of_brand"),
            models.Index(
                fields=["brand", "-priority", "id"],
                name="batch_open",
                condition=models.Q(state__in=["filling", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_under_way(self) -> bool:
        return self.state in self.UNDER_WAY


class BatchLine(models.Model):
    """One thing of a batch with all that is wanted of it: a row of the imported file, or a chosen photo.

    scenes, formats: numbers of scene versions and output formats. photo: where its photo is to be taken
    from, as the file names it; subject: set once it is there. cells: the row as it came. problem: why nothing
    can be made of it, in a sentence or several; such a line is left out. filled_at: since when its pictures
    are asked for.
    """

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField()
    sku = models.CharField("SKU", max_length=60, blank=True)
    name = models.CharField(max_length=120, blank=True)
    photo = models.CharField(max_length=1000, blank=True)
    subject = models.ForeignKey(Subject, null=True, on_delete=models.PROTECT, related_name="+")
    scenes = models.JSONField(default=list)
    formats = models.JSONField(default=list)
    variations = models.PositiveIntegerField(default=1)
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    cells = models.JSONField(default=dict)
    problem = models.TextField(blank=True)
    filled_at = models.DateTimeField(null=True)

    if TYPE_CHECKING:
        batch_id: int
        subject_id: int | None
        items: RelatedManager["BatchItem"]

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["batch", "number"], name="one_line_a_number"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["batch", "number"],
                name="line_to_fill",
                condition=models.Q(filled_at=None, problem=""),
            ),
            models.Index(
                fields=["batch", "number"], name="line_with_problem", condition=~models.Q(problem="")
            ),
        ]

    def __str__(self) -> str:
        return f"line {self.number} of {self.batch}"

    @property
    def pictures(self) -> int:
        """How many it asks for."""
        return len(self.scenes) * len(self.formats) * self.variations


class BatchItem(models.Model):
    """A picture of a batch. new: it was asked for by this batch; else it was there, or on its way, before."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="items", db_index=False)
    line = models.ForeignKey(BatchLine, on_delete=models.CASCADE, related_name="items")
    generation = models.ForeignKey("generation.Generation", on_delete=models.CASCADE, related_name="items")
    new = models.BooleanField()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["batch", "generation"], name="one_item_a_generation"),
        ]
        indexes: ClassVar = [models.Index(fields=["batch", "id"], name="item_of_batch")]

    def __str__(self) -> str:
        return f"{self.generation} in {self.batch}"


class BatchProgressQuerySet(models.QuerySet["BatchProgress"]):
    def count_move(self, generation: int, old: str, new: str) -> None:
        """A generation has moved: every batch that holds it counts it. Call it in the move's transaction.

        Nothing may be locked after it: batches are counted in rising order, so that nobody waits in a circle.
        """
        self.count_moves({old: [generation]}, new)

    def count_moves(self, moved: Mapping[str, Sequence[int]], new: str) -> None:
        """The same for many: generations by the state that they were in."""
        changes: defaultdict[int, Counter[str]] = defaultdict(Counter)
        for old, generations in moved.items():
            if old == new or not generations:
                continue
            holders = BatchItem.objects.filter(generation__in=generations).order_by().values("batch")
            for batch, count in holders.annotate(count=Count("pk")).values_list("batch", "count"):
                changes[batch].update({new: count})
                changes[batch].subtract({old: count})
        self.add_counts(changes)

    def add_counts(self, changes: Mapping[int, Mapping[str, int]]) -> None:
        """Add to the counts of these batches, by their number; nothing may be locked after it."""
        for batch in sorted(changes):
            more = {name: F(name) + number for name, number in changes[batch].items() if number}
            if more:
                self.filter(batch=batch).update(**more)

    def add_cost(self, batch: int | None, dollars: Decimal) -> None:
        """What an attempt for a picture of that batch costs, or less what it was taken to cost."""
        if batch and dollars:
            self.filter(batch=batch).update(spent=F("spent") + dollars)


class BatchProgress(models.Model):
    """How far a batch is, counted as it goes: nobody counts a hundred thousand rows to show a page.

    lines: those that can be made; problems: those that can't; wanted: pictures of the former. Of these,
    `reused` were there or on their way before. The others by state are counted once they are written. spent:
    US dollars of its own pictures' attempts.
    """

    batch = models.OneToOneField(Batch, on_delete=models.CASCADE, primary_key=True, related_name="progress")
    lines = models.PositiveIntegerField(default=0)
    problems = models.PositiveIntegerField(default=0)
    filled = models.PositiveIntegerField(default=0)
    wanted = models.PositiveIntegerField(default=0)
    reused = models.PositiveIntegerField(default=0)
    queued = models.IntegerField(default=0)
    running = models.IntegerField(default=0)
    succeeded = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    failed = models.IntegerField(default=0)
    cancelled = models.IntegerField(default=0)
    spent = models.DecimalField(max_digits=14, decimal_places=5, default=Decimal(0))

    objects = BatchProgressQuerySet.as_manager()

    def __str__(self) -> str:
        return f"progress of {self.batch}"

    @property
    def ended(self) -> int:
        """Pictures that nobody works on any more."""
        return self.succeeded + self.refused + self.failed + self.cancelled

    @property
    def left(self) -> int:
        """Pictures that are still to come."""
        return max(0, self.wanted - self.ended)


class BatchChore(models.Model):
    """Work on a batch that takes more than a moment: workers do it in small steps, so that a kill loses none.

    data: what the kind needs. The oldest of a batch goes first; a chore that is done is deleted.
    """

    class Kind(models.TextChoices):
        FILL = "fill"
        CANCEL = "cancel"
        RETRY = "retry"

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="chores")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    data = models.JSONField(default=dict)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.batch}"

"""An Output waiting for judgement."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from brandkit.accounts.models import Brand, User
from brandkit.common.moves import Moves, Stateful
from generation.models import Batch, Output, Priority, Subject
from templates_app.models import PromptVersion, SceneTemplate

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from review.models.assets import AssetVersion
    from review.models.decisions import Decision
    from review.models.pins import Pin


def _asked_for_by(user: User) -> models.Q:
    return models.Q(requested_by=user) | models.Q(asked_again_by=user)


class ReviewQuerySet(models.QuerySet["Review"]):
    def undecided(self) -> "ReviewQuerySet":
        """Waiting or being looked at, oldest first."""
        undecided = models.Q(state=Review.State.WAITING) | models.Q(state=Review.State.CLAIMED)
        return self.filter(undecided).order_by("id")

    def free(self, now: datetime) -> "ReviewQuerySet":
        """Of those, what nobody looks at: a claim that has run out counts as none."""
        held = models.Q(state=Review.State.CLAIMED, claimed_until__gt=now)
        return self.undecided().exclude(held)

    def asked_for_by(self, user: User) -> "ReviewQuerySet":
        """What `user` wanted: at first, or again when it had failed."""
        return self.filter(_asked_for_by(user))

    def not_asked_for_by(self, user: User) -> "ReviewQuerySet":
        """All else."""
        return self.exclude(_asked_for_by(user))

    def for_desk(self) -> "ReviewQuerySet":
        """With all that a page shows of it."""
        return self.select_related(
            "brand",
            "claimed_by",
            "requested_by",
            "output__generation__subject",
            "output__generation__scene_version__scene",
            "output__generation__prompt_version__template",
            "output__generation__output_format",
        )


def _queue(name: str, *fields: str) -> models.Index:
    """An index of what waits for a verdict, whatever it is narrowed down to or ordered by."""
    # As `undecided` asks: SQLite sees no other way that it is the same.
    undecided = models.Q(state="waiting") | models.Q(state="claimed")
    return models.Index(fields=["brand", *fields, "id"], name=name, condition=undecided)


class Review(Stateful):
    """An Output waiting for judgement. claimed_*: who looks at it now, since when, until when.

    first_approval_by: who approved it where the brand wants two, and the second is still to come.
    meant_for: who asked for the changes that it brings; it comes back to them first.
    subject, scene, prompt_version, batch, provider, priority, flagged: as its generation and output had them
        when it came, here again so that a queue of a million can be narrowed down at once.
    problem, retry_at: why an approved picture could not be published, and when that is tried (again).
    """

    NOUN = "review"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        CLAIMED = "claimed", "Being looked at"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"
        CHANGES = "changes_requested", "Changes wanted"
        PUBLISHED = "published", "Published"
        RECALLED = "recalled", "Taken back"

    MOVES: ClassVar[Moves] = {
        State.WAITING: frozenset({State.CLAIMED}),
        State.CLAIMED: frozenset(
            {State.WAITING, State.CLAIMED, State.APPROVED, State.REJECTED, State.CHANGES}
        ),
        # Undone, or superseded by another verdict:
        State.APPROVED: frozenset({State.PUBLISHED, State.WAITING, State.REJECTED}),
        State.REJECTED: frozenset({State.WAITING, State.APPROVED}),
        State.CHANGES: frozenset({State.WAITING, State.APPROVED, State.REJECTED}),
        State.PUBLISHED: frozenset({State.RECALLED}),
        State.RECALLED: frozenset(),
    }

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="reviews")
    output = models.OneToOneField(Output, on_delete=models.PROTECT, related_name="review")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    asked_again_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=20, choices=State.choices, default=State.WAITING)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    claimed_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)
    first_approval_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    meant_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+", db_index=False)
    scene = models.ForeignKey(SceneTemplate, on_delete=models.PROTECT, related_name="+", db_index=False)
    prompt_version = models.ForeignKey(
        PromptVersion, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    batch = models.ForeignKey(Batch, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    provider = models.CharField(max_length=40)
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    flagged = models.BooleanField(default=False)
    problem = models.TextField(blank=True)
    retry_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ReviewQuerySet.as_manager()

    if TYPE_CHECKING:
        asset_version: AssetVersion
        decisions: RelatedManager[Decision]
        pins: RelatedManager[Pin]

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            _queue("review_queue"),
            _queue("review_by_age", "created_at"),
            _queue("review_by_priority", "-priority"),
            _queue("review_of_batch", "batch"),
            _queue("review_of_subject", "subject"),
            _queue("review_of_scene", "scene"),
            _queue("review_of_prompt", "prompt_version"),
            _queue("review_of_provider", "provider"),
            _queue("review_flagged", "flagged"),
            _queue("review_asked_by", "requested_by"),
            _queue("review_meant_for", "meant_for"),
            models.Index(
                fields=["claimed_by", "id"], name="review_held", condition=models.Q(state="claimed")
            ),
            models.Index(fields=["retry_at"], name="review_to_publish", condition=models.Q(state="approved")),
            models.Index(
                fields=["brand", "retry_at"], name="review_not_public", condition=models.Q(state="approved")
            ),
        ]

    def __str__(self) -> str:
        return f"review of {self.output}"

    @property
    def is_held(self) -> bool:
        """Whether somebody looks at it just now."""
        until = self.claimed_until
        return self.state == self.State.CLAIMED and until is not None and until > timezone.now()

    @property
    def is_overdue(self) -> bool:
        """Whether it waits for its verdict longer than the brand wants."""
        hours = self.brand.review_due_hours
        return (
            self.is_undecided
            and bool(hours)
            and self.created_at < timezone.now() - timedelta(hours=hours or 0)
        )

    @property
    def is_undecided(self) -> bool:
        """Whether a verdict is still to come."""
        return self.state in (self.State.WAITING, self.State.CLAIMED)

    def is_closed_to(self, user: User) -> bool:
        """Whether others have to judge it: `user` asked for it, and the brand wants a second pair of eyes."""
        asked = user.pk in (self.requested_by_id, self.asked_again_by_id)
        return asked and not self.brand.allow_self_review

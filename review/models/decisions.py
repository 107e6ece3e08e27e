"""Verdicts, and why they were given."""

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models

from brandkit.accounts.models import Brand
from generation.models import Generation
from review.models.reviews import Review

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class Verdict(models.TextChoices):
    """undone: the one before it was given by mistake, and counts no more."""

    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    CHANGES = "changes_requested", "Changes wanted"
    UNDONE = "undone", "Undone"


class Reason(models.Model):
    """Why a brand rejects pictures or wants them changed. Not active: it is no longer offered."""

    STARTING: ClassVar = {
        "shape": "Shape changed",
        "colour": "Colour off",
        "label": "Label wrong or missing",
        "extra": "Extra object",
        "light": "Light or perspective wrong",
        "artefact": "Artefact",
        "scene": "Scene wrong",
        "off_brand": "Off brand",
        "other": "Other",
    }
    """What every brand begins with, by code."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="reasons")
    code = models.SlugField(max_length=20)
    words = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["position", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["brand", "code"], name="one_reason_a_code"),
        ]

    def __str__(self) -> str:
        return self.words


class Decision(models.Model):
    """One verdict on one Review. Never changed: what is undone or superseded is told by a later row.

    act: what was decided at one stroke has the same. undo_until: so long it can be undone; null
        where it can't, as what supersedes another.
    seconds: how long the picture was looked at; null where nobody held it. seen: what was decided on,
        `{"output": sha256, "flags": [code]}`. supersedes, why: the verdict that this one takes the place of.
    asked: the picture that was asked for instead, with what should be changed.
    """

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="decisions")
    verdict = models.CharField(max_length=20, choices=Verdict.choices)
    note = models.TextField(blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(auto_now_add=True)
    act = models.UUIDField(null=True)
    undo_until = models.DateTimeField(null=True)
    seconds = models.FloatField(null=True)
    seen = models.JSONField(default=dict)
    supersedes = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    why = models.TextField(blank=True)
    asked = models.ForeignKey(
        Generation, null=True, on_delete=models.PROTECT, related_name="asked_by_decisions"
    )

    if TYPE_CHECKING:
        reasons: RelatedManager["DecisionReason"]

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(fields=["act"], name="decision_of_act", condition=models.Q(act__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()} by {self.decided_by}"


class DecisionReason(models.Model):
    """One reason of one verdict. words: as they stood then, however the brand calls it later."""

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="reasons")
    reason = models.ForeignKey(Reason, on_delete=models.PROTECT, related_name="+")
    words = models.CharField(max_length=60)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["decision", "reason"], name="one_decision_a_reason"),
        ]

    def __str__(self) -> str:
        return self.words


class Untold(models.Model):
    """A verdict that the one who asked for the picture is still to be told of, with others, at `due_at`."""

    decision = models.OneToOneField(Decision, on_delete=models.CASCADE, related_name="untold")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="+")
    due_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.decision} for {self.user}"

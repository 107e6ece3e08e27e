"""From a finished picture to a published one: judgement, and what the world sees."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from brandkit.accounts.models import Brand, User
from brandkit.common.moves import Moves, Stateful
from brandkit.common.storage import private_store, public_store
from generation.models import Output, Subject
from templates_app.models import OutputFormat, SceneTemplate


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


class Review(Stateful):
    """An Output waiting for judgement. claimed_*: who looks at it now, until when.

    problem, retry_at: why an approved picture could not be published, and when that is tried again.
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
        State.APPROVED: frozenset({State.PUBLISHED}),
        State.PUBLISHED: frozenset({State.RECALLED}),
        State.REJECTED: frozenset(),
        State.CHANGES: frozenset(),
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
    claimed_until = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)
    retry_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(
                fields=["brand", "id"],
                name="review_queue",
                # As `undecided` asks: SQLite sees no other way that it is the same.
                condition=models.Q(state="waiting") | models.Q(state="claimed"),
            ),
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

    def is_closed_to(self, user: User) -> bool:
        """Whether others have to judge it: `user` asked for it, and the brand wants a second pair of eyes."""
        asked = user.pk in (self.requested_by_id, self.asked_again_by_id)
        return asked and not self.brand.allow_self_review


class Decision(models.Model):
    """One verdict on one Review. Never changed."""

    class Verdict(models.TextChoices):
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"
        CHANGES = "changes_requested", "Changes wanted"

    class Reason(models.TextChoices):
        SHAPE = "shape", "Shape changed"
        COLOUR = "colour", "Colour off"
        LABEL = "label", "Label wrong or missing"
        EXTRA = "extra", "Extra object"
        LIGHT = "light", "Light or perspective wrong"
        ARTEFACT = "artefact", "Artefact"
        SCENE = "scene", "Scene wrong"
        OFF_BRAND = "off_brand", "Off brand"
        OTHER = "other", "Other"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="decisions")
    verdict = models.CharField(max_length=20, choices=Verdict.choices)
    reason = models.CharField(max_length=20, choices=Reason.choices, blank=True)
    note = models.TextField(blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()} by {self.decided_by}"


def shelf(name: str, *narrowed: str) -> models.Index:
    """An index of what each address shows, newest first."""
    fields = ["brand", "taken_back", *narrowed, "-current"]
    return models.Index(fields=fields, name=name, condition=models.Q(current__isnull=False))


class Asset(models.Model):
    """A stable public address, `/assets/<brand>/<name>.<ext>`: one subject in one scene for one format.

    current: what the address shows today, or showed last where that is taken back; none before the first.
    """

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="assets")
    name = models.SlugField(max_length=200)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="assets")
    scene = models.ForeignKey(SceneTemplate, on_delete=models.PROTECT, related_name="+")
    output_format = models.ForeignKey(OutputFormat, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    current = models.OneToOneField("AssetVersion", null=True, on_delete=models.PROTECT, related_name="shows")
    taken_back = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["brand", "name"], name="one_asset_a_name"),
            models.UniqueConstraint(
                fields=["subject", "scene", "output_format"], name="one_asset_a_subject_scene_format"
            ),
        ]
        # The library, whatever it is narrowed down to, newest first.
        indexes: ClassVar = [
            shelf("asset_of_brand"),
            shelf("asset_of_scene", "scene"),
            shelf("asset_of_format", "output_format"),
            shelf("asset_of_scene_and_format", "scene", "output_format"),
            models.Index(fields=["brand", "-id"], name="asset_by_number"),
        ]

    def __str__(self) -> str:
        return self.name


class AssetVersion(models.Model):
    """What an Asset pointed to from a day on. Its address shows the one that was approved last.

    Once that one is taken back the address shows nothing: an older version does not return by itself.
    """

    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    review = models.OneToOneField(Review, on_delete=models.PROTECT, related_name="asset_version")
    approved_at = models.DateTimeField()
    published_at = models.DateTimeField(auto_now_add=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recalled_at = models.DateTimeField(null=True)
    recalled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["asset", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["asset", "number"], name="one_asset_version_a_number"),
        ]

    def __str__(self) -> str:
        return f"{self.asset} v{self.number}"


class Rendition(models.Model):
    """One channel's exact file. `key`, the first 16 hex digits of its hash, makes a lasting address.

    file: empty once a recall has deleted it. thumbnail: the same part, small, for the brand's own people.
    """

    version = models.ForeignKey(AssetVersion, on_delete=models.PROTECT, related_name="renditions")
    output_format = models.ForeignKey(OutputFormat, on_delete=models.PROTECT, related_name="+")
    file = models.FileField(storage=public_store, max_length=400, blank=True)
    thumbnail = models.FileField(storage=private_store, max_length=200)
    key = models.CharField(max_length=16)
    sha256 = models.CharField(max_length=64)
    media_type = models.CharField(max_length=40)
    extension = models.CharField(max_length=4)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    bytes = models.PositiveBigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "output_format"], name="one_rendition_a_format"),
        ]

    def __str__(self) -> str:
        return f"{self.version}, {self.output_format.slug}"

    @property
    def stable_path(self) -> str:
        """Where its asset is found, whatever that shows today."""
        asset = self.version.asset
        return reverse("assets:stable", args=[asset.brand.slug, asset.name, self.extension])

    @property
    def immutable_path(self) -> str:
        """Where exactly these bytes are found."""
        asset = self.version.asset
        return reverse("assets:immutable", args=[asset.brand.slug, asset.name, self.key, self.extension])

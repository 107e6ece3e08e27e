"""Each call to a provider, and the picture that came of one."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from brandkit.accounts.models import Brand
from brandkit.common.storage import private_store
from generation.models.work import Generation, SceneDraft, Work


class Attempt(models.Model):
    """One call to a provider. Written before the call: one that never comes back stays `unknown` and counts.

    It belongs to a generation or to a scene draft.
    sent: the pictures, as `[{"role", "sha256", "media_type", "width", "height", "bytes"}]`. cost: US dollars.
    parameters: what else was sent, without the prompt. job: the vendor's number for it, where it gave one.
    code, words: ours, for people; vendor_code, vendor_words: as they came. usage: as the vendor counts.
    told: what the provider says of its picture, `{"subject_box", "notes"}`; the Output takes it over.
    """

    class Outcome(models.TextChoices):
        UNKNOWN = "unknown", "No answer known"
        PICTURE = "picture", "Picture"
        REFUSED = "refused", "Refused"
        FAILED = "failed", "Failed for good"
        LATER = "later", "Failed, can be tried again"
        STOPPED = "stopped", "Provider stopped"

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="attempts")
    generation = models.ForeignKey(Generation, null=True, on_delete=models.CASCADE, related_name="attempts")
    scene_draft = models.ForeignKey(SceneDraft, null=True, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    provider = models.CharField(max_length=40)
    model = models.CharField(max_length=80)
    sent = models.JSONField(default=list)
    parameters = models.JSONField(default=dict)
    job = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.UNKNOWN)
    started_at = models.DateTimeField()
    seconds = models.FloatField(null=True)
    cost = models.DecimalField(max_digits=10, decimal_places=5)
    step = models.CharField(max_length=40, blank=True)
    http_status = models.PositiveIntegerField(null=True)
    code = models.CharField(max_length=60, blank=True)
    words = models.TextField(blank=True)
    vendor_code = models.CharField(max_length=120, blank=True)
    vendor_words = models.TextField(blank=True)
    bytes_received = models.PositiveBigIntegerField(default=0)
    model_version = models.CharField(max_length=80, blank=True)
    response_id = models.CharField(max_length=120, blank=True)
    usage = models.JSONField(default=dict)
    told = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["generation", "number"], name="one_attempt_a_number"),
            models.UniqueConstraint(fields=["scene_draft", "number"], name="one_draft_attempt_a_number"),
            models.CheckConstraint(
                condition=Q(generation=None) ^ Q(scene_draft=None), name="attempt_of_one_work"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["brand", "started_at"], name="attempt_of_brand")]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.work.NOUN} {self.work.pk}"

    @property
    def work(self) -> Work:
        """What it was made for."""
        work = self.generation or self.scene_draft
        assert work, "the database knows no attempt without work"  # noqa: S101 -- see the constraint
        return work

    @property
    def job_left(self) -> str:
        """The job that it left behind, for the next call to ask for instead of paying anew; or "".

        It is at work, or done, where the outcome is unknown, where the account was stopped meanwhile, and
        where its picture came and could not be stored.
        """
        goes_on = self.outcome in (self.Outcome.UNKNOWN, self.Outcome.STOPPED) or self.step == "store"
        return self.job if goes_on else ""


class Output(models.Model):
    """The picture that came out; `picture` holds its bytes exactly as received.

    preview: at most 1600 px, for screens. subject_box: fractions x0, y0, x1, y1, or null where nobody knows.
    flags: what is not as it was asked for, `[{"code", "words"}]`: "wrong_ratio", "too_small".
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
    flags = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["brand", "-id"], name="output_of_brand")]

    def __str__(self) -> str:
        return f"output of {self.generation}"

"""The thing that must stay the same: its photo, and further photos of it."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from brandkit.accounts.models import Brand
from brandkit.common.storage import private_store


class Subject(models.Model):
    """The thing that must stay the same. The same bytes in one brand are the same Subject.

    original: as uploaded; empty once it is older than the brand keeps originals. normal: upright, sRGB, no
    metadata; cutout: RGBA of the same pixels as normal.
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
        indexes: ClassVar = [
            models.Index(fields=["brand", "-id"], name="subject_of_brand"),
            models.Index(fields=["brand", "sku"], name="subject_of_sku"),
        ]

    def __str__(self) -> str:
        return self.name


class Reference(models.Model):
    """A further photo of a subject, sent beside it to models that take more than one.

    picture: upright, sRGB, no metadata, as `Subject.normal`. removed_at: no longer sent with new wishes; the
    row stays, since pictures were made with it.
    """

    class Shows(models.TextChoices):
        ANGLE = "angle", "Another side"
        DETAIL = "detail", "A detail close up"
        PERSON = "person", "A person"

    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="references")
    shows = models.CharField(max_length=6, choices=Shows.choices, default=Shows.ANGLE)
    original_sha256 = models.CharField(max_length=64)
    picture = models.FileField(storage=private_store, max_length=200)
    sha256 = models.CharField(max_length=64)
    thumbnail = models.FileField(storage=private_store, max_length=200)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["subject", "original_sha256"],
                condition=models.Q(removed_at=None),
                name="one_reference_a_photo",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_shows_display()} of {self.subject}"

    @property
    def brand_id(self) -> int:
        return self.subject.brand_id


class PreparedPicture(models.Model):
    """A stored picture made small enough for a provider, once for all calls.

    source_sha256: of the stored picture; most_bytes and most_side: the limits that it was made for.
    """

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="+")
    source_sha256 = models.CharField(max_length=64)
    most_bytes = models.PositiveIntegerField()
    most_side = models.PositiveIntegerField()
    picture = models.FileField(storage=private_store, max_length=200)
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["brand", "source_sha256", "most_bytes", "most_side"], name="one_prepared_a_limit"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_sha256[:8]} at most {self.most_side} px"

"""What the world sees: stable addresses, what they showed from a day on, and its files."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse

from brandkit.accounts.models import Brand
from brandkit.common.storage import private_store, public_store
from generation.models import Subject
from review.models.reviews import Review
from templates_app.models import OutputFormat, SceneTemplate


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

"""What curators keep: scenes, prompts and formats, in versions that freeze once approved."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from brandkit.accounts.models import Brand
from brandkit.common.storage import private_store
from generation.imaging.ratios import RATIOS, SIZES
from generation.imaging.slot import Box, Light, Slot
from templates_app.frozen import Version, VersionQuerySet

fraction = [MinValueValidator(0.0), MaxValueValidator(1.0)]


class OutputFormat(models.Model):
    """A channel's exact pixels, and the ratio and size class that a picture for it is made at."""

    class FileType(models.TextChoices):
        JPEG = "jpg", "JPEG"
        PNG = "png", "PNG"
        WEBP = "webp", "WebP"

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="formats")
    slug = models.SlugField()
    name = models.CharField(max_length=80)
    width = models.PositiveIntegerField(
        "width in pixels", validators=[MinValueValidator(1), MaxValueValidator(16384)]
    )
    height = models.PositiveIntegerField(
        "height in pixels", validators=[MinValueValidator(1), MaxValueValidator(16384)]
    )
    file_type = models.CharField(max_length=4, choices=FileType.choices, default=FileType.JPEG)
    ratio = models.CharField("made at ratio", max_length=5, choices=[(r, r) for r in RATIOS])
    size = models.CharField("made at size", max_length=2, choices=[(s, s) for s in SIZES], default="2K")
    active = models.BooleanField(default=True, help_text="Off: designers are no longer offered it.")

    class Meta:
        verbose_name = "format"
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["brand", "slug"], name="one_format_a_slug")]

    def __str__(self) -> str:
        return f"{self.name} ({self.width} × {self.height})"


class SceneTemplate(models.Model):
    """A scene that the brand's pictures are set in; its versions hold the picture."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="scenes")
    slug = models.SlugField()
    name = models.CharField(max_length=80)
    description = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = "scene"
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["brand", "slug"], name="one_scene_a_slug")]

    def __str__(self) -> str:
        return self.name


class SceneVersion(Version):
    """One picture of a scene, its slot and its light. Fractions are of the picture's width and height."""

    NOUN = "scene_version"

    scene = models.ForeignKey(SceneTemplate, on_delete=models.PROTECT, related_name="versions")
    picture = models.ImageField(
        storage=private_store, width_field="width", height_field="height", max_length=200
    )
    sha256 = models.CharField(max_length=64, editable=False)
    media_type = models.CharField(max_length=40, editable=False)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    thumbnail = models.FileField(storage=private_store, max_length=200, editable=False)
    slot_x0 = models.FloatField("slot: left", validators=fraction, default=0.25)
    slot_y0 = models.FloatField("slot: top", validators=fraction, default=0.4)
    slot_x1 = models.FloatField("slot: right", validators=fraction, default=0.75)
    slot_y1 = models.FloatField("slot: bottom", validators=fraction, default=0.7)
    ground = models.FloatField("ground line", validators=fraction, default=0.7)
    light_azimuth = models.FloatField(
        default=0,
        validators=[MinValueValidator(0.0), MaxValueValidator(359.999)],
        help_text="Where the light comes from, in degrees: 0 camera, 90 right, 180 behind, 270 left.",
    )
    light_height = models.FloatField(
        default=45,
        validators=[MinValueValidator(0.0), MaxValueValidator(90.0)],
        help_text="Degrees above the ground, 0 to 90.",
    )
    light_softness = models.FloatField(
        default=0.5, validators=fraction, help_text="0 is bare sun, 1 is an overcast sky."
    )
    gloss = models.FloatField(
        "gloss of the ground", default=0, validators=fraction, help_text="0 is cloth, 1 is polished stone."
    )
    tilt = models.FloatField(
        "camera looks down by",
        default=15,
        validators=[MinValueValidator(0.0), MaxValueValidator(90.0)],
        help_text="Degrees: 0 is level with the ground, 90 straight from above.",
    )

    objects = VersionQuerySet["SceneVersion"].as_manager()

    class Meta:
        ordering: ClassVar = ["scene", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scene", "number"], name="one_scene_version_a_number"),
            models.CheckConstraint(
                condition=models.Q(slot_x0__lt=models.F("slot_x1"), slot_y0__lt=models.F("slot_y1")),
                name="scene_slot_is_a_box",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scene} v{self.number}"

    @property
    def brand(self) -> Brand:
        return self.scene.brand

    @property
    def brand_id(self) -> int:
        return self.scene.brand_id

    def clean(self) -> None:
        """Raise ValidationError unless the slot is a box with the ground line below its top."""
        if self.slot_x0 >= self.slot_x1:
            raise ValidationError({"slot_x1": "The right edge has to be right of the left one."})
        if self.slot_y0 >= self.slot_y1:
            raise ValidationError({"slot_y1": "The bottom has to be below the top."})
        if self.ground <= self.slot_y0:
            raise ValidationError(
                {"ground": "The subject stands on this line: it has to be below the slot's top."}
            )

    @property
    def slot(self) -> Slot:
        """Where the subject stands, and its light. Raises ValueError, with words, if that is no place."""
        return Slot(
            box=Box(x0=self.slot_x0, y0=self.slot_y0, x1=self.slot_x1, y1=self.slot_y1),
            ground=self.ground,
            light=Light(azimuth=self.light_azimuth, height=self.light_height, softness=self.light_softness),
            gloss=self.gloss,
            tilt=self.tilt,
        )


class PromptTemplate(models.Model):
    """What a picture model is told; its versions hold the words."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="prompts")
    slug = models.SlugField()
    name = models.CharField(max_length=80)
    description = models.CharField(max_length=300, blank=True)
    is_default = models.BooleanField(default=False, help_text="Used where nobody picks another one.")

    class Meta:
        verbose_name = "prompt"
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["brand", "slug"], name="one_prompt_a_slug"),
            models.UniqueConstraint(
                fields=["brand"], condition=models.Q(is_default=True), name="one_default_prompt_a_brand"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PromptVersion(Version):
    """Jinja text, as `templates_app.rendering` allows it. `variables`: each own name and its usual value."""

    NOUN = "prompt_version"

    template = models.ForeignKey(PromptTemplate, on_delete=models.PROTECT, related_name="versions")
    text = models.TextField()
    variables = models.JSONField(
        default=dict,
        blank=True,
        help_text='The names that the text uses as vars.NAME, and their usual values: {"tag_text": "New"}.',
    )

    objects = VersionQuerySet["PromptVersion"].as_manager()

    class Meta:
        ordering: ClassVar = ["template", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["template", "number"], name="one_prompt_version_a_number"),
        ]

    def __str__(self) -> str:
        return f"{self.template} v{self.number}"

    @property
    def brand(self) -> Brand:
        return self.template.brand

    @property
    def brand_id(self) -> int:
        return self.template.brand_id

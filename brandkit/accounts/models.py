"""People, brands, and who is what in which brand."""

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person who signs in."""

    def __str__(self) -> str:
        """How people are called on pages."""
        return self.get_full_name() or self.get_username()


class Brand(models.Model):
    """The tenant: everything belongs to exactly one brand, and nobody sees into another's."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    allow_self_review = models.BooleanField(
        "people may review their own pictures",
        default=False,
        help_text="Off: nobody approves what they asked for themselves.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name

    def lock(self) -> None:
        """Whoever else locks this brand waits until the transaction ends: look, then add, with no race.

        SQLite needs no lock: its transactions are IMMEDIATE, so that only one at a time is open for writing.
        """
        type(self).objects.select_for_update(no_key=True).get(pk=self.pk)


class Role(models.TextChoices):
    DESIGNER = "designer", "Designer"
    REVIEWER = "reviewer", "Reviewer (brand manager)"
    CURATOR = "curator", "Curator"
    OWNER = "owner", "Owner"


class Membership(models.Model):
    """One person's role in one brand."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["brand", "user"], name="one_role_a_brand"),
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.get_role_display()} of {self.brand}"

"""People, brands, and who is what in which brand."""

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person who signs in. mail_notices: what they are told comes by e-mail, too.

    verdict_notices: how often they are told what was decided on their pictures.
    """

    class Gathered(models.TextChoices):
        SOON = "soon", "Within minutes"
        DAILY = "daily", "Once a day"
        NEVER = "never", "Not at all"

    mail_notices = models.BooleanField("notices by e-mail", default=True)
    verdict_notices = models.CharField(
        "verdicts on your pictures", max_length=10, choices=Gathered.choices, default=Gathered.SOON
    )

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
    approvals = models.PositiveSmallIntegerField(
        "approvals that a picture needs",
        choices=[(1, "One"), (2, "Two, of different people")],
        default=1,
    )
    designers_review = models.BooleanField("designers may review", default=False)
    curators_review = models.BooleanField("curators may review", default=False)
    reviewers_review = models.BooleanField(
        "reviewers may review",
        default=True,
        help_text="Owners always may; switch this off where only they decide.",
    )
    review_due_hours = models.PositiveIntegerField(
        "hours until a review is overdue",
        null=True,
        blank=True,
        help_text="What waits longer is marked and comes first. Empty: nothing is ever overdue.",
    )
    keep_originals_days = models.PositiveIntegerField(
        "days to keep originals",
        null=True,
        blank=True,
        help_text="Uploaded photos as they came are deleted after so many days; what is made of them stays. "
        "Empty: they are kept.",
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


class Notice(models.Model):
    """Something that one person is told: on their pages, and by e-mail where they have an address.

    Written in the transaction of what it tells of. path: where to look, on this service. mail_at: when the
    mail is due; null where it is sent, or none is.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    brand = models.ForeignKey(Brand, null=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=60)
    words = models.TextField()
    path = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(null=True)
    mail_at = models.DateTimeField(null=True)
    mail_tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["user", "-id"], name="notice_of_user"),
            models.Index(fields=["user"], name="notice_unseen", condition=models.Q(seen_at=None)),
            models.Index(
                fields=["mail_at"], name="notice_to_mail", condition=models.Q(mail_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.words

"""What all worker processes share: whose limits they keep to, and who is alive."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from brandkit.accounts.models import Brand


class ProviderAccountQuerySet(models.QuerySet["ProviderAccount"]):
    def shut(self, now: datetime) -> "ProviderAccountQuerySet":
        """Those that nobody may call now: paused until a person resumes them, or closed for a while."""
        return self.filter(Q(paused_at__isnull=False) | Q(closed_until__gt=now))


class ProviderAccount(models.Model):
    """An account with a vendor, by the name that providers share, and how fast it may be called.

    paused_at, pause_code, pause_words: since when and why nobody calls it, until a person resumes it.
    closed_until, closed_words: nobody calls it before, and why. next_call_at: when the next call may begin,
    at so many requests a minute. pace: part of the usual speed as it was at `slowed_at`, 0 to 1; it recovers
    with time.
    """

    name = models.CharField(max_length=80, unique=True)
    paused_at = models.DateTimeField(null=True)
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    pause_code = models.CharField(max_length=60, blank=True)
    pause_words = models.TextField(blank=True)
    closed_until = models.DateTimeField(null=True)
    closed_words = models.TextField(blank=True)
    next_call_at = models.DateTimeField(null=True)
    pace = models.FloatField(default=1.0)
    slowed_at = models.DateTimeField(null=True)

    objects = ProviderAccountQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class WorkerSign(models.Model):
    """A worker process's last sign of life, for `/readyz` and the operator."""

    worker = models.CharField(max_length=80, unique=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.worker}, {self.seen_at:%H:%M:%S}"


class BrandTurn(models.Model):
    """When a brand's work was last taken up: the brand that has waited longest is served next."""

    brand = models.OneToOneField(Brand, on_delete=models.CASCADE, primary_key=True, related_name="turn")
    served_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.brand}, {self.served_at:%H:%M:%S}"

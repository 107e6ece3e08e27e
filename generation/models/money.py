"""What a brand may spend in a month, and what of it is spent or promised."""

from decimal import Decimal
from typing import ClassVar

from django.db import models

from brandkit.accounts.models import Brand
from generation.models.batches import Batch
from templates_app.models import PromptVersion, SceneTemplate


class Budget(models.Model):
    """One brand's money in one month, in US dollars. Its newest row is the one that counts now.

    limit: null where the brand may spend without end. spent: what the attempts that began in this month cost,
    those of unknown outcome included. reserved: what is set aside for pictures that wait; a new month's row
    takes it over, and the limit with it. warned_at, stopped_at: when its people were told that 80 % and 100 %
    are spent or promised.
    """

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="budgets")
    month = models.DateField()
    limit = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    spent = models.DecimalField(max_digits=14, decimal_places=5, default=Decimal(0))
    reserved = models.DecimalField(max_digits=14, decimal_places=5, default=Decimal(0))
    warned_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-month"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["brand", "month"], name="one_budget_a_month"),
        ]

    def __str__(self) -> str:
        return f"budget of {self.brand}, {self.month:%B %Y}"

    @property
    def committed(self) -> Decimal:
        """Spent or promised."""
        return self.spent + self.reserved

    @property
    def room(self) -> Decimal | None:
        """What may still be promised; None where there is no limit."""
        return None if self.limit is None else self.limit - self.committed

    @property
    def left(self) -> Decimal | None:
        """The same for people: where more is committed than there is, nothing is left."""
        return None if self.room is None else max(Decimal(0), self.room)


class SpendOfDay(models.Model):
    """What a brand's priced calls of one day cost, by what they were for: counted as it goes.

    So nobody adds up a million attempts to show a page. day: as the service's clock reads it. calls: those
    that began on it. batch: in whose turn they were made. It changes only under the brand's locked budget.
    """

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    provider = models.CharField(max_length=40)
    model = models.CharField(max_length=80)
    scene = models.ForeignKey(SceneTemplate, on_delete=models.PROTECT, related_name="+")
    prompt_version = models.ForeignKey(PromptVersion, null=True, on_delete=models.PROTECT, related_name="+")
    batch = models.ForeignKey(Batch, null=True, on_delete=models.PROTECT, related_name="+")
    calls = models.PositiveIntegerField(default=0)
    dollars = models.DecimalField(max_digits=14, decimal_places=5, default=Decimal(0))

    class Meta:
        ordering: ClassVar = ["day", "id"]
        indexes: ClassVar = [models.Index(fields=["brand", "day", "batch", "scene"], name="spend_of_day")]

    def __str__(self) -> str:
        return f"{self.dollars} on {self.day}"

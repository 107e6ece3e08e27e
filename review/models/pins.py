"""Remarks tied to a place in a picture."""

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models

from review.models.reviews import Review

PLACES = (
    ("At the upper left", "At the top", "At the upper right"),
    ("At the left", "In the middle", "At the right"),
    ("At the lower left", "At the bottom", "At the lower right"),
)


def third_of(x: float, y: float) -> str:
    """A place in a picture in words. x, y: shares of its width and height."""
    row, column = (min(int(share * 3), 2) for share in (y, x))
    return PLACES[row][column]


class Pin(models.Model):
    """x, y: its place, as shares of the picture's width and height from the upper left. words: plain text.

    resolved_*: who thinks that it is settled. A pin is changed and deleted by `by` alone, and only until the
    verdict; the review's events keep what it said.
    """

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="pins")
    x = models.FloatField()
    y = models.FloatField()
    words = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    edited_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    if TYPE_CHECKING:
        by_id: int

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(x__gte=0, x__lte=1, y__gte=0, y__lte=1), name="pin_is_in_the_picture"
            ),
        ]

    def __str__(self) -> str:
        return self.words

    @property
    def place(self) -> str:
        """In words."""
        return third_of(self.x, self.y)

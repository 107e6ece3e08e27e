"""How one person has set up their review desk."""

from django.conf import settings
from django.db import models


class DeskKeys(models.Model):
    """on: whether single keys do anything at the desk. keys: those that differ from the usual, by action."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="desk_keys"
    )
    on = models.BooleanField(default=True)
    keys = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"keys of {self.user}"

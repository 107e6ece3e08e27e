"""The one call that goes up."""

from django.dispatch import Signal

output_ready = Signal()
"""Sent in the transaction that stores an Output, with `sender=Output` and `output`; review opens on it."""

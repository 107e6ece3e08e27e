"""Curation: scenes, prompts and formats, on Django's admin."""

from templates_app.admin import formats, prompts, scenes

__all__ = ["formats", "prompts", "scenes"]

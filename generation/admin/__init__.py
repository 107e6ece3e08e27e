"""What curators and the operator see of the making of pictures, on Django's admin."""

from generation.admin import accounts, scene_drafts

__all__ = ["accounts", "scene_drafts"]

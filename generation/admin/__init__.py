"""What curators and the operator see of the making of pictures, on Django's admin."""

from generation.admin import scene_drafts

__all__ = ["scene_drafts"]

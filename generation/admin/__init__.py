"""What curators and the operator see of the making of pictures, on Django's admin."""

from generation.admin import provider_accounts, scene_drafts, stuck

__all__ = ["provider_accounts", "scene_drafts", "stuck"]

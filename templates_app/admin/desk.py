"""The curation's first page: the drafts that wait, and what is in use."""

from typing import Any

from django.http import HttpRequest

from brandkit.accounts.policy import Act, brands_for
from brandkit.accounts.scoped import person
from templates_app.admin.scenes import picture_address
from templates_app.admin.versions import page_of
from templates_app.frozen import Version
from templates_app.models import OutputFormat, PromptVersion, SceneVersion

MOST = 24


def desk(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's DASHBOARD_CALLBACK: what the first page shows to this person."""
    brands = brands_for(person(request), Act.CURATE)
    scenes = SceneVersion.objects.filter(scene__brand__in=brands).select_related("scene__brand", "created_by")
    prompts = PromptVersion.objects.filter(template__brand__in=brands).select_related(
        "template__brand", "created_by"
    )
    drafts = [
        version for kind in (scenes, prompts) for version in kind.filter(state=Version.State.DRAFT)[:MOST]
    ]
    drafts.sort(key=lambda version: version.created_at, reverse=True)
    in_use = scenes.filter(state=Version.State.APPROVED).order_by("scene__brand", "scene__name", "-number")
    newest = {version.scene_id: version for version in reversed(in_use)}
    usable = prompts.filter(state=Version.State.APPROVED).values("template").distinct()
    return {
        **context,
        "title": "Curation",
        "drafts": [_tile(version) for version in drafts[:MOST]],
        "scenes": [_tile(version) for version in reversed(newest.values())],
        "prompts": usable.count(),
        "formats": OutputFormat.objects.filter(brand__in=brands, active=True).count(),
    }


def _tile(version: SceneVersion | PromptVersion) -> dict[str, Any]:
    return {
        "version": version,
        "brand": version.brand,
        "address": page_of(version),
        "thumbnail": picture_address(version, "thumbnail") if isinstance(version, SceneVersion) else "",
    }

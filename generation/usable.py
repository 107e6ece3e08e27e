"""What pictures may be asked for with: the brand's own, approved, switched on, and makeable."""

from collections.abc import Iterable

from brandkit.common.errors import Invalid
from generation.provider import why_not
from generation.providers.base import Provider
from templates_app.frozen import Version
from templates_app.models import OutputFormat, PromptVersion, SceneVersion


def check_usable(scene: SceneVersion, prompt: PromptVersion, output_format: OutputFormat) -> None:
    """Raises Invalid, with what to do, where one of them may not be used now."""
    check_scene(scene)
    check_prompt(prompt)
    check_format(output_format)


def check_scene(scene: SceneVersion) -> None:
    """Raises Invalid unless it is approved."""
    _check_approved(f"scene “{scene.scene.name}” v{scene.number}", scene)


def check_prompt(prompt: PromptVersion) -> None:
    """Raises Invalid unless it is approved."""
    _check_approved(f"prompt “{prompt.template.name}” v{prompt.number}", prompt)


def check_format(output_format: OutputFormat) -> None:
    """Raises Invalid where it is switched off."""
    if not output_format.active:
        raise Invalid(f"The format “{output_format.name}” is switched off. Choose another one.")


def check_makeable(provider: Provider, formats: Iterable[OutputFormat]) -> None:
    """Raises Invalid where the provider can't make pictures for one of these."""
    for output_format in formats:
        words = why_not(provider, output_format)
        if words:
            raise Invalid(f"The format “{output_format.name}” can't be made: {words}")


def _check_approved(words: str, version: Version) -> None:
    if version.state == Version.State.RETIRED:
        raise Invalid(f"The {words} is retired. Choose another one.")
    if version.state != Version.State.APPROVED:
        raise Invalid(f"The {words} is only a draft. A curator has to approve it first.")

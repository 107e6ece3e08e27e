"""What the Studio's forms accept, with words for what they don't."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import QuerySet

from brandkit.accounts.models import Brand
from brandkit.common.errors import Invalid
from brandkit.common.numbers import row_number
from generation.models import Subject
from generation.wish import MOST_VARIATIONS
from templates_app.models import OutputFormat, PromptVersion, SceneVersion
from templates_app.services import approved_prompts, approved_scenes

if TYPE_CHECKING:
    Several = forms.ModelMultipleChoiceField[Any]
else:
    Several = forms.ModelMultipleChoiceField

MOST = 100
"""So many pictures can be asked for at once."""


class Chosen(Several):
    """Rows by number; a number that no row can have is one that is not offered."""

    def clean(self, value: Any) -> Any:
        if any(row_number(str(pk)) is None for pk in value or ()):
            raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return super().clean(value)


class WishForm(forms.Form):
    """Scenes, formats, a provider and a prompt, with `var-NAME` for each of its variables."""

    scene = Chosen(
        queryset=SceneVersion.objects.none(), error_messages={"required": "Choose at least one scene."}
    )
    format = Chosen(
        queryset=OutputFormat.objects.none(), error_messages={"required": "Choose at least one format."}
    )
    prompt = forms.ModelChoiceField(
        queryset=PromptVersion.objects.none(),
        error_messages={"required": "There is no approved prompt yet. Ask a curator to approve one."},
    )
    provider = forms.CharField(required=False)

    def __init__(self, brand: Brand, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("scene", approved_scenes(brand), "scene")
        self.offer("format", OutputFormat.objects.filter(brand=brand, active=True), "format")
        self.offer("prompt", approved_prompts(brand), "prompt")

    def offer(self, name: str, rows: QuerySet[Any], noun: str) -> None:
        field = self.fields[name]
        field.queryset = rows  # type: ignore[attr-defined] # both kinds of model choices have one
        gone = f"A {noun} that you chose is no longer offered. Load the page again."
        field.error_messages |= {"invalid_choice": gone, "invalid_pk_value": gone}

    def checked(self) -> dict[str, Any]:
        """What was filled in. Raises Invalid with every problem's words."""
        if not self.is_valid():
            raise Invalid(" ".join(words for errors in self.errors.values() for words in map(str, errors)))
        return self.cleaned_data

    def variables(self, prompt: PromptVersion) -> dict[str, str]:
        """The prompt's variables that were filled in otherwise than usual; the usual ones need no word."""
        usual = prompt.variables
        given = {name: self.data.get(f"var-{prompt.pk}-{name}", "") for name in usual}
        return {name: value for name, value in given.items() if value and value != str(usual[name])}


class AskForm(WishForm):
    """Photos, scenes and formats for a grid of pictures."""

    subject = Chosen(
        queryset=Subject.objects.none(), error_messages={"required": "Choose at least one photo."}
    )
    variation = forms.IntegerField(required=False, min_value=1, max_value=MOST_VARIATIONS)
    field_order = ("subject", "scene", "format")

    def __init__(self, brand: Brand, *args: Any, **kwargs: Any) -> None:
        super().__init__(brand, *args, **kwargs)
        self.offer("subject", Subject.objects.filter(brand=brand), "photo")

    def wanted(self) -> dict[str, Any]:
        """The arguments of `services.request_grid`. Raises Invalid with every problem's words."""
        data = self.checked()
        count = len(data["subject"]) * len(data["scene"]) * len(data["format"])
        if count > MOST:
            raise Invalid(
                f"That would be {count} pictures. Ask for at most {MOST} at a time. "
                "“Many at once” takes more."
            )
        return {
            "subjects": list(data["subject"]),
            "scene_versions": list(data["scene"]),
            "output_formats": list(data["format"]),
            "prompt_version": data["prompt"],
            "variation": data["variation"] or 1,
            "provider": data["provider"],
            "variables": self.variables(data["prompt"]),
        }


class NameForm(forms.Form):
    """A subject's name and SKU."""

    name = forms.CharField(max_length=120)
    sku = forms.CharField(max_length=60, required=False)


def known_marks(open_pictures: list[str]) -> dict[int, str]:
    """Number to mark from a page's NUMBER-MARK; what has no number is left out."""
    pairs = [each.partition("-") for each in open_pictures[: 10 * MOST]]
    return {pk: mark for number, _, mark in pairs if (pk := row_number(number)) is not None}

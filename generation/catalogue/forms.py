"""What the page of an import accepts beside its files, with words for what it doesn't."""

from typing import Any

from django import forms

from brandkit.accounts.models import Brand, User
from brandkit.common.errors import Invalid
from generation.batches.forms import MOST_VARIATIONS, VARIATIONS
from generation.catalogue.importing import Order
from generation.catalogue.verdicts import Usual
from generation.forms import WishForm
from generation.models import Priority
from generation.provider import get_provider


class ImportForm(WishForm):
    """Scenes, formats, variations and priority are for the rows that say nothing themselves."""

    variations = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_VARIATIONS,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), VARIATIONS),
    )
    priority = forms.TypedChoiceField(choices=Priority.choices, coerce=int, required=False, empty_value=None)
    name = forms.CharField(
        max_length=120,
        required=False,
        error_messages={"max_length": "Give it a name of at most 120 letters."},
    )

    def __init__(self, brand: Brand, *args: Any, **kwargs: Any) -> None:
        super().__init__(brand, *args, **kwargs)
        self.brand = brand
        self.fields["scene"].required = self.fields["format"].required = False

    def order(self, by: User) -> Order:
        """Raises Invalid with every problem's words."""
        data = self.checked()
        if not data["provider"]:
            raise Invalid("Choose who makes the pictures.")
        return Order(
            brand=self.brand,
            by=by,
            name=data["name"],
            prompt_version=data["prompt"],
            provider=get_provider(data["provider"]),
            variables=self.variables(data["prompt"]),
            usual=Usual(
                scenes=list(data["scene"]),
                formats=list(data["format"]),
                variations=data["variations"] or 1,
                priority=data["priority"] or Priority.NORMAL,
            ),
        )

"""What the page for many pictures accepts, with words for what it doesn't."""

from functools import cached_property

from django import forms
from django.http import QueryDict

from brandkit.accounts.models import Brand, User
from brandkit.common.errors import Invalid
from generation.batches.asking import MOST_LINES, MOST_PICTURES
from generation.batches.choosing import Choice
from generation.batches.plans import Line, Plan
from generation.forms import WishForm
from generation.models import Priority
from generation.provider import get_provider

MOST_OF_EACH = 20
"""Variations; a file or the API may ask for more."""
VARIATIONS = f"Ask for 1 to {MOST_OF_EACH} variations of each."


class RunForm(WishForm):
    """What every catalogue run is asked for with, wherever its things come from."""

    variations = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_OF_EACH,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), VARIATIONS),
    )
    priority = forms.TypedChoiceField(choices=Priority.choices, coerce=int, required=False, empty_value=None)
    name = forms.CharField(
        max_length=120,
        required=False,
        error_messages={"max_length": "Give it a name of at most 120 letters."},
    )

    def __init__(self, brand: Brand, data: QueryDict) -> None:
        super().__init__(brand, data)
        self.brand = brand


class ManyForm(RunForm):
    """Photos as `Choice` reads them, scenes, formats, and how the run is called and made."""

    def __init__(self, brand: Brand, by: User, data: QueryDict) -> None:
        super().__init__(brand, data)
        self.by = by
        self.choice = Choice.of(data)

    @cached_property
    def things(self) -> int:
        """How many photos are chosen."""
        return self.choice.subjects(self.brand).count()

    @cached_property
    def variations_wanted(self) -> int:
        return int(self.checked()["variations"] or 1)

    @property
    def pictures(self) -> int:
        """How many are asked for. Raises Invalid as `checked` does."""
        data = self.checked()
        return self.things * len(data["scene"]) * len(data["format"]) * self.variations_wanted

    def plan(self) -> Plan:
        """What is wanted, checked as far as it can be without asking. Raises Invalid."""
        data = self.checked()
        if not self.things:
            raise Invalid("Choose at least one photo.")
        if self.things > MOST_LINES or self.pictures > MOST_PICTURES:
            raise Invalid(
                f"That would be {self.pictures:,} pictures of {self.things:,} photos. One batch has at most "
                f"{MOST_PICTURES:,} of {MOST_LINES:,}."
            )
        return Plan(
            brand=self.brand,
            by=self.by,
            name=data["name"] or self.usual_name(),
            prompt_version=data["prompt"],
            provider=get_provider(data["provider"]),
            variables=self.variables(data["prompt"]),
            priority=data["priority"] or Priority.NORMAL,
            lines=self.lines(),
        )

    def usual_name(self) -> str:
        """Such as "12 photos in Kitchen, Picnic"."""
        scenes = ", ".join(version.scene.name for version in self.checked()["scene"])
        return f"{self.things:,} photo{'' if self.things == 1 else 's'} in {scenes}"[:120]

    def lines(self) -> list[Line]:
        data = self.checked()
        scenes, formats = list(data["scene"]), list(data["format"])
        return [
            Line(
                number=number,
                sku=subject.sku,
                name=subject.name,
                subject=subject,
                scenes=scenes,
                formats=formats,
                variations=self.variations_wanted,
                priority=data["priority"] or Priority.NORMAL,
            )
            for number, subject in enumerate(self.choice.subjects(self.brand), start=1)
        ]

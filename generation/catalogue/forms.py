"""What the page of an import accepts beside its files, with words for what it doesn't."""

from django.http import QueryDict

from brandkit.accounts.models import Brand, User
from brandkit.common.errors import Invalid
from generation.batches.forms import RunForm
from generation.catalogue.importing import Order
from generation.catalogue.verdicts import Usual
from generation.models import Priority
from generation.provider import get_provider


class ImportForm(RunForm):
    """Scenes, formats, variations and priority are for the rows that say nothing themselves."""

    def __init__(self, brand: Brand, data: QueryDict) -> None:
        super().__init__(brand, data)
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

"""The form on which a curator asks a model for a scene."""

from math import log
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from brandkit.common.errors import Invalid
from generation import drafting
from generation.imaging.ratios import MODEL_PIXELS, RATIOS, SIZES
from generation.models import SceneDraft
from generation.provider import price_of
from generation.provider_accounts import AccountState, states_of
from generation.providers.base import Provider
from generation.templatetags.studio import about
from generation.waiting import shut_words
from templates_app.models import SceneVersion

if TYPE_CHECKING:
    DraftModelForm = forms.ModelForm[SceneDraft]
else:
    DraftModelForm = forms.ModelForm


class AskForm(DraftModelForm):
    """base: the version that is restyled; none where the picture is made from words alone."""

    base: ClassVar[SceneVersion | None] = None
    prompt = forms.CharField(label="In words", widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}))
    ratio = forms.ChoiceField(choices=[(each, each) for each in RATIOS], widget=UnfoldAdminSelectWidget)
    size = forms.ChoiceField(
        choices=[(each, each) for each in SIZES],
        widget=UnfoldAdminSelectWidget,
        help_text="2K is good: scenes are kept at 3072 pixels a side at most.",
    )
    provider = forms.ChoiceField(label="Made by", widget=UnfoldAdminRadioSelectWidget)

    class Meta:
        model = SceneDraft
        fields = ("scene", "prompt", "ratio", "size", "provider")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        provider, prompt = self.fields["provider"], self.fields["prompt"]
        assert isinstance(provider, forms.ChoiceField)  # noqa: S101 -- for the type checker
        makers = drafting.scene_makers()
        states = states_of(makers)
        provider.choices = [(maker.alias, self._offer(maker, states[maker.account])) for maker in makers]
        provider.initial = makers[0].alias if makers else ""
        prompt.help_text = (
            "What should be different and what should stay. The model is sent the picture and these words."
            if self.base
            else "The place, the light and the camera, with free room where the product will stand, and no "
            "product in it. The model is sent just these words."
        )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not self.errors:
            self._check(given)
        return given

    def _check(self, given: dict[str, Any]) -> None:
        words, ratio, size = (given[name] for name in ("prompt", "ratio", "size"))
        try:
            maker = drafting.scene_maker(given["provider"])
            drafting.check(maker, words=words, ratio=ratio, size=size, pictures=self._pictures)
        except Invalid as error:
            raise forms.ValidationError(error.message) from error

    @property
    def _pictures(self) -> int:
        return 1 if self.base else 0

    def _offer(self, maker: Provider, account: AccountState) -> str:
        """A provider with its model and its prices, and why nobody calls it now where that is so."""
        sizes = [size for size in SIZES if size in maker.sizes]
        prices = {size: about(price_of(maker, size=size, pictures=self._pictures)) for size in sizes}
        told = [f"{size} {price}" for size, price in prices.items()]
        words = (
            f"{next(iter(prices.values()))} a picture" if len(set(prices.values())) == 1 else ", ".join(told)
        )
        shut = shut_words(maker.name, account)
        return f"{maker.name}, {maker.model}: {words}" + (f". {shut}" if shut else "")


def nearest_ratio(width: int, height: int) -> str:
    """The ratio that models make which is nearest to a picture's own."""

    def off(ratio: str) -> float:
        wide, high = MODEL_PIXELS[ratio]["1K"]
        return abs(log(width / height) - log(wide / high))

    return min(RATIOS, key=off)

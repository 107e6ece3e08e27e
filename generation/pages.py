"""The Studio: from a photo to pictures, on one page."""

from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import reswap

from brandkit.accounts.models import Brand
from brandkit.accounts.policy import Act
from brandkit.common.errors import Invalid
from brandkit.common.numbers import row_numbers
from brandkit.web.pages import HtmxRequest, brand_page
from generation import intake, selectors, services, subjects
from generation.forms import MOST, AskForm, NameForm, known_marks
from generation.intake import PhotoRefused
from generation.models import Generation
from generation.provider import get_provider
from generation.providers.base import Provider

CHOICES = ("subject", "scene", "format")
PROVIDER = "provider"
"""Where a session keeps its person's choice."""


@require_GET
@brand_page(Act.REQUEST)
def home(request: HtmxRequest, brand: Brand) -> HttpResponse:
    """Photos, scenes and formats to choose from, and one's pictures. The query may choose: ?subject=1."""
    picked = {name: row_numbers(request.GET.getlist(name)) for name in CHOICES}
    offer = selectors.offer(brand, chosen_provider(request))
    context = {
        "choices": selectors.choices(brand, picked=picked["subject"]),
        "offer": offer,
        "picked": {**picked, "format": picked["format"] or offer.usual_formats()},
        "page": selectors.pictures(brand, request.user),
        "most": MOST,
    }
    return render(request, "generation/studio.html", context)


def chosen_provider(request: HtmxRequest) -> Provider:
    """The one that this person chose last, if it is still there; else the usual one."""
    alias = request.session.get(PROVIDER, "")
    return get_provider(alias if alias in settings.BRANDKIT_PROVIDERS else settings.BRANDKIT_PROVIDER)


def provider_in(request: HtmxRequest, given: QueryDict) -> Provider:
    """The one that a form names; the chosen one where it names none that there is."""
    alias = given.get("provider", "")
    return get_provider(alias) if alias in settings.BRANDKIT_PROVIDERS else chosen_provider(request)


@require_POST
@brand_page(Act.REQUEST)
def choose_provider(request: HtmxRequest, brand: Brand) -> HttpResponse:
    """Have another provider make one's pictures from now on; all that is chosen stays chosen."""
    provider = get_provider(request.POST.get("provider", ""))
    request.session[PROVIDER] = provider.alias
    picked = {name: row_numbers(request.POST.getlist(name)) for name in CHOICES}
    picked["format"] += row_numbers(request.POST.getlist("kept"))
    if not request.htmx:
        return redirect(f"{reverse('studio:home', args=[brand.slug])}?{urlencode(picked, doseq=True)}")
    context = {"offer": selectors.offer(brand, provider), "picked": picked}
    return render(request, "generation/partials/offered.html", context)


# Photos


@require_GET
@brand_page(Act.REQUEST)
def find_subjects(request: HtmxRequest, brand: Brand) -> HttpResponse:
    """The photos that the search finds; the chosen ones stay."""
    picked = row_numbers(request.GET.getlist("subject"))
    found = selectors.subjects(brand, words=request.GET.get("q", "").strip(), picked=picked)
    context = {"subjects": found, "picked": {"subject": picked}}
    return render(request, "generation/partials/subjects.html", context)


@require_POST
@brand_page(Act.REQUEST)
def upload(request: HtmxRequest, brand: Brand) -> HttpResponse:
    """Take in one or several photos: a card for each, or messages where the page works without scripts."""
    photos = request.FILES.getlist("photo")
    if not photos:
        raise Invalid("No photo came with this. Choose one, and upload it again.")
    answers = [take_in(request, brand, photo) for photo in photos]
    if request.htmx:
        return answers[0]
    return redirect("studio:home", brand.slug)


def take_in(request: HtmxRequest, brand: Brand, photo: "UploadedFile[Any]") -> HttpResponse:
    path = Path(cast(TemporaryUploadedFile, photo).temporary_file_path())
    name = photo.name or ""
    try:
        subject, new = intake.take_in(brand=brand, by=request.user, file=path, file_name=name)
    except PhotoRefused as error:
        return refused(request, name, error)
    if not request.htmx:
        messages.success(request, f"“{subject.name}” {'is in' if new else 'was here already'}.")
    context = {"subject": subject, "fresh": True, "new": new, "checked": True}
    return render(request, "generation/partials/subject.html", context)


def refused(request: HtmxRequest, name: str, error: PhotoRefused) -> HttpResponse:
    if not request.htmx:
        messages.error(request, f"{name}: {error.message}")
    context = {"name": name, "error": error}
    answer = render(request, "generation/partials/refused.html", context, status=error.status)
    return reswap(answer, "outerHTML")


@require_POST
@brand_page(Act.REQUEST)
def rename(request: HtmxRequest, brand: Brand, pk: int) -> HttpResponse:
    """Another name and SKU for a photo."""
    subject = selectors.subject(brand, pk)
    form = NameForm(request.POST)
    if not form.is_valid():
        raise Invalid(" ".join(f"{name}: {errors[0]}" for name, errors in form.errors.items()))
    subjects.rename(subject=subject, by=request.user, **form.cleaned_data)
    if not request.htmx:
        return redirect("studio:home", brand.slug)
    return render(request, "generation/partials/named.html", {"subject": subject})


# Pictures


@require_POST
@brand_page(Act.REQUEST)
def ask(request: HtmxRequest, brand: Brand) -> HttpResponse:
    """Ask for every chosen photo in every chosen scene and format."""
    wanted = AskForm(brand, request.POST).wanted()
    made = services.request_grid(brand=brand, by=request.user, **wanted)
    if wanted["provider"]:
        request.session[PROVIDER] = wanted["provider"]
    return asked(request, brand, made)


@require_POST
@brand_page(Act.REQUEST)
def again(request: HtmxRequest, brand: Brand, pk: int) -> HttpResponse:
    """The same once more, as the next variation."""
    old = selectors.picture(brand, pk)
    new, _ = services.request(
        brand=brand,
        by=request.user,
        subject=old.subject,
        scene_version=old.scene_version,
        prompt_version=old.prompt_version,
        output_format=old.output_format,
        variation=selectors.next_variation(old),
        provider=old.provider,
        variables=old.variables,
        parent=old.parent,
        changes=old.changes,
    )
    return asked(request, brand, [new])


def asked(request: HtmxRequest, brand: Brand, made: list[Generation]) -> HttpResponse:
    """Their cards and a watch on them."""
    if not request.htmx:
        return redirect(reverse("studio:home", args=[brand.slug]) + "#pictures")
    cards = selectors.some_cards(brand, [generation.pk for generation in made])
    there = {generation.pk for generation in made if generation.state == Generation.State.SUCCEEDED}
    context = {"cards": cards, "news": asked_words(len(cards), len(there))}
    return render(request, "generation/partials/asked.html", context)


def asked_words(pictures: int, there: int) -> str:
    """What came of asking. there: how many of the pictures were made before."""
    if there == pictures:
        they = "It is" if pictures == 1 else "They are all"
        return f"{they} there already; nothing is made or paid for again."
    asked = f"{pictures - there} picture{'' if pictures - there == 1 else 's'} asked for"
    return f"{asked}; {there} {'was' if there == 1 else 'were'} there already." if there else f"{asked}."


@require_GET
@brand_page(Act.REQUEST)
def older(request: HtmxRequest, brand: Brand) -> HttpResponse:
    """One's pictures from before ?before=."""
    before = next(iter(row_numbers(request.GET.getlist("before"))), None)
    page = selectors.pictures(brand, request.user, before=before)
    return render(request, "generation/partials/pictures.html", {"page": page})


@require_GET
@brand_page(Act.SEE)
def news(request: HtmxRequest, brand: Brand) -> HttpResponse:
    """The cards that have changed since the page knew of them; asks again while any is unfinished."""
    changed, unfinished = selectors.news(brand, known_marks(request.GET.getlist("open")))
    context = {"changed": changed, "unfinished": unfinished, "calm": all(card.waits for card in unfinished)}
    return render(request, "generation/partials/news.html", context)


@require_GET
@brand_page(Act.SEE)
def picture(request: HtmxRequest, brand: Brand, pk: int) -> HttpResponse:
    """One picture, large, with all that it was made from."""
    found = selectors.picture(brand, pk)
    [card] = selectors.cards([found])
    context = {"picture": found, "waits": card.waits, "cost": selectors.cost(found)}
    return render(request, "generation/picture.html", context)


@require_POST
@brand_page(Act.REQUEST)
def cancel(request: HtmxRequest, brand: Brand, pk: int) -> HttpResponse:
    found = selectors.picture(brand, pk)
    services.cancel(generation=found, by=request.user)
    return card(request, brand, found)


@require_POST
@brand_page(Act.REQUEST)
def retry(request: HtmxRequest, brand: Brand, pk: int) -> HttpResponse:
    found = selectors.picture(brand, pk)
    services.retry(generation=found, by=request.user)
    return card(request, brand, found)


def card(request: HtmxRequest, brand: Brand, generation: Generation) -> HttpResponse:
    if not request.htmx:
        return redirect("studio:picture", brand.slug, generation.pk)
    return render(request, "generation/partials/changed.html", {"cards": selectors.cards([generation])})

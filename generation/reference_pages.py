"""The further photos on a photo's card in the Studio: added, taken away, put back."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from django.contrib import messages
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from brandkit.accounts.models import Brand
from brandkit.accounts.policy import Act
from brandkit.common.errors import Invalid
from brandkit.web.pages import HtmxRequest, brand_page
from generation import references, selectors
from generation.models import Reference, Subject


@dataclass(frozen=True)
class Problem:
    """A file that was not taken, and why."""

    name: str
    words: str


@require_POST
@brand_page(Act.REQUEST)
def attach(request: HtmxRequest, brand: Brand, pk: int) -> HttpResponse:
    """Add one or several further photos to a subject; those that can't be used are told one by one."""
    subject = selectors.subject(brand, pk)
    photos = request.FILES.getlist("photo")
    if not photos:
        raise Invalid("No photo came with this. Choose one, and upload it again.")
    problems = [problem for photo in photos if (problem := take_in(request, subject, photo))]
    added = len(photos) - len(problems)
    news = f"Added {added} further photo{'' if added == 1 else 's'} of {subject.name}." if added else ""
    return section(request, subject, news=news, problems=problems)


def take_in(request: HtmxRequest, subject: Subject, photo: "UploadedFile[Any]") -> Problem | None:
    file = Path(cast(TemporaryUploadedFile, photo).temporary_file_path())
    shows = request.POST.get("shows", Reference.Shows.ANGLE)
    try:
        references.attach(subject=subject, file=file, shows=shows, by=request.user)
    except Invalid as error:
        return Problem(photo.name or "", error.message)
    return None


@require_POST
@brand_page(Act.REQUEST)
def remove(request: HtmxRequest, brand: Brand, pk: int) -> HttpResponse:
    """No longer send it with what is asked for from now on; a button puts it back."""
    reference = references.find(brand=brand, number=pk)
    references.remove(reference=reference, by=request.user)
    news = f"Removed a further photo of {reference.subject.name}."
    return section(request, reference.subject, news=news, gone=reference)


@require_POST
@brand_page(Act.REQUEST)
def restore(request: HtmxRequest, brand: Brand, pk: int) -> HttpResponse:
    reference = references.find(brand=brand, number=pk)
    references.put_back(reference=reference, by=request.user)
    return section(request, reference.subject, news=f"Put back a further photo of {reference.subject.name}.")


def section(
    request: HtmxRequest,
    subject: Subject,
    *,
    news: str,
    problems: Sequence[Problem] = (),
    gone: Reference | None = None,
) -> HttpResponse:
    """The part of the card that shows them. gone: the one just taken away, in its place with a way back."""
    if not request.htmx:
        for problem in problems:
            messages.error(request, f"{problem.name}: {problem.words}")
        if news:
            messages.success(request, news)
        return redirect(f"{reverse('studio:home', args=[subject.brand.slug])}?subject={subject.pk}")
    context = {"subject": subject, "news": news, "problems": problems, "gone": gone}
    return render(request, "generation/partials/further_changed.html", context)

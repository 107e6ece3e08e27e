"""The pages of an import: a file and its photos, every row's verdict, and only then a start."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from django.contrib import messages
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from brandkit.accounts.models import Brand
from brandkit.accounts.policy import Act
from brandkit.common.errors import Invalid
from brandkit.common.numbers import row_number, row_numbers
from brandkit.web.pages import HtmxRequest, brand_page
from generation import selectors
from generation.batches import asking, estimate
from generation.catalogue import drafts, fixfile
from generation.catalogue.columns import COLUMNS
from generation.catalogue.forms import ImportForm
from generation.models import Batch, Priority
from generation.pages import PROVIDER, provider_in
from generation.provider import get_provider, get_providers
from templates_app.services import approved_prompts, approved_scenes


@require_GET
@brand_page(Act.REQUEST)
def home(request: HtmxRequest, brand: Brand) -> HttpResponse:
    """The form, as empty as it comes."""
    return render(request, "generation/catalogue/import.html", context(request, brand, request.GET))


@require_POST
@brand_page(Act.REQUEST)
def look(request: HtmxRequest, brand: Brand) -> HttpResponse:
    """The formats as another provider makes them; all that is chosen stays chosen."""
    shown = context(request, brand, request.POST)
    if not request.htmx:
        return render(request, "generation/catalogue/import.html", shown)
    return render(request, "generation/partials/offered.html", shown)


@require_POST
@brand_page(Act.REQUEST)
def check(request: HtmxRequest, brand: Brand) -> HttpResponse:
    """Read the file and write down what it asks for; nothing is asked for yet."""
    try:
        batch, notes = read(request, brand)
    except Invalid as error:
        shown = {**context(request, brand, request.POST), "problem": error.message}
        return render(request, "generation/catalogue/import.html", shown, status=error.status)
    request.session[PROVIDER] = batch.provider
    for note in notes:
        messages.info(request, note)
    return redirect("batches:import-draft", brand.slug, batch.pk)


def read(request: HtmxRequest, brand: Brand) -> tuple[Batch, Sequence[str]]:
    """Raises Invalid for what was chosen, the table or the zip."""
    table, photos = (request.FILES.get(name) for name in ("table", "photos"))
    if table is None:
        raise Invalid("No table came with this. Choose a CSV file or an Excel workbook.")
    order = ImportForm(brand, with_provider(request).copy()).order(request.user)
    return drafts.draft(
        order, file=path(table), file_name=table.name or "", photos=path(photos) if photos else None
    )


def path(upload: object) -> Path:
    return Path(cast(TemporaryUploadedFile, upload).temporary_file_path())


def with_provider(request: HtmxRequest) -> QueryDict:
    """What was filled in; the one who makes them is the usual one, where there is no choice."""
    given = request.POST.copy()
    given["provider"] = provider_in(request, request.POST).alias
    return given


def context(request: HtmxRequest, brand: Brand, given: QueryDict) -> dict[str, Any]:
    """All that can be chosen, and what is."""
    offer = selectors.offer(brand, provider_in(request, given))
    prompts = list(approved_prompts(brand))
    picked = {name: row_numbers(given.getlist(name)) for name in ("scene", "format", "kept")}
    formats = picked["format"] + picked["kept"]
    return {
        "choices": {
            "scenes": list(approved_scenes(brand)),
            "prompts": prompts,
            "providers": get_providers(),
        },
        "offer": offer,
        "given": given,
        "picked": {
            "scene": picked["scene"],
            "format": formats if given else offer.usual_formats(),
            "prompt": row_number(given.get("prompt", "")) or next((each.pk for each in prompts), None),
        },
        "priorities": Priority.choices,
        "priority": row_number(given.get("priority", "")) or Priority.NORMAL,
        "columns": COLUMNS,
    }


@require_GET
@brand_page(Act.REQUEST)
def draft(request: HtmxRequest, brand: Brand, pk: int) -> HttpResponse:
    """Every row's verdict, and what all of it comes to. ?after= names the row to go on from."""
    batch = drafts.find(brand, pk)
    if batch.state != Batch.State.DRAFT:
        return redirect("batches:show", brand.slug, batch.pk)
    bad = request.GET.get("rows") == "bad"
    shown = {
        "batch": batch,
        "estimate": estimate.of(batch),
        "offer": selectors.offer(brand, get_provider(batch.provider)),
        "page": drafts.page(batch, after=row_number(request.GET.get("after", "")) or 0, bad=bad),
        "bad": bad,
        "rows": batch.progress.lines + batch.progress.problems,
        "unused": drafts.unused_columns(batch),
        "columns": COLUMNS,
    }
    return render(request, "generation/catalogue/draft.html", shown)


@require_POST
@brand_page(Act.REQUEST)
def start(request: HtmxRequest, brand: Brand, pk: int) -> HttpResponse:
    batch = drafts.find(brand, pk)
    asking.start(batch, request.user)
    return redirect("batches:show", brand.slug, batch.pk)


@require_POST
@brand_page(Act.REQUEST)
def discard(request: HtmxRequest, brand: Brand, pk: int) -> HttpResponse:
    batch = drafts.find(brand, pk)
    asking.discard(batch, request.user)
    messages.success(request, f"“{batch.name}” is thrown away. Nothing was asked for.")
    return redirect("batches:import", brand.slug)


@require_GET
@brand_page(Act.SEE)
def problems(request: HtmxRequest, brand: Brand, pk: int) -> StreamingHttpResponse:
    """The rows that nothing can be made of, as a file to mend and to import again."""
    batch = drafts.find(brand, pk)
    answer = StreamingHttpResponse(fixfile.of_batch(batch), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="rows-to-fix-{batch.pk}.csv"'
    answer["Cache-Control"] = "private, no-store"
    return answer

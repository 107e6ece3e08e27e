"""Private pictures, for people of the brand only."""

import mimetypes
from pathlib import PurePosixPath

from django.db.models import Model
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from brandkit.accounts.models import Brand
from brandkit.accounts.policy import Act
from brandkit.common.errors import NotFound, StorageFailed
from brandkit.common.storage import digest
from brandkit.web.pages import HtmxRequest, brand_page
from generation.models import Output, Reference, Subject
from templates_app.models import SceneVersion

# What is handed out as a file to save: bytes that we have not made ourselves are never shown by the browser.
ATTACHED = {"original"}
SUBJECT = ("original", "normal", "cutout", "thumbnail")
OUTPUT = ("picture", "preview", "thumbnail")
SCENE = ("picture", "thumbnail")
REFERENCE = ("picture", "thumbnail")


@require_safe
@brand_page(Act.SEE)
def subject_file(request: HtmxRequest, brand: Brand, pk: int, kind: str) -> HttpResponseBase:
    """A subject's photo as uploaded, its upright sRGB form, its cut-out or its thumbnail."""
    return picture(request, Subject.objects.filter(brand=brand, pk=pk).first(), kind, SUBJECT)


@require_safe
@brand_page(Act.SEE)
def reference_file(request: HtmxRequest, brand: Brand, pk: int, kind: str) -> HttpResponseBase:
    """A further photo of a subject, upright and in sRGB, or its thumbnail."""
    return picture(request, Reference.objects.filter(subject__brand=brand, pk=pk).first(), kind, REFERENCE)


@require_safe
@brand_page(Act.SEE)
def output_file(request: HtmxRequest, brand: Brand, pk: int, kind: str) -> HttpResponseBase:
    """An output's bytes as received, its preview or its thumbnail."""
    return picture(request, Output.objects.filter(brand=brand, pk=pk).first(), kind, OUTPUT)


@require_safe
@brand_page(Act.SEE)
def scene_file(request: HtmxRequest, brand: Brand, pk: int, kind: str) -> HttpResponseBase:
    """A scene version's picture or its thumbnail."""
    return picture(request, SceneVersion.objects.filter(scene__brand=brand, pk=pk).first(), kind, SCENE)


def picture(request: HttpRequest, row: Model | None, kind: str, kinds: tuple[str, ...]) -> HttpResponseBase:
    """The file that `row` keeps in its field `kind`, streamed. Raises NotFound."""
    if row is None or kind not in kinds:
        raise NotFound
    file: FieldFile = getattr(row, kind)
    if not file:
        raise NotFound("This file has been deleted, as the brand's rule has it.")
    etag = quote_etag(etag_of(row, kind, file))
    response = get_conditional_response(request, etag=etag) or stream(file, kind, media_type_of(row, kind))
    response["ETag"] = etag
    response["Cache-Control"] = "private, max-age=600"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def etag_of(row: Model, kind: str, file: FieldFile) -> str:
    """The content's hash where the row has it; else its name's, which stands for one content for ever."""
    field = "sha256" if kind == "picture" else f"{kind}_sha256"
    return str(getattr(row, field, "") or digest((file.name or "").encode()))


def media_type_of(row: Model, kind: str) -> str:
    """The row's own word for its picture, which may come without an ending; else by the file's name."""
    own = str(getattr(row, "media_type", "")) if kind == "picture" else ""
    return own or mimetypes.guess_type(str(getattr(row, kind)))[0] or "application/octet-stream"


def stream(file: FieldFile, kind: str, media_type: str) -> FileResponse:
    """Raises NotFound where the row is there and its file is not, StorageFailed where it can't be read."""
    name = PurePosixPath(file.name or "")
    try:
        content = file.storage.open(str(name))
    except FileNotFoundError:
        raise NotFound("The store has lost this picture. The operator has to bring it back.") from None
    except OSError as error:
        words = f"This picture can't be read from the store just now: {error.strerror or error}."
        raise StorageFailed(words) from error
    suffix = name.suffix or mimetypes.guess_extension(media_type) or ""
    return FileResponse(
        content, as_attachment=kind in ATTACHED, filename=f"{kind}{suffix}", content_type=media_type
    )

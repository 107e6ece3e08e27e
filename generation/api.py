"""Subjects, generations and outputs over HTTP."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_view
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from brandkit.accounts.api import BrandViewSet, InBrand, given, person
from brandkit.accounts.models import Brand
from brandkit.accounts.policy import Act
from brandkit.common.errors import NotFound
from brandkit.common.openapi import example, operation
from brandkit.common.problems import NoLength, TooLarge
from generation import files, intake, references, services
from generation.imaging.unreadable import LIMITS, MEGABYTE
from generation.models import Generation, Output, Reference, Subject
from generation.serializers import (
    Ask,
    GenerationFilter,
    GenerationSerializer,
    OutputSerializer,
    ReferenceSerializer,
    SubjectSerializer,
    Upload,
    UploadReference,
)
from templates_app.services import find_format, find_prompt, find_scene

PICTURE: Mapping[Any, Any] = {(200, "image/*"): OpenApiTypes.BINARY}


@extend_schema_view(
    list=operation(
        "list_subjects",
        "The photos of a brand, newest first",
        answers={200: SubjectSerializer(many=True)},
        parameters=[InBrand],
        problems=(404, 422),
    ),
    retrieve=operation(
        "get_subject",
        "One photo, its cut-out and what is advised",
        answers={200: SubjectSerializer},
        problems=(404,),
    ),
)
class SubjectViewSet(BrandViewSet[Subject]):
    queryset = Subject.objects.select_related("brand").prefetch_related(
        Prefetch("references", Reference.objects.filter(removed_at=None))
    )
    serializer_class = SubjectSerializer
    parser_classes = (MultiPartParser,)
    acts: ClassVar[Mapping[str, Act]] = {"create": Act.REQUEST, "references": Act.REQUEST}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuses what says that it is too large, or does not say how large it is, before a byte is read."""
        if "CONTENT_LENGTH" not in request.META and "HTTP_TRANSFER_ENCODING" in request.META:
            raise NoLength
        if int(request.META.get("CONTENT_LENGTH") or 0) > LIMITS.bytes + MEGABYTE:
            raise TooLarge(f"A photo may have at most {LIMITS.bytes // MEGABYTE} MB.")
        super().initial(request, *args, **kwargs)

    @operation(
        "upload_subject",
        "Upload a photo of the thing that must stay the same",
        description="The same bytes again in one brand are the same subject: 200 instead of 201.",
        request={"multipart/form-data": Upload},
        answers={201: SubjectSerializer, 200: SubjectSerializer},
        problems=(400, 403, 404, 411, 413, 415, 422, 507),
    )
    def create(self, request: Request) -> Response:
        asked = given(Upload, request.data)
        photo = asked["photo"]
        subject, new = intake.take_in(
            brand=self.brand(asked),
            by=person(request),
            file=Path(photo.temporary_file_path()),
            file_name=photo.name,
            name=asked["name"],
            sku=asked["sku"],
        )
        return self.made(subject, new=new)

    @operation("get_subject_cutout", "The cut-out, as PNG", answers=PICTURE, problems=(404,))
    @action(detail=True)
    def cutout(self, request: Request, pk: int) -> HttpResponseBase:
        return files.picture(request, self.get_object(), "cutout", files.SUBJECT)

    @operation(
        "attach_reference",
        "Upload a further photo of it, for the models that take several",
        description=(
            "It is sent with what is asked for from now on, by providers that take further photos. "
            "The same bytes again are the same photo: 200 instead of 201."
        ),
        request={"multipart/form-data": UploadReference},
        answers={201: ReferenceSerializer, 200: ReferenceSerializer},
        problems=(400, 403, 404, 411, 413, 415, 422, 507),
    )
    @action(detail=True, methods=["post"])
    def references(self, request: Request, pk: int) -> Response:
        asked = given(UploadReference, request.data)
        reference, new = references.attach(
            subject=self.get_object(),
            file=Path(asked["photo"].temporary_file_path()),
            shows=asked["shows"],
            by=person(request),
        )
        data = ReferenceSerializer(reference, context=self.get_serializer_context()).data
        headers = {"Location": data["url"]} if new else {}
        return Response(data, status=201 if new else 200, headers=headers)


@extend_schema_view(
    list=operation(
        "list_references",
        "The further photos of a brand, newest first, those taken away among them",
        answers={200: ReferenceSerializer(many=True)},
        parameters=[InBrand],
        problems=(404, 422),
    ),
    retrieve=operation(
        "get_reference",
        "One further photo of a subject",
        answers={200: ReferenceSerializer},
        problems=(404,),
    ),
)
class ReferenceViewSet(BrandViewSet[Reference]):
    queryset = Reference.objects.select_related("subject__brand")
    serializer_class = ReferenceSerializer
    brand_path = "subject__brand"
    acts: ClassVar[Mapping[str, Act]] = {"remove": Act.REQUEST, "restore": Act.REQUEST}

    @operation("get_reference_picture", "The further photo, as JPEG", answers=PICTURE, problems=(404,))
    @action(detail=True)
    def picture(self, request: Request, pk: int) -> HttpResponseBase:
        return files.picture(request, self.get_object(), "picture", files.REFERENCE)

    @operation(
        "remove_reference",
        "No longer send it with what is asked for from now on",
        request=None,
        answers={200: ReferenceSerializer},
        problems=(403, 404),
    )
    @action(detail=True, methods=["post"])
    def remove(self, request: Request, pk: int) -> Response:
        reference = self.get_object()
        references.remove(reference=reference, by=person(request))
        return self.shown(reference)

    @operation(
        "restore_reference",
        "Send it again",
        description="Where the same photo has been attached anew meanwhile, the answer is that one.",
        request=None,
        answers={200: ReferenceSerializer},
        problems=(403, 404, 422),
    )
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: int) -> Response:
        return self.shown(references.put_back(reference=self.get_object(), by=person(request)))


ASKED = {"brand": "demo", "subject": 1, "scene": "kitchen", "format": "square", "variables": {}}


@extend_schema_view(
    list=operation(
        "list_generations",
        "What was asked for, newest first",
        answers={200: GenerationSerializer(many=True)},
        parameters=[GenerationFilter],
        problems=(404, 422),
    ),
    retrieve=operation(
        "get_generation",
        "Follow one: its state, its tries, its picture",
        answers={200: GenerationSerializer},
        problems=(404,),
    ),
)
class GenerationViewSet(BrandViewSet[Generation]):
    queryset = Generation.objects.select_related(
        "brand", "scene_version__scene", "prompt_version__template", "output_format", "requested_by", "output"
    ).prefetch_related("attempts", "references")
    serializer_class = GenerationSerializer
    asks = GenerationFilter
    acts: ClassVar[Mapping[str, Act]] = {"create": Act.REQUEST, "cancel": Act.REQUEST, "retry": Act.REQUEST}

    def listed(self, brand: Brand, asked: Mapping[str, Any]) -> QuerySet[Generation]:
        wanted = {name: asked[name] for name in ("state", "subject") if name in asked}
        return super().listed(brand, asked).filter(**wanted)

    @operation(
        "ask_for_generation",
        "Ask for one picture",
        description=(
            "The same wish again is the same generation: 200 instead of 201; nothing is made or paid twice. "
            "One that ended without a picture is queued again."
        ),
        request=Ask,
        answers={201: GenerationSerializer, 200: GenerationSerializer},
        problems=(400, 403, 404, 415, 422),
        examples=[example("The demo subject in the kitchen", ASKED, request=True)],
    )
    def create(self, request: Request) -> Response:
        asked = given(Ask, request.data)
        brand = self.brand(asked)
        generation, new = services.request(
            brand=brand,
            by=person(request),
            subject=find_subject(brand=brand, number=asked["subject"]),
            scene_version=find_scene(brand=brand, slug=asked["scene"]),
            prompt_version=find_prompt(brand=brand, slug=asked.get("prompt", "")),
            output_format=find_format(brand=brand, slug=asked["format"]),
            variation=asked["variation"],
            provider=asked.get("provider", ""),
            variables=asked["variables"],
        )
        return self.made(generation, new=new)

    @operation(
        "cancel_generation",
        "Take it out of the queue",
        request=None,
        answers={200: GenerationSerializer},
        problems=(403, 404, 409),
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: int) -> Response:
        generation = self.get_object()
        services.cancel(generation=generation, by=person(request))
        return self.shown(generation)

    @operation(
        "retry_generation",
        "Make one again that ended without a picture",
        request=None,
        answers={200: GenerationSerializer},
        problems=(403, 404, 409, 422),
    )
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: int) -> Response:
        generation = self.get_object()
        services.retry(generation=generation, by=person(request))
        return self.shown(generation)


def find_subject(*, brand: Brand, number: int) -> Subject:
    """Raises NotFound."""
    subject = Subject.objects.filter(brand=brand, pk=number).first()
    if subject is None:
        raise NotFound(f"There is no subject {number} in {brand.name}.")
    return subject


@extend_schema_view(
    list=operation(
        "list_outputs",
        "The pictures that came out, newest first",
        answers={200: OutputSerializer(many=True)},
        parameters=[InBrand],
        problems=(404, 422),
    ),
    retrieve=operation(
        "get_output", "One picture that came out", answers={200: OutputSerializer}, problems=(404,)
    ),
)
class OutputViewSet(BrandViewSet[Output]):
    queryset = Output.objects.select_related("brand")
    serializer_class = OutputSerializer

    @operation("get_output_picture", "The picture, its bytes as received", answers=PICTURE, problems=(404,))
    @action(detail=True)
    def picture(self, request: Request, pk: int) -> HttpResponseBase:
        return files.picture(request, self.get_object(), "picture", files.OUTPUT)

    @operation(
        "get_output_preview",
        "The picture, at most 1600 pixels, for screens",
        answers=PICTURE,
        problems=(404,),
    )
    @action(detail=True)
    def preview(self, request: Request, pk: int) -> HttpResponseBase:
        return files.picture(request, self.get_object(), "preview", files.OUTPUT)

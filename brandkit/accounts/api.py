"""Who asks, and for which brand: tokens, brands, and what every view of a brand's things stands on."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar, cast

from django.db.models import Model, QuerySet
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import mixins, serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from brandkit.accounts import tokens
from brandkit.accounts.models import Brand, User
from brandkit.accounts.policy import Act, acts_of, brands_for, require
from brandkit.common.api import RowSerializer, UtcDateTimeField
from brandkit.common.errors import Invalid, NotFound
from brandkit.common.idempotency import Idempotent
from brandkit.common.openapi import example, operation
from brandkit.common.pagination import NewestFirst
from brandkit.common.storage import digest

M = TypeVar("M", bound=Model)


def person(request: Request) -> User:
    """Who asks. The permission classes have made sure that somebody does."""
    return cast(User, request.user)


def brand_for(*, user: User, act: Act, slug: str = "") -> Brand:
    """The brand that `user` means and may do `act` in; without a slug it is their only one.

    Raises NotFound, NotAllowed, or Invalid where there are several to choose from.
    """
    mine = brands_for(user)
    found = list(mine.filter(slug=slug) if slug else mine)
    if slug and not found:
        raise NotFound(f"There is no brand {slug}, or it is not yours to see.")
    if not found:
        raise NotFound("You belong to no brand yet. Ask an owner to add you.")
    if len(found) > 1:
        raise Invalid(f"Say which brand you mean, with `brand`: {', '.join(brand.slug for brand in found)}.")
    require(user, act, found[0])
    return found[0]


class InBrand(serializers.Serializer[Any]):
    """A request that speaks of one brand."""

    brand = serializers.SlugField(
        required=False,
        help_text="The brand's slug. It can be left out by people of just one brand.",
    )


def given(kind: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    """`data` as `kind` reads it. Raises ValidationError."""
    read = kind(data=data)
    read.is_valid(raise_exception=True)
    return dict(read.validated_data)


class BrandViewSet(Idempotent, mixins.RetrieveModelMixin, GenericViewSet[M]):
    """Rows that belong to brands: people see those of their own brands, and for others they do not exist.

    acts: what each action other than looking needs. brand_path: from a row to its brand, for the ORM.
    asks: how a list's query parameters are read.
    """

    acts: ClassVar[Mapping[str, Act]] = {}
    brand_path: ClassVar[str] = "brand"
    asks: ClassVar[type[InBrand]] = InBrand
    pagination_class = NewestFirst
    lookup_value_converter = "int"

    @property
    def act(self) -> Act:
        return self.acts.get(self.action, Act.SEE)

    def get_queryset(self) -> QuerySet[M]:
        return super().get_queryset().filter(**{f"{self.brand_path}__in": brands_for(person(self.request))})

    def get_object(self) -> M:
        """Raises NotFound and NotAllowed, as the policy has it for this action."""
        row = super().get_object()
        require(person(self.request), self.act, Brand.objects.get(pk=row.brand_id))  # type: ignore[attr-defined] # all rows here have it
        return row

    def brand(self, asked: Mapping[str, Any]) -> Brand:
        return brand_for(user=person(self.request), act=self.act, slug=asked.get("brand", ""))

    def list(self, request: Request) -> Response:
        asked = given(self.asks, request.query_params)
        page = self.paginate_queryset(self.listed(self.brand(asked), asked))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def listed(self, brand: Brand, asked: Mapping[str, Any]) -> QuerySet[M]:
        """The rows that a list shows, of one brand; the order is the page's own."""
        return self.get_queryset().filter(**{self.brand_path: brand})

    def shown(self, row: M, status: int = 200) -> Response:
        """The row as it is now: what is kept with it may have moved meanwhile."""
        return Response(self.get_serializer(self.get_queryset().get(pk=row.pk)).data, status=status)

    def made(self, row: M, *, new: bool) -> Response:
        """The answer to a wish: 201 with its address where the row is new, 200 where it was there."""
        response = self.shown(row, 201 if new else 200)
        if new:
            response["Location"] = response.data["url"]
        return response


class BrandSerializer(RowSerializer[Brand]):
    """A brand that you belong to."""

    may = serializers.SerializerMethodField(help_text="What you may do in it.")

    class Meta:
        model = Brand
        fields = ("id", "slug", "name", "allow_self_review", "may")

    def get_may(self, brand: Brand) -> list[str]:
        return sorted(acts_of(person(self.context["request"]), brand))


class Brands(APIView):
    @operation("list_brands", "The brands that you belong to", answers={200: BrandSerializer(many=True)})
    def get(self, request: Request) -> Response:
        mine = brands_for(person(request))
        return Response(BrandSerializer(mine, many=True, context={"request": request}).data)


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # drf-spectacular's own
    """How the OpenAPI file tells of it."""

    target_class = tokens.Token
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        words = "`Token ` and the token from /api/v1/login, or from `manage.py make_token`."
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": words}


class SignInSerializer(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=200, trim_whitespace=False, write_only=True)


class TokenSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(help_text="Send it as `Authorization: Token ...`. It is shown only here.")
    expiry = UtcDateTimeField()


class ByAddress(SimpleRateThrottle):
    """Tries from one address."""

    scope = "login_address"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return f"throttle-{self.scope}-{self.get_ident(request)}"


class ByName(SimpleRateThrottle):
    """Tries for one name, from wherever they come."""

    scope = "login_name"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        name = request.data.get("username") if isinstance(request.data, dict) else None
        return f"throttle-{self.scope}-{digest(str(name).encode())}" if name else None


class Login(APIView):
    """Not Idempotent: to answer again, the token itself would have to be kept."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (ByAddress, ByName)

    @operation(
        "login",
        "Make a token from a name and a password",
        tags=["tokens"],
        request=SignInSerializer,
        answers={200: TokenSerializer},
        problems=(400, 401, 415, 422, 429),
        public=True,
        examples=[example("A person", {"username": "dana", "password": "correct-horse"}, request=True)],
    )
    def post(self, request: Request) -> Response:
        user = tokens.check_password(request=request, **given(SignInSerializer, request.data))
        row, words = tokens.make_token(user=user)
        return Response(TokenSerializer({"token": words, "expiry": row.expiry}).data)

    def get_authenticate_header(self, request: Request) -> str:
        return "Token"


class Logout(Idempotent):
    authentication_classes = (tokens.Token,)

    @operation("logout", "End the token of this request", tags=["tokens"], request=None, answers={204: None})
    def post(self, request: Request) -> Response:
        tokens.end_token(token=request.auth)
        return Response(status=204)


class LogoutAll(Idempotent):
    authentication_classes = (tokens.Token,)

    @operation("logout_all", "End all your tokens", tags=["tokens"], request=None, answers={204: None})
    def post(self, request: Request) -> Response:
        tokens.end_all_tokens(user=person(request))
        return Response(status=204)

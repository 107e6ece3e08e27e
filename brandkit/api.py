"""The API's addresses, below /api/v1/."""

from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.decorators.cache import cache_page
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from brandkit.accounts.api import Brands, Login, Logout, LogoutAll
from brandkit.common.errors import NotFound
from generation.api import GenerationViewSet, OutputViewSet, ReferenceViewSet, SubjectViewSet
from generation.batches.api import BatchViewSet
from generation.spend_api import BudgetView, SpendView
from review.api import Reasons, ReviewViewSet
from review.asset_api import AssetViewSet
from templates_app.api import FormatViewSet, PromptViewSet, SceneViewSet

app_name = "api"


class Nowhere(APIView):
    """An address that the API does not have answers as the API does."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    schema = None

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        raise NotFound("The API has no such address. /api/v1/openapi.json names them all.")


router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("subjects", SubjectViewSet, "subject")
router.register("references", ReferenceViewSet, "reference")
router.register("generations", GenerationViewSet, "generation")
router.register("batches", BatchViewSet, "batch")
router.register("outputs", OutputViewSet, "output")
router.register("scenes", SceneViewSet, "scene")
router.register("prompts", PromptViewSet, "prompt")
router.register("formats", FormatViewSet, "format")
router.register("reviews", ReviewViewSet, "review")
router.register("assets", AssetViewSet, "asset")

urlpatterns: list[URLPattern | URLResolver] = [
    path("login", Login.as_view(), name="login"),
    path("logout", Logout.as_view(), name="logout"),
    path("logout-all", LogoutAll.as_view(), name="logout-all"),
    path("brands", Brands.as_view(), name="brands"),
    path("spend", SpendView.as_view(), name="spend"),
    path("reasons", Reasons.as_view(), name="reasons"),
    path("budget", BudgetView.as_view(), name="budget"),
    # Strangers may ask for it, and it takes a second to put together.
    path("openapi.json", cache_page(60)(SpectacularJSONAPIView.as_view()), name="openapi"),
    path("", include(router.urls)),
    re_path("", Nowhere.as_view(), name="nowhere"),
]

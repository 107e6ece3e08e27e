"""Every address that brandkit answers."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

admin.autodiscover()

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("brandkit.api")),
    path("", include("brandkit.web.urls")),
    path("", include("generation.health")),
    path("", include("generation.watching.urls")),
    path("b/<slug:brand>/studio/", include("generation.urls")),
    path("b/<slug:brand>/batches/", include("generation.batches.urls")),
    path("b/<slug:brand>/spend/", include("generation.spending_urls")),
    path("b/<slug:brand>/", include("review.urls")),
    path("assets/", include("review.publishing.urls")),
]
handler500 = "brandkit.web.views.broken"

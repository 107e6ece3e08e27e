"""The public addresses: stable by name, and immutable with the key of the content."""

from django.urls import URLPattern, URLResolver, re_path

from review.publishing import views

app_name = "assets"

BRAND = r"(?P<brand>[-a-zA-Z0-9_]+)"
NAME = r"(?P<name>[-a-zA-Z0-9_]+)"
EXTENSION = r"(?P<extension>jpg|png|webp)"

urlpatterns: list[URLPattern | URLResolver] = [
    re_path(rf"^{BRAND}/{NAME}\.{EXTENSION}\Z", views.stable, name="stable"),
    re_path(rf"^{BRAND}/{NAME}\.(?P<key>[0-9a-f]{{16}})\.{EXTENSION}\Z", views.immutable, name="immutable"),
]

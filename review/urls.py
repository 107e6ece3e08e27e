"""The addresses of the review desk and the library, below /b/<brand>/."""

from django.urls import URLPattern, URLResolver

app_name = "review"

urlpatterns: list[URLPattern | URLResolver] = []

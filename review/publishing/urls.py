"""The public addresses: /assets/<brand>/<name>.<ext>."""

from django.urls import URLPattern, URLResolver

app_name = "assets"

urlpatterns: list[URLPattern | URLResolver] = []

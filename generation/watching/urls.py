"""The address for Prometheus."""

from django.urls import URLPattern, URLResolver, path

from generation.watching.metrics import metrics

app_name = "watching"

urlpatterns: list[URLPattern | URLResolver] = [path("metrics", metrics, name="metrics")]

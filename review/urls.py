"""The addresses of the review desk and the library, below /b/<brand>/."""

from django.urls import URLPattern, URLResolver

from review import library_pages
from review.desk import changes, grid, judging, keys, pins, told

app_name = "review"

urlpatterns: list[URLPattern | URLResolver] = [
    *grid.urlpatterns,
    *keys.urlpatterns,
    *told.urlpatterns,
    *judging.urlpatterns,
    *pins.urlpatterns,
    *changes.urlpatterns,
    *library_pages.urlpatterns,
]

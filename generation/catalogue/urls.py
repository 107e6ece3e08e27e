"""The addresses of imports, below /b/<brand>/batches/; they share the namespace of batches."""

from django.urls import URLPattern, URLResolver, path

from generation.catalogue import pages

urlpatterns: list[URLPattern | URLResolver] = [
    path("import/", pages.home, name="import"),
    path("import/look", pages.look, name="import-look"),
    path("import/check", pages.check, name="import-check"),
    path("import/<int:pk>/", pages.draft, name="import-draft"),
    path("import/<int:pk>/start", pages.start, name="import-start"),
    path("import/<int:pk>/discard", pages.discard, name="import-discard"),
    path("<int:pk>/problems.csv", pages.problems, name="fix"),
]

"""The addresses of batches, below /b/<brand>/batches/."""

from django.urls import URLPattern, URLResolver, include, path

from generation.batches import ask_pages, pages

app_name = "batches"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.home, name="home"),
    path("many", ask_pages.many, name="many"),
    path("many/look", ask_pages.look, name="look"),
    path("many/start", ask_pages.start, name="start"),
    path("<int:pk>/", pages.show, name="show"),
    path("<int:pk>/news", pages.news, name="news"),
    path("<int:pk>/pause", pages.pause, name="pause"),
    path("<int:pk>/resume", pages.resume, name="resume"),
    path("<int:pk>/cancel", pages.cancel, name="cancel"),
    path("<int:pk>/retry", pages.retry, name="retry"),
    path("<int:pk>/priority", pages.priority, name="priority"),
    path("", include("generation.catalogue.urls")),
]

"""The addresses of the review desk and the library, below /b/<brand>/."""

from django.urls import URLPattern, URLResolver, path

from review import pages

app_name = "review"

urlpatterns: list[URLPattern | URLResolver] = [
    path("review/", pages.desk, name="desk"),
    path("review/<int:pk>/", pages.show, name="show"),
    path("review/<int:pk>/decide", pages.decide, name="decide"),
    path("review/<int:pk>/hold", pages.hold, name="hold"),
    path("review/<int:pk>/skip", pages.skip, name="skip"),
    path("review/<int:pk>/publish", pages.publish, name="publish"),
    path("library/", pages.shelf, name="library"),
    path("library/compare/", pages.compare, name="compare"),
    path("library/<slug:name>/", pages.asset, name="asset"),
    path("library/<slug:name>/<int:number>/", pages.asset, name="version"),
    path("library/<slug:name>/<int:number>/thumbnail", pages.thumbnail, name="thumbnail"),
    path("library/<slug:name>/<int:number>/unpublish", pages.unpublish, name="unpublish"),
]

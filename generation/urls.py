"""The Studio's addresses, below /b/<brand>/studio/."""

from django.urls import URLPattern, URLResolver, path

from generation import files, pages

app_name = "studio"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.home, name="home"),
    path("files/subject/<int:pk>/<slug:kind>", files.subject_file, name="subject-file"),
    path("files/output/<int:pk>/<slug:kind>", files.output_file, name="output-file"),
    path("files/scene/<int:pk>/<slug:kind>", files.scene_file, name="scene-file"),
]

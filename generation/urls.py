"""The Studio's addresses, below /b/<brand>/studio/."""

from django.urls import URLPattern, URLResolver, path

from generation import files, pages, reference_pages

app_name = "studio"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.home, name="home"),
    path("provider", pages.choose_provider, name="provider"),
    path("photos/", pages.find_subjects, name="subjects"),
    path("photos/upload", pages.upload, name="upload"),
    path("photos/<int:pk>/name", pages.rename, name="rename"),
    path("photos/<int:pk>/further", reference_pages.attach, name="subject-attach"),
    path("photos/further/<int:pk>/remove", reference_pages.remove, name="reference-remove"),
    path("photos/further/<int:pk>/restore", reference_pages.restore, name="reference-restore"),
    path("pictures/ask", pages.ask, name="ask"),
    path("pictures/older", pages.older, name="older"),
    path("pictures/news", pages.news, name="news"),
    path("pictures/<int:pk>/", pages.picture, name="picture"),
    path("pictures/<int:pk>/again", pages.again, name="again"),
    path("pictures/<int:pk>/cancel", pages.cancel, name="cancel"),
    path("pictures/<int:pk>/retry", pages.retry, name="retry"),
    path("files/subject/<int:pk>/<slug:kind>", files.subject_file, name="subject-file"),
    path("files/reference/<int:pk>/<slug:kind>", files.reference_file, name="reference-file"),
    path("files/output/<int:pk>/<slug:kind>", files.output_file, name="output-file"),
    path("files/scene/<int:pk>/<slug:kind>", files.scene_file, name="scene-file"),
]

"""The addresses of what a brand spends, below /b/<brand>/spend/."""

from django.urls import URLPattern, URLResolver, path

from generation import spending_pages

app_name = "spend"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", spending_pages.page, name="page"),
    path("limit", spending_pages.limit, name="limit"),
    path("table.csv", spending_pages.table, name="table"),
]

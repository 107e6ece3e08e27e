"""The addresses of what a brand spends, below /b/<brand>/spend/."""

from django.urls import URLPattern, URLResolver, path

from generation.spending_pages import limit, page, table

app_name = "spend"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", page, name="page"),
    path("limit", limit, name="limit"),
    path("table.csv", table, name="table"),
]

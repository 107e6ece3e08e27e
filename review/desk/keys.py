"""The keys of the desk: which do what, and each person's own."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

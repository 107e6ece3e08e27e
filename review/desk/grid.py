"""Many small pictures, judged at one stroke."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

"""What was decided on the pictures that somebody asked for."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

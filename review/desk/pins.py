"""Pins from the desk: put, changed, resolved, deleted."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

"""Asking for changes: the next picture, filled in from this one."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

"""Django's admin with brandkit's own door."""

from django.contrib.admin.apps import AdminConfig as OfDjango


class AdminConfig(OfDjango):
    default_site = "brandkit.accounts.site.AdminSite"

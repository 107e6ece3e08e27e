"""Django's admin with brandkit's own door."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.contrib.admin import autodiscover
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.admin.checks import check_admin_app, check_dependencies
from django.core import checks


class AdminConfig(SimpleAdminConfig):
    """Its pages are loaded with the addresses (`brandkit.urls`): a worker and the shell's commands need none,
    and start in half the time without."""

    default_site = "brandkit.accounts.site.AdminSite"

    def ready(self) -> None:
        checks.register(check_dependencies, checks.Tags.admin)
        checks.register(check_pages, checks.Tags.admin)


def check_pages(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[checks.CheckMessage]:
    """Django's own check, which looks only at what is loaded."""
    autodiscover()
    return check_admin_app(app_configs, **options)

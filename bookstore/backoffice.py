"""Installs the staff's admin site in the place of Django's default one."""

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin.apps import AdminConfig


class BackOfficeConfig(AdminConfig):
    """Django's admin, with the shop's site."""

    default_site = "bookstore.staff_site.BackOffice"

    def ready(self) -> None:
        """Have the pages of all apps found, where the role has visitors who may sign in."""
        if settings.ROLE.has_sessions:
            super().ready()
        else:
            AppConfig.ready(self)

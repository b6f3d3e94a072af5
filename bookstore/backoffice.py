"""Installs the staff's admin site in the place of Django's default one."""

from django.contrib.admin.apps import AdminConfig


class BackOfficeConfig(AdminConfig):
    """Django's admin, with the shop's site."""

    default_site = "bookstore.staff_site.BackOffice"

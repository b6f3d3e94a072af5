"""The staff's admin site: Django's own, under the shop's name."""

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _


class BackOffice(AdminSite):
    """Where booksellers keep the catalogue, the stock and the orders."""

    site_header = _("Back office")
    site_title = _("Back office")
    index_title = _("What would you like to do?")
    site_url = "/"


class BackOfficeConfig(AdminConfig):
    """Installs the back office in the place of Django's default admin site."""

    default_site = "bookstore.backoffice.BackOffice"

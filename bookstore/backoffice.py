"""Installs the staff's admin site in the place of Django's default one."""

from django.contrib.admin import ModelAdmin
from django.contrib.admin.apps import AdminConfig
from django.contrib.admin.options import InlineModelAdmin
from django.forms import ModelForm

# Their types name the model (`ModelAdmin[Work]`), which Django itself allows for querysets alone.
# Here, because Django loads this module before any app's forms and admins.
for _generic in (ModelAdmin, InlineModelAdmin, ModelForm):
    setattr(_generic, "__class_getitem__", classmethod(lambda cls, _model: cls))  # noqa: B010


class BackOfficeConfig(AdminConfig):
    """Django's admin, with the shop's site."""

    default_site = "bookstore.staff_site.BackOffice"

#!/usr/bin/env python
"""Runs the bookstore's commands; `manage.py help` lists them."""

import contextlib
import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from bookstore.roles import UnknownRole


def _stores() -> contextlib.AbstractContextManager[None]:
    try:
        from bookstore.embedded.commands import stores_for
    except ModuleNotFoundError:  # not in the image, which is always told where its stores are
        return contextlib.nullcontext()
    return stores_for(sys.argv)


def main() -> None:
    """Run the command on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstore.settings")
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(_stores())
            _ = settings.INSTALLED_APPS  # loads them
        except (ImproperlyConfigured, UnknownRole, RuntimeError, OSError, ValueError) as error:
            sys.exit(f"Error: {error}")
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()

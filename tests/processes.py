"""Runs a piece of the shop in a process of its own, which can be killed, on the test’s database."""

import os
import subprocess
import sys

from django.conf import settings
from django.db import connection

from bookstore.tests.shell import CHECKOUT, NOTHING

START = "import django; django.setup()\n"


def start_python(script: str, **variables: str) -> "subprocess.Popen[str]":
    """Start `script` with Django set up; its standard input and output are pipes."""
    name = connection.settings_dict["NAME"]
    environment = {
        **NOTHING,
        "DJANGO_SETTINGS_MODULE": "bookstore.settings",
        "SECRET_KEY": settings.SECRET_KEY,
        "REDIS_URL": settings.REDIS_URL,
        "DATABASE_URL": os.environ["DATABASE_URL"].replace("/bookstore?", f"/{name}?"),
        **variables,
    }
    return subprocess.Popen(
        [sys.executable, "-c", START + script],
        env=environment, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip

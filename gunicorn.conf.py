"""How gunicorn runs every role, in the image and under `manage.py serve`; it reads this by itself.

WEB_CONCURRENCY sets the number of processes, as gunicorn has it; PORT or --bind the address.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from bookstore.roles import ALL, ROLES

wsgi_app = "bookstore.wsgi"
bind = f"0.0.0.0:{os.environ.get('PORT') or 8000}"
worker_class = "bookstore.serving.draining.DrainingWorker"  # gthread, losing nothing at its end
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
# Why so many, and no more: Role.threads, and docs/performance.md.
threads = ROLES.get(os.environ.get("BOOKSTORE_ROLE") or "all", ALL).threads
timeout = 30
graceful_timeout = 32  # after SIGTERM: longer than nginx waits; who stops us must wait longer still
keepalive = 75  # longer than nginx and load balancers keep theirs, so that they close first
limit_request_line = 8190  # as nginx has it, so that what is too long gets a page of the shop
control_socket_disable = True
loglevel = "warning"
if Path("/dev/shm").is_dir():  # noqa: S108 - memory, so a busy disk stops no heartbeat
    worker_tmp_dir = "/dev/shm"  # noqa: S108


def on_starting(server: Any) -> None:
    """Say in one line what is missing, instead of a traceback from every worker."""
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.utils.log import configure_logging

    from bookstore.roles import UnknownRole

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookstore.settings")
    try:
        _ = settings.INSTALLED_APPS
    except (ImproperlyConfigured, UnknownRole, OSError, ValueError) as error:
        sys.exit(f"Error: {error}")
    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)  # for the master's own lines
    # Where the workers put together what they count. Before they import prometheus_client.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="bookstore-metrics-")


def on_exit(server: Any) -> None:
    """Leave nothing behind."""
    if folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        shutil.rmtree(folder, ignore_errors=True)


def post_worker_init(worker: Any) -> None:
    """Have a new process of the shop ready before it takes requests."""
    from django.apps import apps

    if apps.ready:  # another application, as benchmarks start them, may not have any
        from bookstore.serving.warmth import warm_up

        warm_up()

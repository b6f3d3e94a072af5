"""What a shop needs before it can open: tables, grants, static files, books and a member of staff.

Every step looks first whether there is something to do, so that a second start is quick.
"""

import contextlib
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor

from bookstore.secret_file import secret

STAFF_EMAIL = "carol@example.com"
LOCK = 7_305_001_417  # any number, the same for all who prepare


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait until nobody else prepares this shop: several instances may start at once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    try:
        yield
    finally:
        # PostgreSQL lets go of it by itself where the connection has died.
        with contextlib.suppress(DatabaseError, InterfaceError), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def has_migrations_to_run() -> bool:
    """Whether the tables are behind the code."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def migrate() -> None:
    """Bring the tables up to the code; says on stderr what it waits for."""
    call_command("migrate", verbosity=0, interactive=False)


def grant_reader() -> None:
    """Let the frontend's login read the catalogue, and only that."""
    _quietly("grant_reader")


def _static_fingerprint() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            found = Path(storage.path(name)).stat()
            digest.update(f"{name} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _collected() -> Path:
    return Path(settings.STATIC_ROOT) / ".collected"


def has_static_files_to_collect() -> bool:
    """Whether a static file has changed since the last collecting."""
    file = _collected()
    return not file.exists() or file.read_text() != _static_fingerprint()


def collect_static() -> None:
    """Put all static files, compressed and named by their content, into one place."""
    _quietly("collectstatic", interactive=False, clear=True)
    _collected().write_text(_static_fingerprint())


def has_no_books() -> bool:
    """Whether the catalogue is empty."""
    return not apps.get_model("catalog", "Work")._default_manager.exists()


def load_sample_data() -> None:
    """Fill the catalogue with the sample books."""
    _quietly("load_sample_data")


def _quietly(command: str, **options: bool) -> None:
    call_command(command, verbosity=0, stdout=io.StringIO(), stderr=io.StringIO(), **options)


def demo_staff_password(data_dir: Path) -> str | None:
    """The password of the demo member of staff, who is made in a shop that has no staff yet.

    None where it is another one by now.
    """
    file = data_dir / "demo_staff_password"
    people = get_user_model().objects
    if not file.exists() and not people.filter(is_staff=True).exists():
        carol = people.create_superuser(STAFF_EMAIL, secret(file, length=12), name="Carol")
        # Known to be hers, or the shop's own sign-in would ask her to confirm it by e-mail.
        addresses = apps.get_model("account", "EmailAddress")._default_manager
        addresses.create(user=carol, email=STAFF_EMAIL, verified=True, primary=True)
    if not file.exists():
        return None
    known = people.filter(email=STAFF_EMAIL, is_staff=True).first()
    password = secret(file, length=12)
    return password if known and known.check_password(password) else None

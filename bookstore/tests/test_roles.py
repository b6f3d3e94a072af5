"""Each role answers its own addresses, and has no more power than its row of the table says."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.urls import URLResolver, reverse
from pytest_django.plugin import DjangoDbBlocker

from bookstore import roles, urls
from bookstore.management.commands.grant_reader import catalogue_tables
from bookstore.roles import ROLES, SPLIT, Role, UnknownRole, get_role
from bookstore.tests.shell import CHECKOUT, run
from orders.models import Seller
from orders.models.seller import SHOWN

HTML, PROBLEM = "text/html", "application/problem+json"
VISIT = """
import json, sys
import django
django.setup()
from django.conf import settings
from django.test import Client
visits = {}
client = Client(raise_request_exception=False)
for path in sys.argv[1:]:
    response = client.get(path, headers={"host": "localhost"})
    cookies = sorted(response.cookies)
    visits[path] = {
        "status": response.status_code,
        "cookies": cookies,
        "retry": response.get("Retry-After"),
        "kind": response["Content-Type"].partition(";")[0],
    }
print(json.dumps({"visits": visits, "middleware": settings.MIDDLEWARE}))
"""
QUERY = """
import django
django.setup()
from catalog.models import Work
try:
    Work.objects.exists()
except Exception as error:
    print(type(error).__name__)
"""

LIMITS = """
import {}
from caching import store
from django.db import connection
names = ("statement_timeout", "lock_timeout", "pg_trgm.similarity_threshold")
with connection.cursor() as cursor:
    print(*(cursor.execute(f"SHOW {{name}}").fetchone()[0] for name in names), end=" ")
print(connection.get_connection_params()["tcp_user_timeout"], end=" ")
print(store.client().connection_pool.connection_kwargs["socket_timeout"], end=" ")
print(connection.pool.max_size if connection.pool else "no pool")
"""


@pytest.fixture(scope="module")
def reader_url(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> str:
    """A second connection's address: the reader, on the database of this process's tests."""
    with django_db_blocker.unblock():
        # Outside of any test's transaction, or the second connection would not see it.
        call_command("grant_reader", verbosity=0)
        database = str(connection.settings_dict["NAME"])
        connection.close()
    url: str = settings.DATABASE_READER_URL
    return url.replace("/bookstore?", f"/{database}?")


@pytest.fixture
def reader(reader_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(reader_url, autocommit=True) as second:
        yield second


def environment(role: str, **stores: str) -> dict[str, str]:
    return {
        "BOOKSTORE_ROLE": role,
        "DJANGO_SETTINGS_MODULE": "bookstore.settings",
        "BOOKSTORE_DATA_DIR": str(settings.DATA_DIR),
        "SECRET_KEY": settings.SECRET_KEY,
        "REDIS_URL": settings.REDIS_URL,
        "DEBUG": "on",  # so that static files need no collecting
        **stores,
    }


# --- The table ----------------------------------------------------------------------------------


def test_an_unknown_role_is_told_the_known_ones() -> None:
    with pytest.raises(UnknownRole, match=r"'frontent'.*Known roles: rds, redis, frontend, all"):
        get_role("frontent")


def test_an_unknown_role_does_not_start() -> None:
    outcome = run("manage.py", "check", environment={"BOOKSTORE_ROLE": "frontent"})
    assert outcome.returncode == 1
    assert outcome.stderr.startswith("Error: BOOKSTORE_ROLE is 'frontent'")
    assert len(outcome.stderr.splitlines()) == 1


@pytest.mark.parametrize("role", ROLES.values(), ids=lambda role: role.name)
def test_the_addresses_are_those_of_the_table(role: Role) -> None:
    patterns = urls.for_role(role)
    prefixes = [str(each.pattern) for each in patterns if isinstance(each, URLResolver)]
    assert prefixes == [route.prefix for route in role.routes]
    plain = [str(each.pattern) for each in patterns if not isinstance(each, URLResolver)]
    assert plain == ["health", "ready", *role.ready_paths]


def test_no_address_belongs_to_two_roles() -> None:
    prefixes = [route.prefix for role in SPLIT for route in role.routes]
    assert len(prefixes) == len(set(prefixes))
    assert [route.prefix for route in roles.ALL.routes] == prefixes


def test_nginx_sends_every_prefix_to_its_role() -> None:
    template = (CHECKOUT / "docker" / "nginx.conf.template").read_text()
    passed = re.findall(r"location (\S+ )?(\S+) \{\s+proxy_pass http://(\w+);", template)
    assert template.count("proxy_pass") == len(passed)
    prefixes = [(path[1:], role) for sign, path, role in passed if not sign]
    assert prefixes == [(route.prefix, role.name) for role in SPLIT for route in role.routes]
    # What is set apart within a role stays with it.
    apart = [(path, role) for sign, path, role in passed if sign]
    upload, visitor, files = apart
    assert upload == ("/admin/catalog/importrun/add/", "rds")
    assert reverse("admin:catalog_importrun_add") == upload[0]
    assert visitor == (reverse("live_visitor"), "redis")
    assert files == ("^/(static|media|covers)/", "frontend")
    assert [prefix for prefix, _role in prefixes if re.match(files[0], f"/{prefix}")] == []


# --- The running roles --------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "answered", "unknown"),
    [
        ("rds", ["/health", "/api/ready", "/basket/"], ["/", "/live/suggest?q=a", "/live/ready"]),
        ("redis", ["/health", "/live/ready", "/live/suggest?q=a"], ["/", "/basket/", "/api/ready"]),
        ("frontend", ["/health", "/ready", "/"], ["/basket/", "/live/suggest?q=a", "/admin/"]),
    ],
)
def test_a_role_answers_its_own_addresses_only(
    reader_url: str, role: str, answered: list[str], unknown: list[str]
) -> None:
    stores = {
        "rds": {"DATABASE_URL": reader_url.replace("bookstore_reader@", "bookstore@")},
        "redis": {},
        "frontend": {"DATABASE_READER_URL": reader_url},
    }[role]
    outcome = run("-c", VISIT, *answered, *unknown, environment=environment(role, **stores))
    assert outcome.returncode == 0, outcome.stderr
    seen = json.loads(outcome.stdout.splitlines()[-1])
    statuses = {path: visit["status"] for path, visit in seen["visits"].items()}
    assert statuses == dict.fromkeys(answered, 200) | dict.fromkeys(unknown, 404)
    if role != "rds":
        assert [path for path, visit in seen["visits"].items() if visit["cookies"]] == []
        assert [name for name in seen["middleware"] if "session" in name or "csrf" in name] == []


@pytest.mark.parametrize(
    ("role", "variable", "kinds"),
    [
        ("rds", "DATABASE_URL", {"/checkout/": HTML, "/api/v1/editions": PROBLEM}),
        ("frontend", "DATABASE_READER_URL", {"/": HTML, "/search/?q=emma": HTML}),
    ],
)
def test_without_postgresql_it_is_back_in_a_moment(
    tmp_path: Path, role: str, variable: str, kinds: dict[str, str]
) -> None:
    dead = {variable: "postgresql://nobody@127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1/0"}
    earnest = {"DEBUG": "off", "HTTPS_ONLY": "off", "BOOKSTORE_DATA_DIR": str(tmp_path)}
    known = {**environment(role, **dead), **earnest}
    assert run("manage.py", "collectstatic", "--no-input", environment=known).returncode == 0
    session = "client.cookies['visitor'] = 'x' * 32"
    visit = VISIT.replace("for path in", f"{session}\nfor path in")
    outcome = run("-c", visit, "/ready", *kinds, environment=known)
    assert outcome.returncode == 0, outcome.stderr
    visits = json.loads(outcome.stdout.splitlines()[-1])["visits"]
    assert visits.pop("/ready")["status"] == 503
    assert visits == {
        path: {"status": 503, "cookies": [], "retry": "10", "kind": kind}
        for path, kind in kinds.items()
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "limit", "redis", "most"), [("rds", "25s", "0.5", "8"), ("frontend", "5s", "0.1", "4")]
)
def test_no_page_waits_for_long(
    reader_url: str, role: str, limit: str, redis: str, most: str
) -> None:
    variable = "DATABASE_URL" if role == "rds" else "DATABASE_READER_URL"
    known = environment(role, **{variable: reader_url})
    outcome = run("-c", LIMITS.format("bookstore.wsgi"), environment=known)
    assert outcome.stdout == f"{limit} 10s 0.2 5000 {redis} {most}\n", outcome.stderr
    outcome = run("-c", LIMITS.format("bookstore.settings"), environment=known)
    assert outcome.stdout == "0 0 0.2 30000 2.0 no pool\n", outcome.stderr  # commands and jobs


def test_role_redis_cannot_ask_a_database() -> None:
    outcome = run("-c", QUERY, environment=environment("redis"))
    assert outcome.stdout == "ImproperlyConfigured\n"


# --- The reader ---------------------------------------------------------------------------------


@pytest.mark.parametrize("model", apps.get_models(include_auto_created=True), ids=str)
def test_the_reader_reads_the_catalogue_and_nothing_else(
    reader: psycopg.Connection, model: type
) -> None:
    table = model._meta.db_table  # type: ignore[attr-defined]
    question = "SELECT has_table_privilege(current_user, %s, %s)"
    granted = {
        right
        for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
        if reader.execute(question, [f'"{table}"', right]).fetchone() == (True,)
    }
    assert granted == ({"SELECT"} if table in catalogue_tables() else set())


def test_of_the_seller_the_reader_reads_what_everyone_may_know(reader: psycopg.Connection) -> None:
    question = "SELECT has_column_privilege(current_user, 'orders_seller', %s, 'SELECT')"
    columns = [field.column for field in Seller._meta.concrete_fields]
    readable = {each for each in columns if reader.execute(question, [each]).fetchone() == (True,)}
    assert readable == {
        "only", "legal_name", "address", "tax_number", "register_entry", "email", "phone",
    }  # fmt: skip
    statement, parameters = Seller.objects.only(*SHOWN)[:1].query.sql_with_params()
    assert reader.execute(statement, parameters).fetchall() == []


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT invoice_note FROM orders_seller",
        "SELECT FROM orders_order",
        "SELECT FROM accounts_user",
        "SELECT FROM django_session",
        "SELECT FROM procrastinate_jobs",
        "DELETE FROM catalog_work",
        "UPDATE catalog_stock SET on_hand = 1",
        "CREATE TABLE mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "SELECT FROM catalog_stockmovement",
        "SET ROLE bookstore",
    ],
)
def test_the_reader_is_refused(reader: psycopg.Connection, statement: str) -> None:
    reader.execute(
        "SET default_transaction_read_only = off"
    )  # the missing rights must do by themselves
    reader.execute("SELECT FROM catalog_work")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute(statement)


def test_the_reader_does_not_write_by_mistake(reader: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        reader.execute("SELECT lo_create(0)")


@pytest.mark.django_db
def test_granting_again_takes_back_what_was_granted_by_hand() -> None:
    def may_read_orders() -> object:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT has_table_privilege('bookstore_reader', 'orders_order', 'SELECT')"
            )
            return cursor.fetchone()[0]

    call_command("grant_reader", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("GRANT SELECT ON orders_order TO bookstore_reader")
    assert may_read_orders() is True
    call_command("grant_reader", verbosity=0)
    assert may_read_orders() is False

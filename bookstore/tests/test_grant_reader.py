"""The frontend's login, on a server that does ask for passwords."""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from bookstore import embedded
from bookstore.embedded.addresses import READER, SUPERUSER
from bookstore.tests.shell import run


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[embedded.Engines]:
    """Knows the owner by the socket, as ever, and lets the reader in by password alone."""
    with embedded.start(tmp_path_factory.mktemp("passwords"), durable=False) as running:
        addresses = running.addresses
        rules = addresses.data_dir / "postgresql" / "pg_hba.conf"
        rules.write_text(f"local all {READER} scram-sha-256\nlocal all all trust\n")
        with psycopg.connect(addresses.postgresql_url(SUPERUSER), autocommit=True) as superuser:
            superuser.execute("SELECT pg_reload_conf()")
        assert manage(addresses, "migrate", "--verbosity=0", password="") == ""
        yield addresses


def with_password(server: embedded.Engines, password: str) -> str:
    return server.reader_url.replace(f"{READER}@", f"{READER}:{password}@")


def environment(server: embedded.Engines, password: str) -> dict[str, str]:
    return {
        "DATABASE_URL": server.database_url,
        "DATABASE_READER_URL": with_password(server, password),
        "REDIS_URL": server.redis_url,
        "SECRET_KEY": "x" * 50,
        "BOOKSTORE_DATA_DIR": str(server.data_dir),
    }


def manage(server: embedded.Engines, *arguments: str, password: str) -> str:
    outcome = run("manage.py", *arguments, environment=environment(server, password))
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout


def opens(server: embedded.Engines, password: str) -> bool:
    try:
        with psycopg.connect(with_password(server, password)) as reader:
            return reader.execute("SELECT count(*) FROM catalog_work").fetchone() == (0,)
    except psycopg.OperationalError as error:
        if "password authentication failed" not in str(error):
            raise
        return False


def stored(server: embedded.Engines) -> str:
    with psycopg.connect(server.postgresql_url(SUPERUSER)) as superuser:
        query = "SELECT rolpassword FROM pg_authid WHERE rolname = %s"
        row = superuser.execute(query, [READER]).fetchone()
    assert row is not None
    return str(row[0])


def test_its_password_follows_the_settings(server: embedded.Engines) -> None:
    said = manage(server, "grant_reader", password="first")
    assert re.fullmatch(rf"{READER} reads \d+ tables of the catalogue\.\n", said)
    assert opens(server, "first")
    with psycopg.connect(with_password(server, "first")) as open_one:
        manage(server, "grant_reader", password="second%21")
        assert open_one.execute("SELECT 1").fetchone() == (1,)  # and goes on
    assert opens(server, "second%21")
    assert not opens(server, "first")
    digest = stored(server)
    assert digest.startswith("SCRAM-SHA-256$")
    manage(server, "grant_reader", password="second%21")
    assert stored(server) == digest  # what holds already is not written again


def read_only_by_itself(server: embedded.Engines, password: str) -> bool:
    with psycopg.connect(with_password(server, password)) as reader:
        return reader.execute("SHOW default_transaction_read_only").fetchone() == ("on",)


@pytest.mark.parametrize("others", ["SET statement_timeout = '1h'", "RESET statement_timeout"])
def test_another_shop_of_the_server_may_set_the_same_login_up(
    server: embedded.Engines, others: str
) -> None:
    """PostgreSQL refuses to change a row of its own that just changed, or to add one twice."""
    manage(server, "grant_reader", password="first")
    with (
        psycopg.connect(server.postgresql_url(SUPERUSER)) as another_shop,
        psycopg.connect(server.postgresql_url(SUPERUSER), autocommit=True) as superuser,
        ThreadPoolExecutor() as pool,
    ):
        superuser.execute(f"ALTER ROLE {READER} RESET ALL")
        superuser.execute(f"ALTER ROLE {READER} {others}")
        assert not read_only_by_itself(server, "first")
        another_shop.execute(f"ALTER ROLE {READER} SET default_transaction_read_only = on")
        said = pool.submit(manage, server, "grant_reader", password="first")
        wait_until_somebody_waits(superuser)
        another_shop.commit()
        assert said.result().startswith(f"{READER} reads ")
    assert read_only_by_itself(server, "first")


def wait_until_somebody_waits(superuser: psycopg.Connection) -> None:
    query = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    deadline = time.monotonic() + 60
    while not superuser.execute(query).rowcount:
        assert time.monotonic() < deadline, "nobody waits"
        time.sleep(0.05)


def test_a_login_of_somebody_else_is_left_alone(server: embedded.Engines) -> None:
    manage(server, "grant_reader", password="first")
    with psycopg.connect(server.postgresql_url(SUPERUSER), autocommit=True) as superuser:
        superuser.execute(f"DROP OWNED BY {READER}")
        superuser.execute(f"DROP ROLE {READER}")
        superuser.execute(f"CREATE ROLE {READER} LOGIN PASSWORD 'theirs'")
    before = stored(server)
    outcome = run("manage.py", "grant_reader", environment=environment(server, "ours"))
    assert outcome.returncode == 1
    assert f"is not {READER}'s, and cannot be made it: " in outcome.stderr
    assert "ours" not in outcome.stderr
    assert stored(server) == before

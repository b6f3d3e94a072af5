"""create-logins makes the shop's logins as a master who is no superuser, and tells no log."""

from collections.abc import Callable, Iterator

import pytest

from deploy.tests.engine import CHECKOUT, Container, docker, eventually, started

SCRIPT = CHECKOUT / "deploy" / "instance" / "create_logins.py"


@pytest.fixture
def postgres(official_images: dict[str, str]) -> Iterator[Container]:
    options = (
        "--env", "POSTGRES_PASSWORD=hush",
        "--health-cmd", "pg_isready --host=127.0.0.1", "--health-interval", "1s",
    )  # fmt: skip
    with started(official_images["postgres"], options=options) as container:
        container.wait_until_healthy()
        # What RDS gives: a master who makes logins and databases, and owns the first one.
        psql(container, "postgres", "CREATE ROLE master LOGIN CREATEROLE CREATEDB PASSWORD 'm'")
        psql(container, "postgres", "CREATE DATABASE bookstore OWNER master")
        psql(container, "postgres", "ALTER SYSTEM SET log_statement = 'all'")
        psql(container, "postgres", "SELECT pg_reload_conf()")
        eventually(lambda: psql(container, "postgres", "SHOW log_statement") == "all")
        yield container


def psql(postgres: Container, user: str, statement: str, password: str = "hush") -> str:
    database = "bookstore" if user != "postgres" else "postgres"
    address = f"postgresql://{user}:{password}@127.0.0.1/{database}"
    words = ("psql", address, "--no-psqlrc", "--tuples-only", "--no-align", "--command", statement)
    return postgres.run(*words).stdout.strip()


@pytest.fixture
def create_logins(postgres: Container, shop_image: str) -> Callable[[str], None]:
    """Run it as create-logins does, with this password of the owner's."""

    def run(password: str) -> None:
        told = {
            "PGHOST": "127.0.0.1", "PGDATABASE": "bookstore", "PGUSER": "master", "PGPASSWORD": "m",
            "DATABASE_PASSWORD": password, "READER_PASSWORD": "reader's",
        }  # fmt: skip
        variables = [word for pair in told.items() for word in ("--env", "=".join(pair))]
        docker(
            "run", "--rm", "--interactive", "--network", f"container:{postgres.id}", *variables,
            "--entrypoint", "python", shop_image, "-", words_in=SCRIPT.read_text(),
        )  # fmt: skip

    return run


def test_the_shop_owns_its_database_and_rules_nothing_else(
    postgres: Container, create_logins: Callable[[str], None]
) -> None:
    create_logins("first")

    psql(postgres, "bookstore", "CREATE TABLE book (); GRANT SELECT ON book TO bookstore_reader",
         "first")  # fmt: skip
    rights = psql(
        postgres, "bookstore",
        "SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = 'bookstore'",
        "first",
    )  # fmt: skip
    assert rights == "f|f|f"
    assert psql(postgres, "bookstore_reader", "SELECT count(*) FROM book", "reader%27s") == "0"
    read_only = psql(
        postgres, "bookstore_reader", "SHOW default_transaction_read_only", "reader%27s"
    )
    assert read_only == "on"


def test_once_more_it_renews_the_passwords(
    postgres: Container, create_logins: Callable[[str], None]
) -> None:
    create_logins("first")
    create_logins("second")

    assert psql(postgres, "bookstore", "SELECT 1", "second") == "1"
    # Docker writes down what PostgreSQL says a little after it was said.
    eventually(lambda: "SELECT 1" in postgres.said())
    log = postgres.said()
    assert log.count('ALTER ROLE "bookstore" PASSWORD \'SCRAM-SHA-256$') == 2
    assert "'first'" not in log
    assert "'second'" not in log

"""deploy/instance/create-logins.sql makes the shop's logins as a master who is no superuser."""

from collections.abc import Iterator

import pytest

from deploy.tests.engine import CHECKOUT, Container, docker, started

SQL = CHECKOUT / "deploy" / "instance" / "create-logins.sql"


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
        docker("cp", str(SQL), f"{container.id}:/tmp/create-logins.sql")
        yield container


def psql(postgres: Container, user: str, statement: str, password: str = "hush") -> str:
    database = "bookstore" if user != "postgres" else "postgres"
    address = f"postgresql://{user}:{password}@127.0.0.1/{database}"
    words = ("psql", address, "--no-psqlrc", "--tuples-only", "--no-align", "--command", statement)
    return postgres.run(*words).stdout.strip()


def create_logins(postgres: Container, password: str) -> None:
    variables = (f"DATABASE_PASSWORD={password}", "READER_PASSWORD=reader's")
    address = "postgresql://master:m@127.0.0.1/bookstore"
    options = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=/tmp/create-logins.sql")
    result = postgres.run("env", *variables, "psql", address, *options)
    assert result.returncode == 0, result.stderr


def test_the_shop_owns_its_database_and_rules_nothing_else(postgres: Container) -> None:
    create_logins(postgres, "first")

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


def test_once_more_it_renews_the_passwords(postgres: Container) -> None:
    create_logins(postgres, "first")
    create_logins(postgres, "second")

    assert psql(postgres, "bookstore", "SELECT 1", "second") == "1"

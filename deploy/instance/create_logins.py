"""Makes the shop's logins, as the database's master: who may make logins but is no superuser.

create-logins runs it in the shop's image, with psql's variables (PGHOST …). Passwords go to the
server as digests: statements may be written to logs.
"""

import os

import psycopg
from psycopg import sql

LOGINS = {"bookstore": "DATABASE_PASSWORD", "bookstore_reader": "READER_PASSWORD"}


def make(master: psycopg.Connection, login: str, password: str) -> None:
    """Make the login unless it is there, and give it the password."""
    name = sql.Identifier(login)
    if not master.execute("SELECT FROM pg_roles WHERE rolname = %s", [login]).rowcount:
        master.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
    digest = master.pgconn.encrypt_password(password.encode(), login.encode()).decode()
    master.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(digest)))


def main() -> None:
    """Both, and the database for the first: all of it or nothing."""
    with psycopg.connect() as master:
        for login, variable in LOGINS.items():
            make(master, login, os.environ[variable])
        master.execute("ALTER ROLE bookstore_reader SET default_transaction_read_only = on")
        # Giving the database away takes the right to become its new owner.
        master.execute("GRANT bookstore TO CURRENT_USER")
        give = sql.SQL("ALTER DATABASE {} OWNER TO bookstore")
        master.execute(give.format(sql.Identifier(master.info.dbname)))


if __name__ == "__main__":
    main()

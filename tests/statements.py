"""What SQL statements do, in few words, so that lists of them can be compared and read."""

import re
from collections.abc import Iterable, Mapping


def in_words(queries: Iterable[Mapping[str, str]]) -> list[str]:
    """What Django's captured queries do, one by one: to which table, or that they defer a job."""
    return [_in_words(query["sql"]) for query in queries]


def _in_words(sql: str) -> str:
    if "procrastinate_defer_jobs_v1" in sql:
        return "DEFER"
    verb = sql.split(maxsplit=1)[0]
    if verb == "WITH":
        *_before, table = re.findall(r"DELETE FROM (\w+)", sql)
        return f"DELETE {table}"
    if verb not in ("SELECT", "INSERT", "UPDATE", "DELETE"):
        return verb
    # Columns that are subqueries come before the table that is read.
    flat = sql
    while (without := re.sub(r"\([^()]*\)", "", flat)) != flat:
        flat = without
    target = re.search(r"(?:FROM|INTO|UPDATE) \"?(\w+)", flat)
    if target is None:
        together = re.findall(r"SELECT [*] FROM (\w+)", sql)
        return f"{verb} {' '.join(together)}"
    return f"{verb} {target[1]}{' FOR UPDATE' if 'FOR UPDATE' in sql else ''}"

"""What the documentation names exists: links, commands, files, services, variables."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands

from bookstore.roles import SPLIT
from bookstore.tests.shell import CHECKOUT

PAGES = sorted(
    [
        *(CHECKOUT / "docs").rglob("*.md"),
        *(CHECKOUT / each for each in ("README.md", "CONTRIBUTING.md")),
    ]
)
SKIPPED = {".git", ".venv", "var", "node_modules", "__pycache__", ".terraform"}
ON_AN_INSTANCE = "/opt/bookstore/"
MADE_LATER = re.compile(r"\.(env|venv|tfvars)\b|^var/|backend\.tf$")
"""What stands in no repository."""

FENCE = re.compile(r"^ *```.*?\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
WORD = re.compile(r"[^\s\"'`(),;|<>$={}\[\]*]+")
FILE_NAME = re.compile(r"[\w.-]*\w\.(py|yaml|yml|toml|md|tf|template|tftpl|svg|csv|sql|sh|json)")
VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
COMPOSE = re.compile(
    r"docker compose(?: -\S+(?: \S+)?)*? (logs|exec|run|restart|stop|start|kill)((?: \S+)+)"
)
ALARM = re.compile(r'^ +"?([a-z0-9-]+?)(-\$\{(?:role|node)\})?"? = \{\n +means ', re.MULTILINE)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@pytest.fixture(params=PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def page(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


def code_of(page: Path) -> list[str]:
    """Every line that stands there as code."""
    text = page.read_text()
    blocks = FENCE.findall(text)
    spans = SPAN.findall(FENCE.sub("", text))
    return [line for block in blocks for line in block.splitlines()] + spans


def matches(page: Path, pattern: str) -> set[str]:
    """What the pattern's group finds in the page's code."""
    return {found for line in code_of(page) for found in re.findall(pattern, line)}


@cache
def repository() -> dict[str, str]:
    """Every text file of the repository but the documentation, by its path."""
    found = {}
    for file in _files(CHECKOUT):
        if file.suffix not in (".md", ".png", ".mo", ".lock") and "requirements" not in file.name:
            found[str(file.relative_to(CHECKOUT))] = file.read_text(errors="replace")
    return found


def _files(folder: Path) -> Iterator[Path]:
    for each in folder.iterdir():
        if each.is_dir() and each.name not in SKIPPED and not each.name.endswith("_cache"):
            yield from _files(each)
        elif each.is_file():
            yield each


@cache
def services() -> set[str]:
    """The services of all Compose files."""
    files = CHECKOUT.glob("compose*.yaml")
    return {name for file in files for name in yaml.safe_load(file.read_text())["services"]}


def anchors(page: Path) -> set[str]:
    """The addresses of a page's headings, as GitHub makes them."""
    headings = HEADING.findall(FENCE.sub("", page.read_text()))
    return {re.sub(r"[^\w\- ]", "", each.lower()).strip().replace(" ", "-") for each in headings}


def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in LINK.findall(FENCE.sub("", page.read_text())):
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        linked = (page.parent / name).resolve() if name else page
        if not linked.exists() or (anchor and anchor not in anchors(linked)):
            broken.append(target)
    assert broken == []


def test_commands_of_manage_py_exist(page: Path) -> None:
    named = matches(page, r"manage\.py ([a-z_]+)")
    named |= matches(page, r"docker compose run (?:-\S+ )*(?:migrate|prepare) ([a-z_]+)")
    assert named - set(get_commands()) == set()


def test_targets_of_make_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    assert matches(page, r"(?:^|[\s(])make ([a-z]+)\b") - targets == set()


def test_files_exist(page: Path) -> None:
    top = {each.name for each in CHECKOUT.iterdir()}
    names = {Path(path).name for path in repository()} | {each.name for each in PAGES}
    missing = set()
    for line in code_of(page):
        for word in WORD.findall(line):
            path = word.removeprefix(ON_AN_INSTANCE).removeprefix("./").rstrip(".:/")
            is_placeholder = "…" in path or Path(path).stem.isupper()
            if is_placeholder or MADE_LATER.search(path) or path.startswith("/"):
                continue
            if "/" in path and path.split("/")[0] in top:
                exists = (CHECKOUT / path).exists()
            else:
                exists = not FILE_NAME.fullmatch(path) or path in names
            if not exists:
                missing.add(word)
    assert missing == set()


def test_what_terraform_is_asked_and_told_exists(page: Path) -> None:
    module = (CHECKOUT / "deploy" / "aws").glob("*.tf")
    source = "".join(each.read_text() for each in module)
    outputs = set(re.findall(r'^output "(\w+)"', source, re.MULTILINE))
    asked = matches(page, r"\bterraform (?:-chdir=\S+ )?output (?:-raw |-json )?([a-z_]+)")
    assert asked - outputs == set()
    variables = set(re.findall(r'^variable "(\w+)"', source, re.MULTILINE))
    told = matches(page, r"^([a-z_]+) += ") | matches(page, r" -var ([a-z_]+)=")
    in_the_module_itself = {"prevent_destroy"}
    assert told - variables - in_the_module_itself == set()


def test_services_of_compose_exist(page: Path) -> None:
    named: set[str] = set()
    for line in code_of(page):
        for _verb, rest in COMPOSE.findall(line):
            words = [word for word in rest.split() if not word.startswith("-") and "=" not in word]
            named.update(word for word in words[:1] if word[0].islower())
    assert named - services() == set()


def test_variables_are_read_by_something(page: Path) -> None:
    named = {name for line in code_of(page) for name in VARIABLE.findall(line)}
    assert {
        name for name in named if not any(name in text for text in repository().values())
    } == set()


def test_figures_for_prometheus_exist(page: Path) -> None:
    named = matches(page, r"\b(bookstore_[a-z_]+?)(?:_total|_bucket|_count|_sum)?\b")
    ours = ("bookstore/", "caching/")
    code = "".join(text for path, text in repository().items() if path.startswith(ours))
    words = set(re.findall(r"bookstore_(?:[a-z_]+|\{\w+\}\w*)", code))
    assert {each for each in named if not _is_written(each, words)} == set()


def _is_written(name: str, words: set[str]) -> bool:
    patterns = (re.sub(r"\{\w+\}", "[a-z]+", word) for word in words)
    return any(re.fullmatch(pattern, name) for pattern in patterns)


def test_every_alarm_is_explained() -> None:
    text = (CHECKOUT / "docs" / "operations.md").read_text()
    section = text.partition("\n## Alarms\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.+?) \|", section, re.MULTILINE)
    explained = [name for row in rows for name in SPAN.findall(row)]
    made = [
        f"{name}-{role.name}" if "role" in each else name
        for name, each in ALARM.findall((CHECKOUT / "deploy" / "aws" / "alarms.tf").read_text())
        for role in (SPLIT if "role" in each else SPLIT[:1])
    ]
    assert sorted(explained) == sorted(made)

"""The sizes and names that keep the code easy to read; docs/ says why."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
FOLDERS = (
    "accounts", "benchmarks", "bookstore", "caching", "catalog", "deploy", "docker", "orders",
    "scripts", "storefront", "tests",
)  # fmt: skip
LONGEST_FILE, LONGEST_FUNCTION, LONGEST_TEMPLATE = 400, 40, 120
SAY_NOTHING = {"utils", "helpers", "services", "selectors", "managers", "signals", "exceptions"}


def files(ending: str) -> list[Path]:
    return sorted(
        path
        for folder in FOLDERS
        for path in (CHECKOUT / folder).rglob(f"*.{ending}")
        if "migrations" not in path.parts and "__pycache__" not in path.parts
    )


def long_functions(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                yield f"{node.name} ({length} lines)"


def name(path: Path) -> str:
    return str(path.relative_to(CHECKOUT))


@pytest.mark.parametrize("path", files("py"), ids=name)
def test_python(path: Path) -> None:
    source = path.read_text()
    assert len(source.splitlines()) <= LONGEST_FILE
    assert list(long_functions(source)) == []
    assert path.stem not in SAY_NOTHING
    if source.strip():
        assert ast.get_docstring(ast.parse(source)), "say what the module owns"


@pytest.mark.parametrize("path", [*files("html"), *files("txt")], ids=name)
def test_template(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_TEMPLATE

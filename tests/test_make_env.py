"""`make env`: random secrets that it never changes, in a file for its owner alone."""

import re
import stat
from pathlib import Path

import pytest

from bookstore.settings import SCHEME
from scripts import make_env

COMPOSE = (Path(__file__).resolve().parent.parent / "compose.yaml").read_text()
SECRETS = ["SECRET_KEY", "DATABASE_PASSWORD", "READER_PASSWORD", "POSTGRES_PASSWORD"]


def values(text: str) -> dict[str, str]:
    return dict(re.findall(r"^([A-Z_]+)=(.*)$", text, flags=re.MULTILINE))


def test_every_secret_is_made() -> None:
    text, added = make_env.new_env("", COMPOSE)
    assert sorted(added) == sorted(SECRETS)
    made = values(text)
    assert sorted(made) == sorted(SECRETS)
    assert len(set(made.values())) == len(SECRETS)
    assert all(re.fullmatch("[0-9a-f]{64}", value) for value in made.values())
    assert values(make_env.new_env("", COMPOSE)[0]) != made


def test_what_is_set_stays() -> None:
    present = "# mine\nSECRET_KEY=chosen\nSHOP_NAME=The Corner\nDATABASE_PASSWORD=\n"
    text, added = make_env.new_env(present, COMPOSE)
    assert sorted(added) == sorted(set(SECRETS) - {"SECRET_KEY"})
    made = values(text)
    assert (made["SECRET_KEY"], made["SHOP_NAME"]) == ("chosen", "The Corner")
    assert made["DATABASE_PASSWORD"]
    assert text.startswith("# mine\nSECRET_KEY=chosen\n")
    assert text.count("DATABASE_PASSWORD=") == 1
    assert make_env.new_env(text, COMPOSE) == (text, [])


def test_what_can_be_set_is_listed() -> None:
    offered = make_env.offered(COMPOSE)
    assert offered["HTTP_PORT"] == "8080"
    assert offered["ALLOWED_HOSTS"] == "localhost,127.0.0.1,[::1]"
    assert offered["SHOP_URL"] == "http://localhost:${HTTP_PORT:-8080}"
    of_compose = {"HTTP_PORT", "WEB_CONCURRENCY", "REVISION", "COMPOSE_PROJECT_NAME"}
    assert offered.keys() - SCHEME.keys() == of_compose
    text, _added = make_env.new_env("", COMPOSE)
    assert "\n#SHOP_NAME=The Bookstore\n" in text


def test_the_file_is_its_owners_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    file = tmp_path / ".env"
    file.write_text("SECRET_KEY=chosen\n")
    file.chmod(0o644)
    mounted = tmp_path / "docker"
    mounted.mkdir(mode=0o700)
    (mounted / "nginx.conf.template").touch(mode=0o600)
    (mounted / "entrypoint").touch(mode=0o700)
    monkeypatch.setattr(make_env, "CHECKOUT", tmp_path)
    make_env.main()
    for readable, mode in (("", 0o755), ("nginx.conf.template", 0o644), ("entrypoint", 0o755)):
        assert stat.S_IMODE((mounted / readable).stat().st_mode) == mode
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert values(file.read_text())["SECRET_KEY"] == "chosen"
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".env.")] == []


def test_a_copy_of_the_example_is_not_taken_for_compose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = (make_env.CHECKOUT / ".env.example").read_text()
    (tmp_path / ".env").write_text(example)
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    monkeypatch.setattr(make_env, "CHECKOUT", tmp_path)
    with pytest.raises(SystemExit, match=r"made from \.env\.example"):
        make_env.main()
    assert (tmp_path / ".env").read_text() == example

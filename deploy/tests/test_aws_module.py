"""deploy/aws is well-formed, and plans what it should, without any AWS."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.tests.engine import CHECKOUT
from deploy.tests.terraform import MODULE, Terraform, why_not

NOT_TESTED = "NOT TESTED: "


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    if why := why_not():
        pytest.skip(f"{NOT_TESTED}the AWS module, because {why}")
    terraform = Terraform(tmp_path_factory.mktemp("terraform") / "aws")
    terraform.prepare()
    return terraform


def test_it_is_formatted(module: Terraform) -> None:
    result = module.run("fmt", "-check", "-recursive", "-diff", check=False)

    assert result.returncode == 0, result.stdout


def test_it_is_valid(module: Terraform) -> None:
    result = module.run("validate")

    assert "The configuration is valid" in result.stdout


def test_each_step_plans_what_it_should(module: Terraform) -> None:
    result = module.run("test")

    passed = re.search(r"(\d+) passed, 0 failed", result.stdout)
    assert passed
    assert int(passed[1]) >= 8


def test_what_is_unwise_has_its_reason() -> None:
    checkov = shutil.which(os.environ.get("CHECKOV", "checkov"))
    if not checkov:
        pytest.skip(
            f"{NOT_TESTED}checkov is not installed; it needs an environment of its own"
            " (python -m venv, pip install checkov), then CHECKOV=…/bin/checkov"
        )
    words = ["-d", str(MODULE), "--framework", "terraform", "--compact", "--quiet"]
    result = subprocess.run(
        [checkov, *words, "--skip-download"], capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stdout[-3000:]


def test_what_is_let_pass_has_its_reason_written_beside_it() -> None:
    skips = re.findall(
        r"checkov:skip=(.*)", "".join(file.read_text() for file in MODULE.glob("*.tf"))
    )

    assert len(skips) > 20
    assert all(re.fullmatch(r"CKV2?_AWS_\d+:\S.{5,}", skip) for skip in skips)


def rendered(**values: str) -> str:
    """user-data as Terraform's templatefile would fill it in."""
    text = (MODULE / "user-data.sh.tftpl").read_text()
    names = set(re.findall(r"(?<!\$)\$\{(\w+)\}", text))
    filled = re.sub(r"(?<!\$)\$\{(\w+)\}", lambda match: values.get(match[1], match[1]), text)
    assert values.keys() <= names
    return filled.replace("$${", "${")


def test_user_data_is_a_sound_script(tmp_path: Path) -> None:
    script = tmp_path / "user-data.sh"
    script.write_text(rendered(volume="vol-0123", http_port="80"))
    linter = CHECKOUT / ".venv" / "bin" / "shellcheck"
    if not linter.exists():
        pytest.skip(f"{NOT_TESTED}user-data, because shellcheck is not installed")

    result = subprocess.run([linter, script], capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout
    assert len(script.read_bytes()) < 16_384  # EC2 takes no more


def test_the_script_inside_user_data_is_sound(tmp_path: Path) -> None:
    inner = re.search(r"<<'SCRIPT'\n(.*?)\nSCRIPT\n", rendered(), flags=re.DOTALL)
    assert inner
    script = tmp_path / "bookstore-start"
    script.write_text(inner[1])
    linter = CHECKOUT / ".venv" / "bin" / "shellcheck"
    if not linter.exists():
        pytest.skip(f"{NOT_TESTED}user-data, because shellcheck is not installed")

    result = subprocess.run(
        [linter, "--exclude=SC1091", script], capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stdout

"""Terraform on this machine, and AWS on loopback."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.tests.engine import CHECKOUT, PATIENCE_SECONDS, eventually
from tests.shop import free_port

RUN_SECONDS = 900  # a step takes two minutes on a quiet machine
MODULE = CHECKOUT / "deploy" / "aws"
PROVIDER = "registry.terraform.io/hashicorp/aws"
PLACES = (
    "~/.terraform.d/plugins",
    "/usr/local/share/terraform/plugins",
    "/usr/share/terraform/plugins",
    "/opt/*",
)
"""Where providers stand besides TF_PLUGIN_DIR: Terraform's own places, and what was installed."""


def plugin_folder() -> Path | None:
    """The folder that holds the AWS provider."""
    if chosen := os.environ.get("TF_PLUGIN_DIR"):
        return Path(chosen)
    for place in PLACES:
        base = Path(place).expanduser()
        for folder in sorted(base.parent.glob(base.name)):
            if (folder / PROVIDER).is_dir():
                return folder
    return None


def is_required() -> bool:
    """Whether a test that cannot run is a failure, and the provider may come from its registry."""
    return os.environ.get("REQUIRE_TERRAFORM") == "1"


def why_not() -> str:
    """Why the module cannot be tested here; empty when it can."""
    if not shutil.which("terraform"):
        assert not is_required(), "REQUIRE_TERRAFORM is 1, and terraform is not installed"
        return "terraform is not installed"
    if not plugin_folder() and not is_required():
        return (
            f"its provider {PROVIDER} is in none of {', '.join(PLACES)}, nor in TF_PLUGIN_DIR;"
            " REQUIRE_TERRAFORM=1 takes it from the registry"
        )
    return ""


@dataclass
class Terraform:
    """A copy of the module in a folder of its own, ready to run."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def prepare(self) -> None:
        """Copy the module and find its provider."""
        shutil.copytree(
            MODULE, self.folder, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*")
        )
        folder = plugin_folder()
        source = [f"-plugin-dir={folder}"] if folder else []
        words = ("init", "-backend=false", "-input=false", *source)
        # The registry may be away for a moment.
        for pause_seconds in () if folder else (10, 30):
            if self.run(*words, check=False).returncode == 0:
                return
            time.sleep(pause_seconds)
        self.run(*words)

    def run(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run Terraform; what it says is in the error when it fails."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "TF_"))}
        result = subprocess.run(
            ["terraform", words[0], "-no-color", *words[1:]],
            cwd=self.folder,
            env={**inherited, "TF_CLI_CONFIG_FILE": os.devnull, **self.environment},
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
        )
        assert not check or result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
        return result

    def plan(self, variables: Mapping[str, object], *, refresh: bool = False) -> dict[str, Any]:
        """What Terraform would change; the plan itself stands in the file `plan`."""
        (self.folder / "test.auto.tfvars.json").write_text(json.dumps(variables))
        self.run("plan", "-input=false", "-out=plan", f"-refresh={str(refresh).lower()}")
        plan: dict[str, Any] = json.loads(self.run("show", "-json", "plan").stdout)
        return plan

    def apply(self) -> None:
        """Carry out the plan."""
        self.run("apply", "-input=false", "-parallelism=30", "plan")

    def outputs(self) -> dict[str, Any]:
        """The module's outputs."""
        answer = json.loads(self.run("output", "-json").stdout)
        return {name: output["value"] for name, output in answer.items()}


class Simulator:
    """moto's server: an AWS that remembers what it is told, and runs none of it."""

    def __init__(self, log: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What sends Terraform, boto3 and the command line there and nowhere else."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_MAX_ATTEMPTS": "5",
        }

    def start(self) -> None:
        """Start, and wait until it answers."""
        words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                words,
                stdout=log,
                stderr=log,
                env={**os.environ, "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"},
            )
        eventually(self._answers, otherwise="moto's server does not answer")

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self._log.read_text()
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{self.url}/moto-api/", timeout=PATIENCE_SECONDS).close()
            return True
        return False

    def stop(self) -> None:
        """End the process."""
        if self._process:
            self._process.terminate()
            self._process.wait(timeout=PATIENCE_SECONDS)

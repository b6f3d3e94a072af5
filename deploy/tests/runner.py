"""Runs the pipelines' scripts as GitHub's runner does, with AWS out of `aws_stub`."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
COMMIT, OTHER = "c" * 40, "d" * 40
REPOSITORY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/bookstore"
OLD, NEW = f"{REPOSITORY}@sha256:{'1' * 64}", f"{REPOSITORY}@sha256:{'2' * 64}"
PARAMETER = "/bookstore/staging/backend-image"


def scan(status: str, **counts: int) -> dict[str, Any]:
    """What ECR says of a scan, with one finding of each severity."""
    findings = [{"name": f"CVE-{name}", "severity": name} for name in counts]
    return {
        "imageScanStatus": {"status": status},
        "imageScanFindings": {"findingSeverityCounts": counts, "findings": findings},
    }


class Runner:
    """A folder with the stub's state, and a PATH on which it stands for `aws`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, line in [
            ("aws", f'exec "{sys.executable}" "{CHECKOUT}/deploy/tests/aws_stub.py" "$@"'),
            ("gh", f'echo "$@" >>"{folder}/gh"'),
            ("docker", f'[ "$1" != login ] || cat >/dev/null; echo "$@" >>"{folder}/docker"'),
            # deploy-role on an instance: writes down what it was told.
            ("well", f'echo "$@" >>"{folder}/done"'),
            ("broken", 'echo "deploy-role: not well within 120 s" >&2; exit 1'),
        ]:
            self.put(name, line)
        self.state: dict[str, Any] = {
            "images": {COMMIT: NEW.partition("@")[2]},
            "scans": [scan("COMPLETE", HIGH=1)],
            "parameters": {PARAMETER: ["none", OLD]},
            "instances": {"i-1": ["well", "i-1"], "i-2": ["well", "i-2"]},
            "commands": {},
        }

    def put(self, name: str, lines: str) -> None:
        """A program of this name, made of these lines of shell."""
        program = self.folder / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{lines}\n")
        program.chmod(0o755)

    def run(self, script: str, *arguments: str, **environment: str) -> tuple[int, str]:
        """Run a script of deploy/pipeline: its exit code, and what it said."""
        path = CHECKOUT / "deploy" / "pipeline" / script
        settings = {
            "ENVIRONMENT": "staging",
            "ECR_REPOSITORY": REPOSITORY,
            "DEPLOY_DOCUMENT": "bookstore-staging-deploy",
        }
        return self._call([path, *arguments], settings | environment)

    def run_as_typed(self, commands: str) -> tuple[int, str]:
        """What an operator's terminal does with these lines, until one fails."""
        return self._call(["bash", "-e", "-c", commands], {})

    def _call(
        self, command: Sequence[str | Path], environment: Mapping[str, str]
    ) -> tuple[int, str]:
        state = self.folder / "state.json"
        state.write_text(json.dumps(self.state))
        done = subprocess.run(
            command,
            cwd=CHECKOUT,
            env={
                "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
                "AWS_STUB": str(self.folder),
                "POLL_SECONDS": "0.1",
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=900,
        )
        self.state = json.loads(state.read_text())
        return done.returncode, done.stdout

    def lines(self, name: str) -> list[str]:
        """What a stand-in has written down."""
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []

    def calls(self, operation: str) -> list[list[str]]:
        """How AWS was asked for this."""
        calls = map(json.loads, self.lines("calls.jsonl"))
        return [call for call in calls if call[1] == operation]

    @property
    def deployed(self) -> str:
        """The backend's image that new instances start from."""
        return str(self.state["parameters"][PARAMETER][-1])

"""AWS as the pipelines see it: `aws SERVICE OPERATION …` upon a folder of files.

`AWS_STUB` names the folder. Its `state.json` holds images, scans, parameters and instances; a
command that Systems Manager is told to send is really run, one instance after the other, and
nothing after the first that fails. What was called stands in `calls.jsonl`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jmespath  # type: ignore[import-untyped]  # boto3's own, without types

Answer = dict[str, Any]
Options = dict[str, list[str]]

FOLDER = Path(os.environ["AWS_STUB"])
STATE = FOLDER / "state.json"


class AWSError(Exception):
    """What the command line says, with an exit code that is not 0."""


def parse(words: list[str]) -> Options:
    """`--name value value` as a name with its values."""
    options: Options = {}
    values: list[str] = []
    for word in words:
        if word.startswith("--"):
            values = options.setdefault(word.removeprefix("--"), [])
        else:
            values.append(word)
    return options


def get_parameter(state: Answer, options: Options) -> Answer:
    """The last value, or with NAME:NUMBER an earlier one; they are numbered from 1."""
    name, _, number = options["name"][0].partition(":")
    values = state["parameters"].get(name, [])
    version = int(number or len(values))
    if not 1 <= version <= len(values):
        raise AWSError("ParameterNotFound")
    return {"Parameter": {"Name": name, "Value": values[version - 1], "Version": version}}


def put_parameter(state: Answer, options: Options) -> Answer:
    """Add a value; the ones before stay readable by their numbers."""
    values = state["parameters"].setdefault(options["name"][0], [])
    values.append(options["value"][0])
    return {"Version": len(values)}


def describe_images(state: Answer, options: Options) -> Answer:
    """The image of a tag."""
    tag = options["image-ids"][0].removeprefix("imageTag=")
    if tag not in state["images"]:
        raise AWSError("ImageNotFoundException")
    return {"imageDetails": [{"imageDigest": state["images"][tag]}]}


def describe_image_scan_findings(state: Answer, options: Options) -> Answer:
    """What the state's list says next; its last answer stays."""
    answers = state["scans"]
    answer: Answer | None = answers.pop(0) if len(answers) > 1 else answers[0]
    if answer is None:
        raise AWSError("ScanNotFoundException")
    return answer


def send_command(state: Answer, options: Options) -> Answer:
    """Run the document's command on each instance until one fails."""
    role, image = options["parameters"][0].removeprefix("Role=").split(",Image=")
    chosen = options.get("instance-ids") or list(state["instances"])
    assert options["max-concurrency"] == ["1"]
    assert options["max-errors"] == ["0"]
    invocations: list[Answer] = []
    for instance in chosen:
        command = [*state["instances"][instance], role, image]
        if command[0] == "hang":
            status, output = "InProgress", ""
        else:
            done = subprocess.run(
                command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
            )
            status, output = ("Failed" if done.returncode else "Success"), done.stdout
        plugin = {"Name": "deploy", "Output": output}
        invocations.append({"InstanceId": instance, "Status": status, "CommandPlugins": [plugin]})
        if status != "Success":
            break
    last = invocations[-1]["Status"] if invocations else "Success"
    command_id = f"command-{len(state['commands']) + 1}"
    state["commands"][command_id] = {
        "Status": last,
        "TargetCount": len(chosen),
        "CompletedCount": len(invocations) - (last == "InProgress"),
        "CommandInvocations": invocations,
    }
    return {"Command": {"CommandId": command_id}}


def list_commands(state: Answer, options: Options) -> Answer:
    """How far a command is."""
    return {"Commands": [state["commands"][options["command-id"][0]]]}


def list_command_invocations(state: Answer, options: Options) -> Answer:
    """What each instance said."""
    command: Answer = state["commands"][options["command-id"][0]]
    return {"CommandInvocations": command["CommandInvocations"]}


def cancel_command(state: Answer, options: Options) -> Answer:
    """Begin no further instance."""
    state["commands"][options["command-id"][0]]["Status"] = "Cancelled"
    return {}


def get_login_password(state: Answer, options: Options) -> str:
    """A word that no registry asks for."""
    return "not-a-password"


def main() -> None:
    """Answer one call."""
    service, operation, *words = sys.argv[1:]
    with (FOLDER / "calls.jsonl").open("a") as calls:
        calls.write(json.dumps([service, operation, *words]) + "\n")
    state: Answer = json.loads(STATE.read_text())
    options = parse(words)
    try:
        answer = globals()[operation.replace("-", "_")](state, options)
    except AWSError as error:
        sys.exit(f"An error occurred ({error}) when calling {operation}")
    finally:
        STATE.write_text(json.dumps(state))
    if "query" in options:
        answer = jmespath.search(options["query"][0], answer)
    print(answer if isinstance(answer, str | int) else json.dumps(answer))


if __name__ == "__main__":
    main()

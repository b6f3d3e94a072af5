"""Many processes that want one answer: one of them computes it."""

import subprocess
from pathlib import Path

from caching import store
from caching.tests.test_store import ANSWER
from tests.processes import start_python

PROCESSES, THREADS = 2, 8
SCRIPT = """
import os, sys, threading, time
from caching import question, store
from caching.tests.test_store import ANSWER

question.LOCK_SECONDS, question.WAIT_SECONDS = 120, 60  # longer than a busy machine takes

def compute():
    with open(os.environ["RUNS"], "a") as runs:
        runs.write("computed\\n")
    time.sleep(0.4)
    return b"answer"

def ask():
    answers.append(store.remember(ANSWER, compute, name="for all"))

store.client().ping()
print("ready", flush=True)
sys.stdin.readline()
answers = []
threads = [threading.Thread(target=ask) for _ in range(int(os.environ["THREADS"]))]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(*sorted({answer.decode() for answer in answers}), len(answers), flush=True)
"""


def test_one_process_computes_for_all(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    variables = {"RUNS": str(runs), "THREADS": str(THREADS)}
    processes = [start_python(SCRIPT, **variables) for _process in range(PROCESSES)]
    try:
        for process in processes:
            assert _said(process) == "ready"
        for process in processes:
            _start(process)
        assert [_said(process) for process in processes] == [f"answer {THREADS}"] * PROCESSES
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    assert runs.read_text() == "computed\n"
    assert store.remember(ANSWER, lambda: b"another", name="for all") == b"answer"


def _said(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def _start(process: "subprocess.Popen[str]") -> None:
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()

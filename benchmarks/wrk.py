"""A closed loop of `wrk`: GETs over and over, by a client that costs next to nothing."""

import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.load import Outcome
from benchmarks.running import HOST

# wrk's own report leaves out the 95th percentile, and would ask for one address alone.
SCRIPT = """
local paths = {%s}
local asked, turn = {}, 0
function init(arguments)
  for place, path in ipairs(paths) do asked[place] = wrk.format("GET", path) end
end
function request()
  turn = turn %% #asked + 1
  return asked[turn]
end
function done(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("MEASURED %%d %%d %%d %%.3f %%.3f %%.3f\\n",
    summary.requests, summary.duration, failed, latency:percentile(50) / 1000,
    latency:percentile(95) / 1000, latency:percentile(99) / 1000))
end
"""
# Each client waits before each request: at random, so that they do not come together.
PAUSE = """
function delay()
  return math.random(%d, %d)
end
"""
MEASURED = re.compile(r"^MEASURED (\d+) (\d+) (\d+) ([\d.]+) ([\d.]+) ([\d.]+)$", re.MULTILINE)
LONGEST_ANSWER_SECONDS = 30


def loop(
    port: int,
    paths: Sequence[str],
    *,
    clients: int,
    seconds: int,
    headers: Mapping[str, str] | None = None,
    pause_ms: float = 0,
) -> Outcome:
    """Ask for the addresses in turn, with so many connections, for so long.

    With a pause, each connection waits that long on average before it asks again.
    """
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "loop.lua"
        pause = PAUSE % (round(pause_ms / 2), round(pause_ms * 3 / 2)) if pause_ms else ""
        script.write_text(SCRIPT % ", ".join(f'"{path}"' for path in paths) + pause)
        command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "-s", str(script)]
        command += ["--timeout", f"{LONGEST_ANSWER_SECONDS}s"]
        for name, value in (headers or {}).items():
            command += ["-H", f"{name}: {value}"]
        command.append(f"http://{HOST}:{port}")
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return read(said)


def read(said: str) -> Outcome:
    """What the script above has written at its end; raises ValueError where there is nothing."""
    found = MEASURED.search(said)
    if found is None:
        raise ValueError(f"wrk has measured nothing: {said}")
    answers, microseconds, failures = (int(text) for text in found.groups()[:3])
    p50, p95, p99 = (float(text) for text in found.groups()[3:])
    rate = 1_000_000 * answers / microseconds
    return Outcome(answers, rate, p50, p95, p99, failures)

"""Kill a demo with SIGKILL at random moments, resume it each time, and hold the ledger against the run folders.

python bench/kill_demo.py [--kills 20] [--runs 12] [--seed 1]

Prints: runs started, runs recorded, runs lost, recorded twice, and whether reading and ticking again changes the fold.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from setpoint.core.history import RunRecorded, fold
from setpoint.core.rollout import follow
from setpoint.demo.story import PROJECT
from setpoint.settings import load_settings
from setpoint.wiring import build_loop

WAIT_SECONDS = (1.0, 9.0)


def demo(home: Path, runs: int, *, resume: bool) -> subprocess.Popen[bytes]:
    words = [
        sys.executable,
        "-c",
        "from setpoint.cli.app import main; main()",
        "demo",
        "--runs",
        str(runs),
        "--no-serve",
    ]
    environment = {**os.environ, "SETPOINT_HOME": str(home)}
    with (home / "demo.out").open("ab") as out:
        return subprocess.Popen([*words, *(["--resume"] if resume else [])], env=environment, stdout=out, stderr=out)


def kill_at_random(home: Path, kills: int, runs: int, chance: random.Random) -> int:
    killed = 0
    while killed < kills:
        process = demo(home, runs, resume=(home / "demo" / "ledger.db").exists())
        time.sleep(chance.uniform(*WAIT_SECONDS))
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGKILL)
        process.wait()
        killed += 1
    return killed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--runs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="setpoint-kill-"))
    process = demo(home, 6, resume=False)
    while not (home / "demo" / "input" / "made_by").exists() and process.poll() is None:
        time.sleep(1)  # the input is made once and is no part of what is measured
    process.kill()
    process.wait()
    killed = kill_at_random(home, asked.kills, asked.runs, random.Random(asked.seed))
    code = demo(home, asked.runs, resume=True).wait()
    settings = msgspec.structs.replace(load_settings({"HOME": str(home)}), home=home / "demo")
    loop = build_loop(settings)
    entries = loop.ledger.read(PROJECT)
    started = {path.parent.name for path in (home / "demo" / "projects" / PROJECT / "runs").glob("*/started.json")}
    recorded = [entry.run.id for entry in entries if isinstance(entry, RunRecorded)]
    loop.tick(PROJECT)
    again = loop.ledger.read(PROJECT)
    print(f"kills {killed}, exit code of the last resume {code}")
    print(f"runs started {len(started)}, recorded {len(recorded)}")
    print(f"lost {len(started - set(recorded))}, recorded twice {len(recorded) - len(set(recorded))}")
    print(
        f"same fold after reading and ticking again: {(fold(entries), follow(entries)) == (fold(again), follow(again))}"
    )
    print(f"outcomes: {sorted(str(e.run.outcome) for e in entries if isinstance(e, RunRecorded))}")


if __name__ == "__main__":
    main()

"""Kill workers with SIGKILL at random moments while they work on submissions, and hold the ledger against them.

    python bench/kill_workers.py [--database sqlite|postgresql] [--submissions 1000] [--workers 4] [--kills 20]

Submissions of simulated runs, each with its log, are brought to `setpoint serve` as clients bring them; then workers
of their own start. Each is killed so many times and started again at once. Prints what became of the submissions, and
of the runs in the ledger. Exit code 1 where one is lost, recorded twice, or not done.
"""

import argparse
import json
import os
import platform
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

from serving.postgresql import postgresql
from serving.server import Served, environment, serving

from setpoint.core.history import Entry, RunRecorded
from setpoint.ledger import open_ledger
from setpoint.prices.embedded import embedded_book
from setpoint.store import Store, open_store
from setpoint.testing.pushed_plant import PushedPlant, RentedPhysics

HISTORY = Path(__file__).with_name("history") / "kill_workers.jsonl"
RUNS_OF_EACH = 10
PLANTS = 4
WAIT_SECONDS = (0.1, 5.0)
"""From when it works: one that is killed while it starts shows nothing."""
READY = b"Working"
LONGEST_SECONDS = 3_600.0
PRODUCT = "aws-databricks"
JOB = {
    "spark_version": "14.3.x-scala2.12",
    "node_type_id": "m5.2xlarge",
    "driver_node_type_id": "m5.xlarge",
    "num_workers": 8,
    "aws_attributes": {"availability": "ON_DEMAND", "zone_id": "us-east-1c"},
}
Run = tuple[Mapping[str, object], bytes]


def simulated(number: int) -> list[Run]:
    """Reports and logs of the runs of one project."""
    physics = RentedPhysics(cpu_seconds=20_000.0 + 5_000.0 * number, waiting_seconds=2_000.0, tasks=40)
    plant = PushedPlant("nightly", JOB, PRODUCT, embedded_book("aws", "us-east-1"), physics, fetches=False)
    found = []
    for _ in range(RUNS_OF_EACH):
        run_id = plant.run()
        found.append((plant.report(), b"".join(p for part in plant.pushes.event_log("nightly", run_id) for p in part)))
    return found


class Submitter:
    """A client of the service."""

    def __init__(self, served: Served, variables: Mapping[str, str]) -> None:
        made = [sys.executable, "-m", "setpoint", "keys", "create", "bench", "--role", "operator", "--json"]
        key = json.loads(subprocess.run(made, check=True, capture_output=True, env=dict(variables)).stdout)
        import httpx2

        self._client = httpx2.Client(base_url=f"http://{served.host}:{served.port}", timeout=60)
        said = {name: key[name] for name in ("api_key_id", "api_key_secret")}
        token = self._result("POST", "/v1/auth/token", json=said)["access_token"]
        self._client.headers["Authorization"] = f"Bearer {token}"

    def project(self, number: int) -> str:
        body = {"name": f"pipeline {number:04d}", "product_code": PRODUCT}
        return str(self._result("POST", "/v1/projects", json=body)["id"])

    def submit(self, project: str, run: Run) -> str:
        report, log = run
        body = {"product_code": PRODUCT, "cluster_report": report}
        begun = self._result("POST", f"/v1/projects/{project}/submissions", json=body)
        details = begun["upload_details"]
        self._client.post(details["url"], data=details["fields"], files={"file": ("log", log)}).raise_for_status()
        return str(begun["submission_id"])

    def _result(self, method: str, path: str, **how: object) -> Any:  # noqa: ANN401 - JSON
        answer = self._client.request(method, path, **how)
        answer.raise_for_status()
        return answer.json()["result"]


class Mortal(Thread):
    """One place for a worker: it is killed so many times, and another one starts at once."""

    def __init__(self, variables: Mapping[str, str], kills: int, seed: int, log: Path) -> None:
        super().__init__(daemon=True)
        self._variables, self._kills, self._chance, self._log = dict(variables), kills, random.Random(seed), log
        self.killed = 0
        self.worker = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        with self._log.open("wb") as log:
            return subprocess.Popen([sys.executable, "-m", "setpoint", "worker"], env=self._variables, stderr=log)

    def run(self) -> None:
        for _ in range(self._kills):
            while READY not in self._log.read_bytes() and self.worker.poll() is None:
                time.sleep(0.05)
            time.sleep(self._chance.uniform(*WAIT_SECONDS))
            self.worker.send_signal(signal.SIGKILL)
            self.worker.wait()
            self.killed += 1
            self.worker = self._start()

    def stop(self) -> None:
        self.worker.terminate()
        self.worker.wait()


def brought(served: Served, variables: Mapping[str, str], submissions: int) -> dict[str, list[str]]:
    """Bring all of them; ids of the submissions of each project."""
    client, plants = Submitter(served, variables), [simulated(number) for number in range(PLANTS)]
    found: dict[str, list[str]] = {}
    for number in range(0, submissions, RUNS_OF_EACH):
        project = client.project(number // RUNS_OF_EACH)
        runs = plants[(number // RUNS_OF_EACH) % PLANTS]
        found[project] = [client.submit(project, run) for run in runs[: submissions - number]]
    return found


def waited(url: str, mortals: list[Mortal]) -> dict[str, int]:
    """Wait until all was done and all were killed; how many tasks there are of each state."""
    store, begun, told = open_store(url), time.monotonic(), 0.0
    while True:
        counted, now = store.tasks.counted(), time.monotonic() - begun
        over = not counted.get("waiting") and not counted.get("leased") and all(not it.is_alive() for it in mortals)
        if over or now > LONGEST_SECONDS:
            store.close()
            return counted
        if now - told > 20:
            told = now
            print(f"{now:5.0f} s: {counted}, killed {[it.killed for it in mortals]}", flush=True)
        time.sleep(0.5)


def held(url: str, brought_in: Mapping[str, list[str]]) -> dict[str, Any]:
    """The submissions against the ledger."""
    store, ledger = open_store(url), open_ledger(url)
    account = store.accounts.list()[0].id
    states: Counter[str] = Counter()
    lost = twice = foreign = missing = 0
    for project, wanted in brought_in.items():
        rows = {row.id: row for row in store.submissions.list(account, project)}
        states.update(row.state for row in rows.values())
        missing += len(set(wanted) - set(rows))
        row = store.projects.get(account, project)
        recorded = Counter(_recorded(ledger.read(row.stream))) if row else Counter()
        runs = Counter(each.run_id for each in rows.values() if each.run_id)
        lost += sum(not recorded[run] for run in runs) + sum(each.run_id is None for each in rows.values())
        twice += sum(count - 1 for count in (*recorded.values(), *runs.values()))
        foreign += sum(run not in runs for run in recorded)
    store.close()
    return {"states": dict(states), "missing": missing, "lost": lost, "twice": twice, "not_ours": foreign}


def _recorded(entries: Iterable[Entry]) -> Iterator[str]:
    return (entry.run.id for entry in entries if isinstance(entry, RunRecorded))


def measure(asked: argparse.Namespace, url: str, home: Path) -> dict[str, Any]:
    variables = environment(home, url)
    with serving(variables) as served:
        begun = time.monotonic()
        submitted = brought(served, variables, asked.submissions)
        print(f"brought {sum(map(len, submitted.values()))} in {time.monotonic() - begun:.0f} s", flush=True)
        begun = time.monotonic()
        mortals = [
            Mortal(variables, asked.kills, asked.seed + place, home / f"log{place}") for place in range(asked.workers)
        ]
        for each in mortals:
            each.start()
        tasks = waited(url, mortals)
        seconds = time.monotonic() - begun
        for each in mortals:
            each.stop()
    found = held(url, submitted)
    store = open_store(url)
    attempts = Counter(task.attempts for page in range(100) for task in store.tasks.list(_first(store), page=page))
    store.close()
    killed = sum(each.killed for each in mortals)
    return {"seconds": round(seconds, 1), "killed": killed, "tasks": tasks, "attempts": dict(attempts), **found}


def _first(store: Store) -> str:
    return str(store.accounts.list()[0].id)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="postgresql")
    parser.add_argument("--submissions", type=int, default=1_000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--forget", action="store_true", help="append nothing to the history")
    asked = parser.parse_args()
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (home / "s.toml").touch()
        sqlite = f"sqlite:///{home / 'service.db'}"
        url = stack.enter_context(postgresql()) if asked.database == "postgresql" else sqlite
        subprocess.run([sys.executable, "-m", "setpoint", "keys", "list"], check=True, env=environment(home, url))
        result = measure(asked, url, home)
    said = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
    }
    row = said | {name: getattr(asked, name) for name in ("database", "submissions", "workers", "kills")} | result
    print(json.dumps(row, indent=2))
    if not asked.forget:
        with HISTORY.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
    failed = any(result[name] for name in ("missing", "lost", "twice", "not_ours"))
    return int(failed or result["states"] != {"SUCCESS": asked.submissions})


if __name__ == "__main__":
    sys.exit(main())

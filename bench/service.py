"""How fast the service answers with many projects, as a process of its own, and what memory it takes.

    python bench/service.py [--database sqlite|postgresql] [--projects 2000]      exit code 1 if a bar is missed

A visit is what a page of one project asks for: the project, its runs, decisions, goal, savings and the last decision
explained. All projects are visited once in a random order, which is the first touch of each; then at random, as fast
as answers come, and at a fixed rate. After that the listings and the pages, and once more with 10,000 projects.
One JSON line per run is appended to bench/history/service.jsonl.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid5

from serving.calls import Call, Taken, ask
from serving.made import NAMES, lived, make
from serving.postgresql import postgresql
from serving.server import Served, environment, serving

from setpoint.store import open_store

HISTORY = Path(__file__).with_name("history") / "service.jsonl"
LEAST_READS_PER_SECOND, MOST_P95_MILLISECONDS, MOST_LISTING_MILLISECONDS = 300.0, 50.0, 200.0
ROUTES = ("", "/runs", "/decisions", "/goal", "/savings", "/explain")
MANY = 10_000
SIMULATED = 8
FEW_ENTRIES = 12
PAGES = ("/", "/savings", "/calibration", "/api/projects")


def visit(number: int) -> Sequence[Call]:
    project = f"/v1/projects/{uuid5(NAMES, str(number))}"
    return [Call(route or "/", project + route) for route in ROUTES]


def at_random(projects: int, reads: int, seed: int) -> Iterator[Sequence[Call]]:
    chance = random.Random(seed)
    return (visit(chance.randrange(projects)) for _ in range(reads // len(ROUTES)))


class Reading:
    """Somebody with a key, in front of a server."""

    def __init__(self, served: Served, variables: Mapping[str, str], clients: int) -> None:
        self.served, self._clients = served, clients
        made = [sys.executable, "-m", "setpoint", "keys", "create", "bench", "--role", "admin", "--json"]
        key = json.loads(subprocess.run(made, check=True, capture_output=True, env=dict(variables)).stdout)
        asked = Request(
            f"http://{served.host}:{served.port}/v1/auth/token",
            json.dumps({name: key[name] for name in ("api_key_id", "api_key_secret")}).encode(),
            {"Content-Type": "application/json"},
        )
        with urlopen(asked) as answer:  # noqa: S310 - of our own server
            self.token = json.load(answer)["result"]["access_token"]

    def ask(self, visits: Iterator[Sequence[Call]], rate: float | None = None, clients: int | None = None) -> Taken:
        place = (self.served.host, self.served.port)
        headers = f"Authorization: Bearer {self.token}\r\nCookie: setpoint_session={self.token}\r\n"
        return asyncio.run(ask(place, headers, visits, clients or self._clients, rate))

    def measured(self, visits: Iterator[Sequence[Call]], rate: float | None = None) -> dict[str, Any]:
        before = self.served.cpu_seconds()
        row = self.ask(visits, rate).row()
        spent = (self.served.cpu_seconds() - before) / row["reads"] * 1000
        return {**row, "cpu_ms_per_read": round(spent, 2), **self.served.megabytes()}

    def listing(self) -> dict[str, Any]:
        """All pages of the list of projects, as clients of the API fetch them."""
        seconds, page, found = [], 0, 1_000
        while found == 1_000:
            begun = time.perf_counter()
            self.ask(iter([[Call("list", f"/v1/projects?page={page}&per_page=1000")]]), clients=1)
            seconds.append(time.perf_counter() - begun)
            page += 1
            found = 1_000 if page < MANY // 1_000 else 0
        return {
            "pages": page,
            "longest_page_ms": round(max(seconds) * 1000, 1),
            "all_ms": round(sum(seconds) * 1000, 1),
        }

    def pages(self, project: str) -> dict[str, Any]:
        """Pages for people: the first time, and once more."""
        shown = {}
        for path in (*PAGES, f"/projects/{project}"):
            taken = [self.ask(iter([[Call(path, path)]]), clients=1) for _ in range(3)]
            shown[path] = [round(each.seconds[path][0] * 1000, 1) for each in (taken[0], taken[-1])]
            shown[path] += [round(taken[0].bytes / 1000)] + (["refused"] if taken[0].errors else [])
        return shown


def report(name: str, row: Mapping[str, Any]) -> None:
    print(f"--- {name}")
    for key, value in row.items():
        if isinstance(value, dict):
            for inner, found in value.items():
                print(f"    {inner:<24} {found}")
        else:
            print(f"  {key:<18} {value}")
    sys.stdout.flush()


def measure(asked: argparse.Namespace, url: str, home: Path) -> dict[str, Any]:
    store = open_store(url)
    account = store.accounts.list()[0].id
    store.close()
    begun = time.perf_counter()
    made = None
    histories = [lived(number, asked.runs) for number in range(SIMULATED)]
    made = make(url, account, asked.projects, histories)
    result: dict[str, Any] = {"entries": made.entries, "mb": round(made.bytes / 1e6)}
    print(f"made in {time.perf_counter() - begun:.0f} s: {made}", flush=True)
    variables = environment(home, url)
    with serving(variables) as served:
        reading = Reading(served, variables, asked.clients)
        order = random.Random(1).sample(range(asked.projects), asked.projects)
        result["first"] = reading.measured(iter([visit(number) for number in order]))
        report("first touch of every project", result["first"])
        result["steady"] = reading.measured(at_random(asked.projects, asked.reads, 2))
        report("steady, as fast as it goes", result["steady"])
        result["paced"] = reading.measured(at_random(asked.projects, asked.reads, 3), LEAST_READS_PER_SECOND)
        report(f"steady, {LEAST_READS_PER_SECOND:.0f} calls a second", result["paced"])
    if asked.reads_only:
        return result
    with serving(variables) as served:
        result["pages"] = Reading(served, variables, 1).pages("pipeline%2000007")
        report(f"pages with {asked.projects} projects: first ms, then ms, kB", result["pages"])
    few = [rows[:FEW_ENTRIES] for rows in histories]
    make(url, account, MANY - asked.projects, few, first=asked.projects)
    with serving(variables) as served:
        reading = Reading(served, variables, 1)
        reading.listing()
        result["listing"] = reading.listing()
        report(f"listing {MANY} projects", result["listing"])
        result["pages_of_many"] = reading.pages("pipeline%2000007")
        result["pages_of_many_memory"] = served.megabytes()
        report(f"pages with {MANY} projects: first ms, then ms, kB", result["pages_of_many"])
        print(result["pages_of_many_memory"])
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--projects", type=int, default=2_000)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--reads", type=int, default=12_000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--folder", type=Path, help="where the data is made; default: a temporary folder")
    parser.add_argument("--reads-only", action="store_true", help="neither listings nor pages")
    parser.add_argument("--forget", action="store_true", help="append nothing to the history")
    asked = parser.parse_args()
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=asked.folder)))
        (home / "s.toml").touch()
        sqlite = f"sqlite:///{home / 'service.db'}"
        url = stack.enter_context(postgresql()) if asked.database == "postgresql" else sqlite
        made = [sys.executable, "-m", "setpoint", "keys", "list"]
        subprocess.run(made, check=True, env=environment(home, url))  # makes the tables and the first account
        result = measure(asked, url, home)
    said = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
    }
    said |= {"database": asked.database, "projects": asked.projects, "runs": asked.runs, "clients": asked.clients}
    if not asked.forget:
        with HISTORY.open("a", encoding="utf-8") as file:
            file.write(json.dumps(said | result) + "\n")
    steady, paced = result["steady"], result["paced"]
    kept = {
        "reads per second": steady["reads_per_second"] >= LEAST_READS_PER_SECOND,
        "p95": paced["p95"] <= MOST_P95_MILLISECONDS and steady["p95"] <= MOST_P95_MILLISECONDS,
        "errors": not any(result[name]["errors"] for name in ("first", "steady", "paced")),
    }
    if "listing" in result:
        kept["listing"] = result["listing"]["longest_page_ms"] <= MOST_LISTING_MILLISECONDS
    print({name: "kept" if held else "MISSED" for name, held in kept.items()})
    return int(not all(kept.values()))


if __name__ == "__main__":
    sys.exit(main())

"""Published and recorded logs give the counts and oddities of their catalogue. Skipped where it is not there."""

import csv
import re
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import msgspec
import pytest

from setpoint.core.eventlog import read_profile
from setpoint.core.profile import Job, Profile, SqlExecution
from setpoint.core.profile_json import as_data
from setpoint.errors import EventLogError
from setpoint.sources import open_source, read_profiles

CORPUS = Path(__file__).parents[4] / "shared" / "eventlogs"
CATALOGUE = CORPUS / "CATALOG.csv"
ROWS = list(csv.DictReader(CATALOGUE.read_text(encoding="utf-8").splitlines())) if CATALOGUE.exists() else []
SERVICES = {"databricks", "emr", "dataproc"}
LARGEST_BYTES = 200_000
NAME_CHARACTERS = 60
"""The catalogue cuts names there."""

pytestmark = pytest.mark.skipif(not ROWS, reason="no corpus of event logs beside the repository")
Row = dict[str, str]
each = pytest.mark.parametrize("row", ROWS, ids=[row["file"] for row in ROWS])
usable = pytest.mark.parametrize("row", [r for r in ROWS if r["apps"] != "0"], ids=lambda row: row["file"])


@cache
def profile_in(file: str) -> Profile:
    (profile,) = read_profiles(CORPUS / file)
    return profile


@each
def test_counts(row: Row) -> None:
    if row["apps"] == "0":
        with pytest.raises(EventLogError, match="no application start and no task"):
            next(read_profiles(CORPUS / row["file"]))
        return
    profile = profile_in(row["file"])
    counts = profile.counts
    found = counts.jobs, counts.stages, counts.tasks, counts.executors, counts.sql_executions, counts.adaptive_updates
    names = ("jobs", "stages", "tasks", "executors", "sql_executions", "aqe_updates")
    assert found == tuple(int(row[name]) for name in names)
    assert row["wall_s"] == "" or profile.wall_seconds == pytest.approx(float(row["wall_s"]), abs=0.11)
    assert len(msgspec.json.encode(as_data(profile))) <= LARGEST_BYTES


@usable
def test_who_ran(row: Row) -> None:
    profile = profile_in(row["file"])
    family = row["platform"].split("-")[0]
    named = {profile.application.name[:NAME_CHARACTERS], profile.property_value("spark.app.name")}

    assert profile.application.spark_version == row["spark_version"]
    assert row["app_name"] in {"", *named}
    assert profile.platform == (family if family in SERVICES else "plain")
    assert bool(profile.evidence) == (profile.platform != "plain" or profile.engine != "spark")


@usable
def test_sums_are_those_of_the_counts(row: Row) -> None:
    profile = profile_in(row["file"])
    light = profile.light_stages

    attempts = sum(stage.tasks + stage.failed_tasks + stage.killed_tasks for stage in profile.stages)
    if not light.stages:
        assert attempts == profile.counts.tasks
    # Logs made by hand may have tasks of the driver beside executors, which has no entry then.
    assert sum(executor.tasks for executor in profile.executors) in {0, profile.counts.tasks}
    assert sum(executor.count for executor in profile.executors) == profile.counts.executors
    assert all(stage.submitted <= stage.completed for stage in profile.stages)


def lost_attempts(profile: Profile) -> int:
    return profile.counts.failed_tasks + profile.counts.killed_tasks


def failed_jobs(profile: Profile) -> int:
    return profile.counts.failed_jobs


def failed_stages(profile: Profile) -> int:
    """Stages that failed before they had a task are no more than counted."""
    without_tasks = profile.counts.stages - len(profile.stages) - profile.light_stages.stages
    return sum(stage.failure is not None for stage in profile.stages) + without_tasks


def without_end(items: Iterable[Job | SqlExecution], profile: Profile) -> int:
    """They last until the last event, which is the application's end where there is one."""
    return sum(item.ended >= profile.wall_seconds - 0.2 for item in items)


def setting(name: str, value: str) -> "Shown":
    return lambda profile, _: profile.property_value(name) == value


Shown = Callable[[Profile, int], bool]
ODDITIES: dict[str, Shown] = {
    r"gpu": lambda p, _: p.engine == "rapids" and any("operator Gpu" in text for text in p.evidence),
    r"photon": lambda p, _: p.engine == "photon",
    r"streaming": lambda p, _: len(p.streaming) > 0,
    r"no app end": lambda p, _: p.completeness.state == "cut_off",
    r"no app start": lambda p, _: "the log does not have the application's start" in p.completeness.reasons,
    r"truncated last line": lambda p, _: p.completeness.lines_skipped == 1,
    r"FAIR scheduler": setting("spark.scheduler.mode", "FAIR"),
    r"dynamic allocation": setting("spark.dynamicAllocation.enabled", "true"),
    r"speculation on": setting("spark.speculation", "true"),
    r"speculative tasks:(\d+)": lambda p, n: p.counts.speculative_tasks == n,
    r"tasks not Success:\d+\(None=\d+\)": lambda p, _: lost_attempts(p) == 0,
    r"tasks not Success:(\d+)\(.*": lambda p, n: lost_attempts(p) == n,
    r"failed jobs:(\d+)": lambda p, n: failed_jobs(p) == n,
    r"failed stages:(\d+)": lambda p, n: failed_stages(p) == n,
    r"jobs without end:(\d+)": lambda p, n: without_end(p.jobs, p) == n,
    r"sql without end:(\d+)": lambda p, n: without_end(p.sql, p) == n,
    r"executors removed:(\d+)": lambda p, n: sum(e.removal is not None for e in p.executors) == n,
    r"mixed executor cores": lambda p, _: len({executor.cores for executor in p.executors}) > 1,
    r"no ExecutorAdded": lambda p, _: p.slots > 0,
    r"rolling/multi-part .*|non-Spark events: .*|task ends without Task ID:\d+": lambda p, _: (
        p.completeness.lines_skipped == 0
    ),
}
SIZED_LIKE_NO_EXECUTOR = ("eventlog_12cores_3exec_db", "eventlog_8cores_2exec")
"""Logs made by hand in which only the driver has other cores; beside executors it has no entry."""
ODD = [
    (row, odd)
    for row in ROWS
    for odd in row["oddities"].split("; ")
    if odd and row["apps"] != "0" and not (odd.startswith("mixed") and row["file"].endswith(SIZED_LIKE_NO_EXECUTOR))
]


@pytest.mark.parametrize(("row", "odd"), ODD, ids=[f"{row['file']}: {odd}" for row, odd in ODD])
def test_oddities_are_shown(row: Row, odd: str) -> None:
    told = [(found, shown) for pattern, shown in ODDITIES.items() if (found := re.fullmatch(pattern, odd))]
    found, shown = told[0]
    assert shown(profile_in(row["file"]), int((found.groups() or "0")[0]))


@usable
def test_only_what_the_catalogue_calls_odd_is_incomplete(row: Row) -> None:
    read = profile_in(row["file"]).completeness

    assert (read.state == "complete") == ("no app end" not in row["oddities"] and "no app start" not in row["oddities"])
    is_odd = re.search(r"no ExecutorAdded|non-Spark events|without end|\(None=", row["oddities"]) is not None
    assert bool(read.reasons) == (is_odd or read.state != "complete")
    assert any("missing" in reason for reason in read.reasons) == ("no app start" in row["oddities"])


PAIRS = sorted((CORPUS / "local_pairs").glob("*/*.zstd"))


@pytest.mark.skipif(not PAIRS, reason="no recorded pairs beside the repository")
def test_the_signature_is_that_of_the_job_and_not_of_its_slots() -> None:
    by_job: dict[str, set[str]] = {}
    for log in PAIRS:
        job = log.parent.name.removeprefix("standalone_")
        by_job.setdefault(job, set()).add(read_profile(open_source(log)).code_signature)

    assert {job: len(signatures) for job, signatures in by_job.items()} == dict.fromkeys(by_job, 1)
    assert len(set.union(*by_job.values())) == len(by_job)

"""Published and recorded logs give the counts of their catalogue. Skipped where the corpus is not there."""

import csv
import shutil
import zipfile
from pathlib import Path

import pytest

from setpoint.core.eventlog import read_profile
from setpoint.errors import EventLogError
from setpoint.sources import open_source

CORPUS = Path(__file__).parents[4] / "shared" / "eventlogs"
CATALOGUE = CORPUS / "CATALOG.csv"
ROWS = list(csv.DictReader(CATALOGUE.read_text(encoding="utf-8").splitlines())) if CATALOGUE.exists() else []
EMPTY_STAGES = {
    "logs/NVIDIA_spark-rapids-tools/gpu_oom_eventlog.zstd": 3,
}
"""Stage attempts that ran no task: counted in the catalogue, not in a Profile."""
NOT_READ_YET = {
    "logs/synccomputingcode_spark_log_parser/databricks-rollover-messy.zip": "a part is a zip archive inside gzip",
}

pytestmark = pytest.mark.skipif(not ROWS, reason="no corpus of event logs beside the repository")


@pytest.mark.parametrize("row", ROWS, ids=[row["file"] for row in ROWS])
def test_counts(row: dict[str, str], tmp_path: Path) -> None:
    if row["file"] in NOT_READ_YET:
        pytest.xfail(NOT_READ_YET[row["file"]])
    source = unpacked(CORPUS / row["file"], tmp_path)
    if row["apps"] == "0":
        with pytest.raises(EventLogError, match="no application start and no task"):
            read_profile(open_source(source))
        return
    profile = read_profile(open_source(source))
    tasks = sum(stage.tasks + stage.failed_tasks + stage.killed_tasks for stage in profile.stages)
    stages = len(profile.stages) + EMPTY_STAGES.get(row["file"], 0)
    counted = (len(profile.jobs), stages, tasks, len(profile.executors), profile.sql_executions)
    assert counted == tuple(int(row[name]) for name in ("jobs", "stages", "tasks", "executors", "sql_executions"))
    is_whole = "no app end" not in row["oddities"] and "no app start" not in row["oddities"]
    assert (profile.completeness.state == "complete") == is_whole
    if row["wall_s"] and "no app start" not in row["oddities"]:
        assert profile.wall_seconds == pytest.approx(float(row["wall_s"]), abs=0.06)


def unpacked(source: Path, folder: Path) -> Path:
    if source.suffix != ".zip":
        return source
    with zipfile.ZipFile(source) as archive:
        archive.extractall(folder)
    for leftover in list(folder.rglob("__MACOSX")):
        shutil.rmtree(leftover)
    return folder


PAIRS = sorted((CORPUS / "local_pairs").glob("*/*.zstd"))


@pytest.mark.skipif(not PAIRS, reason="no recorded pairs beside the repository")
def test_the_signature_is_that_of_the_job_and_not_of_its_slots() -> None:
    by_job: dict[str, set[str]] = {}
    for log in PAIRS:
        job = log.parent.name.removeprefix("standalone_")
        by_job.setdefault(job, set()).add(read_profile(open_source(log)).code_signature)

    assert {job: len(signatures) for job, signatures in by_job.items()} == dict.fromkeys(by_job, 1)
    assert len(set.union(*by_job.values())) == len(by_job)

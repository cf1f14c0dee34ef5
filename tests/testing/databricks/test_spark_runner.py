"""A run in the emulated workspace that really runs."""

import pytest

from setpoint.core.eventlog import read_profile
from setpoint.platforms.databricks import CallFiles, workspace
from setpoint.platforms.databricks.logs import destination_of, parts_of
from setpoint.testing.databricks import DatabricksEmulator, Workspace
from setpoint.testing.databricks.spark_runner import SparkRunner
from setpoint.testing.real_spark import RealSpark

BLOCK = {
    "spark_version": "16.4.x-scala2.12",
    "node_type_id": "m5.xlarge",
    "num_workers": 4,
    "spark_conf": {"spark.app.x": "1"},
    "cluster_log_conf": {"dbfs": {"destination": "dbfs:/logs"}},
}


def job(code: int, file: str = "s3://code/job.py") -> dict[str, object]:
    program = {"python_file": file, "parameters": [str(code)]}
    return {"name": "nightly", "tasks": [{"task_key": "a", "new_cluster": BLOCK, "spark_python_task": program}]}


@pytest.mark.spark
def test_a_task_really_runs_and_leaves_its_log(real_spark: RealSpark) -> None:
    with DatabricksEmulator(Workspace(SparkRunner(real_spark))) as made:
        host, token = made.start()
        run = made.workspace.start(job(7), 0)
        made.advance(86_400)
        told = run.told(made.workspace.now, with_tasks=True)
        assert told["state"]["result_state"] == "FAILED"
        assert "exit code 7" in told["state"]["state_message"]
        (cluster,) = made.workspace.clusters
        files = CallFiles(workspace(host, token=token, auth_type="pat"))
        parts = parts_of(files.below(destination_of(BLOCK, cluster)), (run.tasks[0].context,))
        profile = read_profile(files.read(part) for part in parts)
        assert profile.application.name == "really"
        assert 0 < profile.wall_seconds < 86_400


def test_what_cannot_be_run_for_real_fails(real_spark: RealSpark) -> None:
    made = Workspace(SparkRunner(real_spark))
    missing = made.start(job(0, "s3://code/other.py"), 0)
    notebook = made.start({"tasks": [{"task_key": "a", "new_cluster": BLOCK, "notebook_task": {}}]}, 0)
    assert "no such file" in str(missing.tasks[0].failure)
    assert "spark_python_task only" in str(notebook.tasks[0].failure)

"""Volumes and a SQL warehouse of the emulated workspace, through the vendor's own client and our own readers."""

import io
from collections.abc import Iterator, Mapping

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.config import Config
from databricks.sdk.errors import NotFound
from databricks.sdk.service import sql

from setpoint.platforms.databricks import CallFiles, workspace
from setpoint.platforms.databricks.logs import destination_of, parts_of
from setpoint.testing.databricks import DatabricksEmulator, SimulatedRunner, Workspace
from setpoint.testing.databricks.statements import Rows
from setpoint.testing.pushed_plant import RentedPhysics

BLOCK = {
    "spark_version": "16.4.x-scala2.12",
    "node_type_id": "m5.xlarge",
    "num_workers": 2,
    "cluster_log_conf": {"volumes": {"destination": "/Volumes/main/ops/logs"}},
}
JOB = {
    "name": "nightly",
    "tasks": [{"task_key": "a", "new_cluster": BLOCK, "notebook_task": {"notebook_path": "/n"}}],
}
USAGE = Rows(("sku_name", "usage_quantity"), [[f"SKU {number}", str(number)] for number in range(2500)])


@pytest.fixture
def made() -> Iterator[DatabricksEmulator]:
    with DatabricksEmulator(Workspace(SimulatedRunner(RentedPhysics(tasks=8)))) as found:
        yield found


@pytest.fixture
def client(made: DatabricksEmulator) -> WorkspaceClient:
    host, token = made.start()
    return WorkspaceClient(config=Config(host=host, token=token, auth_type="pat", retry_timeout_seconds=5))


def test_files_of_a_volume_are_written_listed_and_read(client: WorkspaceClient) -> None:
    client.files.upload("/Volumes/main/ops/notes/a.txt", io.BytesIO(b"a" * 3000))
    listed = list(client.files.list_directory_contents("/Volumes/main/ops"))
    assert [(each.name, each.is_directory) for each in listed] == [("notes", True)]
    (file,) = client.files.list_directory_contents("/Volumes/main/ops/notes")
    assert (file.path, file.file_size) == ("/Volumes/main/ops/notes/a.txt", 3000)
    found = client.files.download("/Volumes/main/ops/notes/a.txt").contents
    assert found is not None
    assert found.read() == b"a" * 3000
    with pytest.raises(NotFound):
        client.files.download("/Volumes/main/ops/notes/b.txt")
    with pytest.raises(NotFound):
        list(client.files.list_directory_contents("/Volumes/main/other"))


def test_logs_that_are_delivered_to_a_volume_are_found(made: DatabricksEmulator) -> None:
    host, token = made.start()
    made.workspace.start(JOB, 0)
    made.advance(86_400)
    (cluster,) = made.workspace.clusters
    files = CallFiles(workspace(host, token=token, auth_type="pat"))
    parts = parts_of(files.below(destination_of(BLOCK, cluster)), ())
    assert parts
    text = b"".join(b"".join(files.read(part)) for part in parts[-1:])
    assert b"SparkListenerApplicationEnd" in text


def test_statements_run_for_a_while_and_are_read_in_chunks(made: DatabricksEmulator, client: WorkspaceClient) -> None:
    seen: list[tuple[str, Mapping[str, str | None]]] = []

    def tables(text: str, given: Mapping[str, str | None]) -> Rows | None:
        seen.append((text, given))
        return USAGE if "system.billing.usage" in text else None

    made.workspace.warehouse.tables = tables
    (warehouse,) = client.warehouses.list()
    assert warehouse.id is not None
    parameters = [sql.StatementParameterListItem(name="since", value="2026-01-01")]
    text = "select * from system.billing.usage where usage_date >= :since"
    begun = client.statement_execution.execute_statement(text, warehouse.id, parameters=parameters)
    assert begun.status is not None
    assert begun.status.state == sql.StatementState.RUNNING
    assert begun.statement_id is not None
    ended = client.statement_execution.get_statement(begun.statement_id)
    assert ended.status is not None
    assert ended.status.state == sql.StatementState.SUCCEEDED
    rows, chunk = [], ended.result
    while chunk is not None:
        rows += chunk.data_array or []
        after = chunk.next_chunk_index
        chunk = (
            None
            if after is None
            else client.statement_execution.get_statement_result_chunk_n(begun.statement_id, after)
        )
    assert rows == USAGE.rows
    assert seen == [(text, {"since": "2026-01-01"})]


def test_a_table_that_is_not_there_fails_the_statement(client: WorkspaceClient) -> None:
    begun = client.statement_execution.execute_statement("select 1 from system.nothing", "w-1")
    assert begun.statement_id is not None
    ended = client.statement_execution.get_statement(begun.statement_id)
    assert ended.status is not None
    assert ended.status.state == sql.StatementState.FAILED
    assert ended.status.error is not None
    assert "TABLE_OR_VIEW_NOT_FOUND" in str(ended.status.error.message)

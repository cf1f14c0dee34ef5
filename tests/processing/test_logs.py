"""The log of a run: fetched once, kept like an upload, asked for again where that may help."""

import gzip
import io
import json
import logging
import tarfile
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

import pytest
from tests.service.world import World, new_world, result

from setpoint.core.pricebook import PriceBook
from setpoint.core.zstd import zstd
from setpoint.errors import EventLogError, InputError, ServiceError
from setpoint.intake import FetchLimits, fetch
from setpoint.logbook import JsonLines
from setpoint.processing.logs import log_of, opened
from setpoint.processing.predictions import Predicting
from setpoint.processing.worker import Worker
from setpoint.settings import Settings
from setpoint.store.rows import PredictionRow
from setpoint.wiring import reported_book

ADDRESS = "https://logs.example/app-1.zstd?X-Amz-Signature=verysecret"


class FakeFetching:
    """Gives the same bytes for every address; fails as often as it is told to."""

    def __init__(self, content: bytes = b"a log", *failures: Exception) -> None:
        self.content, self.failures, self.asked = content, list(failures), 0

    def __call__(self, _url: str, into: IO[bytes]) -> str:
        self.asked += 1
        if self.failures:
            raise self.failures.pop(0)
        into.write(self.content)
        return "app-1.zstd"


def _book(cloud: Any, region: str) -> PriceBook:  # noqa: ANN401 - a literal of the core
    return reported_book(Settings(home=Path("/nowhere")), cloud, region)


def _asked(world: World, url: str = ADDRESS) -> PredictionRow:
    asked = {"product_code": "aws-databricks", "configs": {"cluster": {}}, "eventlog_url": url}
    begun = result(world.client("ours").post("/v1/autotuner/predictions", json=asked))
    row = world.store.predictions.get("ours", begun["prediction_id"])
    assert row is not None
    return row


def _worker(world: World, fetching: Any) -> Worker:  # noqa: ANN401 - any of these
    return Worker(world.store.tasks, {"prediction": Predicting(world.store, world.rooms.artefacts, _book, fetching)})


def _became(world: World, row: PredictionRow) -> Any:  # noqa: ANN401 - JSON
    return result(world.client("ours").get(f"/v1/autotuner/predictions/{row.id}"))


def test_a_log_is_fetched_once_and_kept(tmp_path: Path) -> None:
    world, fetching = new_world(tmp_path), FakeFetching()
    row = _asked(world)
    first = log_of(world.store, world.rooms.artefacts, fetching, row)
    assert log_of(world.store, world.rooms.artefacts, fetching, row) == first
    assert (fetching.asked, first.file_name) == (1, "app-1.zstd")
    with opened(world.rooms.artefacts, first) as path:
        assert (path.name, path.read_bytes()) == ("app-1.zstd", b"a log")


def test_a_long_permission_is_part_of_an_address_and_a_password_is_not(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    presigned = f"https://logs.example/app-1.zstd?X-Amz-Security-Token={'t' * 3000}"
    assert _asked(world, presigned).event_log_url == presigned
    body = {"product_code": "aws-databricks", "configs": {}, "eventlog_url": "https://me:verysecret@logs.example/x"}
    refused = world.client("ours").post("/v1/autotuner/predictions", json=body)
    assert refused.status_code == 422
    assert "verysecret" not in refused.text


def test_of_two_that_fetch_at_once_one_log_is_kept(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    row = _asked(world)

    def beaten(url: str, into: IO[bytes]) -> str:
        log_of(world.store, world.rooms.artefacts, FakeFetching(b"first"), row)
        return FakeFetching(b"second")(url, into)

    kept = log_of(world.store, world.rooms.artefacts, beaten, row)
    with world.rooms.artefacts.open(kept.artefact) as file:  # type: ignore[arg-type]  # as it is kept
        assert file.read() == b"first"
    assert len([path for path in (tmp_path / "artefacts").rglob("*") if path.is_file()]) == 1


def test_nothing_is_kept_of_a_fetch_that_failed(tmp_path: Path) -> None:
    world, failing = new_world(tmp_path), FakeFetching(b"", ServiceError("later."))
    row = _asked(world)
    with pytest.raises(ServiceError):
        log_of(world.store, world.rooms.artefacts, failing, row)
    assert not (tmp_path / "artefacts").exists()
    assert world.store.uploads.get("ours", row.id) is None


def test_what_was_removed_says_so(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    row = _asked(world)
    world.store.uploads.add("ours", row.id, artefact="", file_name="app-1.zstd")
    upload = log_of(world.store, world.rooms.artefacts, FakeFetching(), row)
    with pytest.raises(EventLogError, match=r"app-1\.zstd was removed"), opened(world.rooms.artefacts, upload):
        pass


def test_what_is_refused_fails_at_once_and_what_may_pass_is_asked_again(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    refused = _asked(world)
    _worker(world, FakeFetching(b"", InputError("No."))).once()
    assert (_became(world, refused)["status"], _became(world, refused)["error"]) == ("FAILURE", "No.")
    later = _asked(world)
    _worker(world, FakeFetching(b"", ServiceError("later answered 503."))).once()
    assert _became(world, later)["status"] == "PENDING"
    assert world.store.tasks.counted() == {"done": 1, "waiting": 1}


def test_after_the_last_try_the_sentence_stays(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    row = _asked(world)
    handler = Predicting(world.store, world.rooms.artefacts, _book, FakeFetching(b"", *[ServiceError("503.")] * 9))
    worker = Worker(world.store.tasks, {"prediction": handler})
    for _ in range(5):
        _due_now(world)
        assert worker.once()
    assert (_became(world, row)["status"], _became(world, row)["error"]) == ("FAILURE", "503.")


def _due_now(world: World) -> None:
    table = world.store.tasks._shelf.table
    with world.store.database.writing() as connection:
        connection.execute(table.update().values(due_at=datetime.now(UTC) - timedelta(seconds=1)))


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "http://169.254.169.254/latest/meta-data", "http://[::1]/"])
def test_what_is_ours_is_not_fetched_and_the_worker_lives(tmp_path: Path, url: str) -> None:
    world = new_world(tmp_path)
    row = _asked(world, f"{url}?sig=verysecret")
    worker = _worker(world, lambda url, into: fetch(url, into, FetchLimits()))
    assert worker.once()
    assert _became(world, row)["status"] == "FAILURE"
    assert "verysecret" not in _became(world, row)["error"]
    assert not worker.once()


def test_the_log_names_what_was_worked_on_and_who_asked(tmp_path: Path) -> None:
    world, lines = new_world(tmp_path), list[str]()
    logger, handler = logging.getLogger("setpoint"), logging.Handler()
    formatter = JsonLines()
    handler.emit = lambda record: lines.append(formatter.format(record))  # type: ignore[method-assign]
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.INFO)
    try:
        client = world.client("ours")
        client.headers["X-Request-Id"] = "who-asked"
        project = result(client.post("/v1/projects", json={"name": "nightly", "app_id": "n"}))["id"]
        asked = {"product_code": "aws-databricks", "configs": {}, "eventlog_url": ADDRESS, "project_id": project}
        row_id = result(client.post("/v1/autotuner/predictions", json=asked))["prediction_id"]
        _worker(world, FakeFetching(b"", RuntimeError(f"it said {ADDRESS}"))).once()
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    told = [json.loads(line) for line in lines]
    served = next(line for line in told if line.get("route") == "/v1/autotuner/predictions")
    assert (served["request"], served["account"], served["status"]) == ("who-asked", "ours", 200)
    assert served["milliseconds"] >= 0
    failed, ended = [line for line in told if line["logger"] == "setpoint.processing.worker"]
    assert (failed["error"], ended["became"], ended["kind"]) == ("RuntimeError", "failed", "prediction")
    for line in (failed, ended):
        assert (line["subject"], line["project"], line["request"]) == (row_id, project, "who-asked")
        assert line["task"]
    assert "verysecret" not in "".join(lines)


def _many_members() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as tar:
        header = tarfile.TarInfo("x").tobuf()
        for _ in range(25_000):
            tar.fileobj.write(header)
    return packed.getvalue()


def _zipped(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("eventlog", content)
    return packed.getvalue()


BAD: dict[str, Callable[[], bytes]] = {
    "nothing": bytes,
    "zeros packed": lambda: gzip.compress(bytes(80_000_000), 1),
    "zeros in a zip": lambda: _zipped(bytes(80_000_000)),
    "many members": _many_members,
    "one line without end": lambda: gzip.compress(b'{"Event":"SparkListenerLogStart","x":"' + b"y" * 80_000_000, 1),
    "half a zstd": lambda: zstd.compress(b'{"Event":"SparkListenerLogStart"}\n' * 1000)[:20],
    "half a zip": lambda: _zipped(b"x" * 100_000)[:-30],
    "a zip that lies": lambda: b"PK\x03\x04" + b"\xff" * 500,
}


@pytest.mark.parametrize("name", BAD)
def test_whatever_is_brought_the_worker_lives_and_says_why(tmp_path: Path, name: str) -> None:
    world = new_world(tmp_path)
    row = _asked(world)
    worker = _worker(world, FakeFetching(BAD[name]()))
    assert worker.once()
    found = _became(world, row)
    assert found["status"] == "FAILURE"
    assert found["error"].endswith(".")
    assert "our side" not in found["error"]
    assert "setpoint-log-" not in found["error"]
    assert not worker.once()

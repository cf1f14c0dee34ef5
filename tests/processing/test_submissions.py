"""Runs that are submitted over the API: into the ledger, decided upon, and the recommendation fetched."""

from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import pytest
from tests.core.rented import EMR_FLEETS, JOB, book
from tests.service.world import World, new_world, result

from setpoint.core.domain import ClusterSpec
from setpoint.core.history import Applied, Decided, Disturbed, Registered, RunRecorded
from setpoint.core.pricebook import PriceBook
from setpoint.platforms.pushed import Recommended
from setpoint.processing.control import Control
from setpoint.processing.predictions import Predicting
from setpoint.processing.recommendations import Recommending
from setpoint.processing.submissions import Submitting
from setpoint.processing.worker import Handler, Worker
from setpoint.store.rows import ProjectRow
from setpoint.testing.pushed_plant import PushedPlant, RentedPhysics

ASKED = {"aws-databricks": JOB, "aws-emr": EMR_FLEETS}
PHYSICS = RentedPhysics(cpu_seconds=30_000.0, waiting_seconds=2_000.0, tasks=60, noise=0.02)
PLANT = "nightly"
Json = Mapping[str, Any]


def _book(*_: str) -> PriceBook:
    return book()


class Site:
    """A service with one worker, and a plant whose owner submits every run and fetches what is recommended."""

    def __init__(self, folder: Path, product: str = "aws-databricks", **settings: object) -> None:
        self.world: World = new_world(folder)
        self.product = product
        self.client = self.world.client("ours", "operator")
        rooms, store = self.world.rooms, self.world.store
        self.plant = PushedPlant(PLANT, ASKED[product], product, book(), PHYSICS)
        clock = self.plant.clock
        self.control = Control(store, rooms.artefacts, self.world.ledger, _book, folder / "prior", clock)
        handlers: dict[str, Handler] = {
            "submission": Submitting(store, rooms.artefacts, self.control),
            "recommendation": Recommending(store, self.control),
        }
        self.worker = Worker(store.tasks, handlers)
        body = {"name": "nightly", "product_code": product, **settings}
        self.id: str = result(self.client.post("/v1/projects", json=body))["id"]

    @property
    def project(self) -> ProjectRow:
        row = self.world.store.projects.get("ours", self.id)
        assert row is not None
        return row

    def entries(self, kind: type[Any]) -> list[Any]:
        return [entry for entry in self.world.ledger.read(self.project.stream) if isinstance(entry, kind)]

    def begin(self, report: Json) -> Json:
        body = {"product_code": self.product, "cluster_report": report}
        return dict(result(self.client.post(f"/v1/projects/{self.id}/submissions", json=body)))

    def send(self, begun: Json, log: bytes) -> str:
        details = begun["upload_details"]
        sent = self.world.anybody().post(details["url"], data=details["fields"], files={"file": ("log", log)})
        assert sent.status_code == 204
        identity: str = begun["submission_id"]
        return identity

    def last_run(self) -> tuple[Json, bytes]:
        run_id = self.plant.pushes.runs(PLANT)[-1].id
        log = b"".join(piece for part in self.plant.pushes.event_log(PLANT, run_id) for piece in part)
        return self.plant.report(), log

    def submit(self, report: Json, log: bytes) -> Json:
        identity = self.send(self.begin(report), log)
        self.work()
        return self.submission(identity)

    def submission(self, identity: str) -> Json:
        return dict(result(self.client.get(f"/v1/projects/{self.id}/submissions/{identity}")))

    def work(self) -> None:
        while self.worker.once():
            pass

    def recommend(self) -> Json:
        asked = result(self.client.post(f"/v1/projects/{self.id}/recommendations", json={}))
        self.work()
        return dict(result(self.client.get(f"/v1/projects/{self.id}/recommendations/{asked['id']}")))

    def left(self) -> Recommended | None:
        loop = self.control.of_project(self.project)
        found = loop.platform.pushes.recommended(self.project.stream)  # type: ignore[attr-defined]
        return found if isinstance(found, Recommended) else None

    def spec(self) -> ClusterSpec:
        return self.control.of_project(self.project).platform.current_spec(self.project.stream)


@pytest.mark.parametrize("product", sorted(ASKED))
def test_the_next_run_is_made_cheaper_run_after_run(product: str, tmp_path: Path) -> None:
    site = Site(tmp_path, product, prediction_params={"sla_minutes": 25})
    for _ in range(4):
        site.plant.run()
        assert site.submit(*site.last_run())["state"] == "SUCCESS"
        found = site.recommend()
        assert (found["state"], found.get("error")) == ("SUCCESS", None)
        left = site.left()
        if left is not None:
            site.plant.pushes.recommend(PLANT, left.spec, replaces=site.plant.pushes.recommended(PLANT))
    runs = [entry.run for entry in site.entries(RunRecorded)]
    assert len(runs) == 4
    assert len(site.entries(Registered)) == 1
    assert site.entries(Applied)
    assert not site.entries(Disturbed)
    assert runs[-1].cost.dollars < 0.9 * runs[0].cost.dollars
    metrics = found["recommendation"]["metrics"]
    assert metrics["spark_cost_lower_usd"] <= metrics["spark_cost_midpoint_usd"] <= metrics["spark_cost_upper_usd"]
    assert found["context"]["phase"] in {"OPTIMIZING", "MONITORING"}


def test_a_run_that_is_submitted_twice_counts_once(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.plant.run()
    first, again = site.submit(*site.last_run()), site.submit(*site.last_run())
    assert (first["state"], again["state"]) == ("SUCCESS", "SUCCESS")
    assert first["run_id"] == again["run_id"]
    assert [entry.run.id for entry in site.entries(RunRecorded)] == [first["run_id"]]


def test_work_that_is_done_twice_changes_nothing(tmp_path: Path) -> None:
    """A worker may die between recording a run and saying so."""
    site = Site(tmp_path)
    site.plant.run()
    site.send(site.begin(site.last_run()[0]), site.last_run()[1])
    task = site.world.store.tasks.list("ours")[0]
    submitting = site.worker._handlers["submission"]
    submitting(task)
    written = site.world.ledger.read(site.project.stream)
    site.work()
    assert site.world.ledger.read(site.project.stream) == written
    assert site.world.store.tasks.counted() == {"done": 1}


@pytest.mark.parametrize(
    ("report", "log", "words"),
    [
        ({"cluster": {}}, None, "report"),
        (None, b"nothing of the kind", "log"),
    ],
)
def test_what_cannot_be_used_is_a_failure_in_words_and_no_run(
    report: Json | None, log: bytes | None, words: str, tmp_path: Path
) -> None:
    site = Site(tmp_path)
    site.plant.run()
    good_report, good_log = site.last_run()
    found = site.submit(good_report if report is None else report, good_log if log is None else log)
    assert found["state"] == "FAILURE"
    assert words in found["error"]
    assert site.world.ledger.read(site.project.stream) == ()
    assert site.submit(good_report, good_log)["state"] == "SUCCESS"
    assert len(site.entries(RunRecorded)) == 1


def test_without_any_run_a_recommendation_fails_in_words(tmp_path: Path) -> None:
    found = Site(tmp_path).recommend()
    assert found["state"] == "FAILURE"
    assert "No run of the project" in found["error"]


def test_a_recommendation_waits_for_runs_that_came_before(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.plant.run()
    begun = site.begin(site.last_run()[0])
    unsent = result(site.client.post(f"/v1/projects/{site.id}/recommendations", json={}))
    site.work()
    # A log that never arrives holds nothing up.
    assert result(site.client.get(f"/v1/projects/{site.id}/recommendations/{unsent['id']}"))["state"] == "FAILURE"
    store = site.world.store
    asked = store.recommendations.add("ours", site.id, options={})
    site.send(begun, site.last_run()[1])
    only_recommending = Worker(store.tasks, {"recommendation": site.worker._handlers["recommendation"]})
    store.tasks.enqueue("recommendation", {"id": asked.id}, "ours", f"recommendation:{asked.id}")
    assert only_recommending.once()
    waiting = store.recommendations.find("ours", asked.id)
    assert waiting is not None
    assert waiting.state == "PENDING"
    task = next(each for each in store.tasks.list("ours") if each.payload["id"] == asked.id)
    assert (task.state, task.attempts) == ("waiting", 0)


def test_other_wishes_are_followed(tmp_path: Path) -> None:
    site = Site(tmp_path, prediction_params={"sla_minutes": 30})
    site.plant.run()
    site.submit(*site.last_run())
    loop = site.control.of_project(site.project)
    first = loop.state(site.project.stream).history
    assert first.goal is not None
    assert first.goal.goal == "minimise cost; runtime <= 1800s"
    change = {"prediction_params": {"sla_minutes": 60, "fix_worker_family": True}}
    result(site.client.put(f"/v1/projects/{site.id}", json=change))
    assert site.recommend()["state"] == "SUCCESS"
    then = loop.state(site.project.stream).history
    assert then.goal is not None
    assert then.goal.goal != first.goal.goal
    assert len(then.space.node_types) < len(first.space.node_types)
    written = len(site.world.ledger.read(site.project.stream))
    site.recommend()
    assert len(site.world.ledger.read(site.project.stream)) == written


def test_what_was_said_before_the_first_run_holds(tmp_path: Path) -> None:
    site = Site(tmp_path)
    result(site.client.put(f"/v1/projects/{site.id}/goal", json={"goal": "minimise runtime; cost <= 9$"}))
    result(site.client.put(f"/v1/projects/{site.id}/mode", json={"mode": "approve"}))
    site.plant.run()
    site.submit(*site.last_run())
    history = site.control.of_project(site.project).state(site.project.stream).history
    assert history.goal is not None
    assert history.goal.mode == "approve"
    assert history.goal.goal.startswith("minimise runtime")
    # What waits for an approval is not handed out: the present cluster is.
    assert not site.entries(Applied)
    found = site.recommend()["recommendation"]["configuration"]
    assert found["node_type_id"] == JOB["node_type_id"]


def test_a_part_that_the_owner_keeps_is_in_every_recommendation(tmp_path: Path) -> None:
    site = Site(tmp_path)
    kept = {"node_type_id": "m5.4xlarge", "aws_attributes": {"zone_id": "us-east-1b"}}
    result(site.client.post(f"/v1/projects/{site.id}/hardware-override-aws", json=kept))
    site.plant.run()
    site.submit(*site.last_run())
    found = site.recommend()["recommendation"]["configuration"]
    assert found["node_type_id"] == "m5.4xlarge"
    assert found["aws_attributes"]["zone_id"] == "us-east-1b"
    assert found["custom_tags"]["sync:project-id"] == site.id


def test_accounts_teach_each_other_nothing(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.plant.run()
    site.submit(*site.last_run())
    theirs = site.world.store.projects.add("theirs", name="secret", stream="secret-stream")
    loop = site.control.of_project(site.project)
    assert theirs.stream not in loop.ledger.projects()
    assert loop.ledger.read(theirs.stream) == ()
    assert not loop.ledger.append(theirs.stream, site.entries(Registered)[0])


def test_the_run_of_a_prediction_counts_for_its_project(tmp_path: Path) -> None:
    """Old clients choose a cluster themselves: what the loop decides is proposed, and nothing is left for them."""
    site = Site(tmp_path)
    site.plant.run()
    report, log = site.last_run()
    body = {"project_id": site.id, "product_code": site.product, "configs": report}
    begun = result(site.client.post("/v1/autotuner/predictions", json=body))
    site.send({**begun, "submission_id": begun["prediction_id"]}, log)
    predicting = Predicting(site.world.store, site.world.rooms.artefacts, _book)
    Worker(site.world.store.tasks, {"prediction": predicting}).once()
    predicting(site.world.store.tasks.list("ours")[-1])
    site.work()
    assert len(site.entries(RunRecorded)) == 1
    assert not site.entries(Applied)
    (decided,) = site.entries(Decided)
    assert "propose" in decided.waits
    assert site.submission(begun["prediction_id"])["state"] == "SUCCESS"


def test_a_log_is_fetched_from_its_address_once(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.plant.run()
    report, log = site.last_run()
    asked: list[str] = []

    def fetching(url: str, into: IO[bytes]) -> str:
        asked.append(url)
        into.write(log)
        return "eventlog"

    store, artefacts = site.world.store, site.world.rooms.artefacts
    site.worker = Worker(store.tasks, {"submission": Submitting(store, artefacts, site.control, fetching)})
    body = {"product": site.product, "cluster_report": report, "event_log_uri": "https://example.com/log?signature=x"}
    begun = result(site.client.post(f"/v1/projects/{site.id}/submissions", json=body))
    assert "upload_details" not in begun
    site.work()
    assert site.submission(begun["submission_id"])["state"] == "SUCCESS"
    assert asked == ["https://example.com/log?signature=x"]
    assert len(site.entries(RunRecorded)) == 1

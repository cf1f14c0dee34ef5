"""From a log that was brought over the API to three solutions."""

from pathlib import Path
from typing import Any

from tests.service.world import new_world, result

from setpoint.core.pricebook import PriceBook
from setpoint.processing.predictions import Predicting
from setpoint.processing.worker import Worker
from setpoint.settings import Settings
from setpoint.testing.pushed_plant import PushedPlant
from setpoint.wiring import reported_book

PRODUCT = "aws-databricks"
JOB = {
    "node_type_id": "i3.xlarge",
    "driver_node_type_id": "i3.xlarge",
    "num_workers": 4,
    "spark_version": "13.3.x-scala2.12",
    "aws_attributes": {"zone_id": "us-east-1a", "availability": "ON_DEMAND"},
}


def _book(cloud: Any, region: str) -> PriceBook:  # noqa: ANN401 - a literal of the core
    return reported_book(Settings(home=Path("/nowhere")), cloud, region)


def _predicted(folder: Path, log: bytes, report: Any) -> Any:  # noqa: ANN401 - JSON
    world = new_world(folder)
    client = world.client("ours")
    begun = result(client.post("/v1/autotuner/predictions", json={"product_code": PRODUCT, "configs": report}))
    details = begun["upload_details"]
    sent = world.anybody().post(details["url"], data=details["fields"], files={"file": ("upload", log)})
    assert sent.status_code == 204
    predicting = Predicting(world.store, world.rooms.artefacts, _book)
    assert Worker(world.store.tasks, {"prediction": predicting}).once()
    assert world.store.tasks.counted() == {"done": 1}
    return result(client.get(f"/v1/autotuner/predictions/{begun['prediction_id']}"))


def test_a_log_becomes_three_solutions(tmp_path: Path) -> None:
    plant = PushedPlant("nightly", JOB, PRODUCT, _book("aws", "us-east-1"))
    plant.run()
    (run,) = plant.pushes.runs("nightly")
    log = b"".join(piece for part in plant.pushes.event_log("nightly", run.id) for piece in part)
    found = _predicted(tmp_path, log, plant.report())
    assert (found["status"], found.get("error")) == ("SUCCESS", None)
    assert set(found["solutions"]) == {"performance", "balanced", "economy"}


def test_what_is_no_log_is_a_failure_in_words(tmp_path: Path) -> None:
    found = _predicted(tmp_path, b"nothing of the kind", {"cluster": {}})
    assert found["status"] == "FAILURE"
    assert found["error"].endswith(".")

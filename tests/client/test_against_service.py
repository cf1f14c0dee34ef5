"""Our client against our service, over a real connection."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import uvicorn
from tests.service.nights import Nights, nights
from tests.service.world import REPORT, World, new_world

from setpoint.client import (
    AsyncClient,
    Client,
    LogAt,
    LogFile,
    Operation,
    account,
    approvals,
    goals,
    history,
    predictions,
    projects,
    recommendations,
    submissions,
    workspaces,
)
from setpoint.errors import Conflict, InputError, NotFound, NotPermitted, NotSignedIn, TooLarge
from setpoint.service.rooms import Options

MOST_BYTES = 1 << 20
LOG = LogFile.of("eventlog.zip", b"PK" + b"\0" * 100_000)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("service")
    return new_world(folder, Options(tries_a_minute=10_000, scratch=folder, most_upload_bytes=MOST_BYTES))


def served(world: World) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(world.app, host="127.0.0.1", port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def url(world: World) -> Iterator[str]:
    yield from served(world)


@pytest.fixture
def service(world: World, url: str) -> Iterator[Client]:
    key = world.keys["ours", "operator"]
    with Client(url, key.id, key.secret) as client:
        yield client


def test_projects(service: Client) -> None:
    assert {"aws-emr", "aws-databricks"} <= set(service.call(account.products()))
    made = service.call(projects.create("nächtlich", product_code="aws-databricks", app_id="ours-1", job_id="7"))
    assert service.call(projects.get(made.id)).document == made.document
    assert service.call(projects.find("ours-1")) == made.id
    changed = service.call(projects.update(made.id, description="new", auto_apply_recs=True)).document
    assert (changed["description"], changed["auto_apply_recs"], changed["job_id"]) == ("new", True, "7")
    assert made.id in [each.id for each in service.call(projects.listed())]
    assert "custom_tags" in service.call(projects.template(made.id, "us-east-1"))
    assert service.call(projects.override_hardware(made.id, {"node_type_id": "i3.xlarge"})).id == made.id
    assert service.call(projects.reset(made.id))
    assert service.call(projects.delete(made.id))
    with pytest.raises(NotFound):
        service.call(projects.get(made.id))


def test_runs_are_taken_in(service: Client) -> None:
    project = service.call(projects.create("nightly")).id
    by_upload = service.call(submissions.create(project, "aws-databricks", REPORT, LOG))
    by_address = service.call(submissions.create(project, "aws-databricks", REPORT, LogAt("https://logs.example/x")))
    assert [each.id for each in service.call(submissions.listed(project))] == [by_address, by_upload]
    assert service.call(submissions.get(project, by_upload)).id == by_upload
    asked = service.call(recommendations.create(project))
    assert service.call(recommendations.get(project, asked)).state
    newest = service.call(recommendations.latest(project))
    assert newest is not None
    assert newest.id == asked
    prediction = service.call(predictions.create("aws-databricks", REPORT, LOG, project))
    assert service.call(predictions.status(prediction))
    assert service.call(predictions.get(prediction, "economy")).project_id == project
    found = service.call(predictions.newest(project))
    assert found is not None
    assert found.id == prediction
    assert [each.id for each in service.call(predictions.listed("aws-databricks", project))] == [prediction]


def test_workspaces_are_an_admin_s(world: World, url: str, service: Client) -> None:
    with pytest.raises(NotPermitted):
        service.call(workspaces.create("4711", databricks_host="https://x"))
    key = world.keys["ours", "admin"]
    with Client(url, key.id, key.secret) as admin:
        made = admin.call(workspaces.create("4711", databricks_host="https://x", databricks_token="dapi-1"))  # noqa: S106
        assert "dapi-1" not in str(made.document)
        assert admin.call(workspaces.update("4711", aws_region="us-east-1")).document["aws_region"] == "us-east-1"
        assert "4711" in [each.id for each in admin.call(workspaces.listed())]
        assert admin.call(workspaces.renew_webhook_credentials("4711"))
        assert admin.call(workspaces.delete("4711"))


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        (lambda: projects.get("nobody"), NotFound),
        (lambda: projects.create(""), InputError),
        (lambda: projects.create("n", description="x" * 100_000), InputError),
        (lambda: predictions.create("gcp-dataproc", {}, LOG), InputError),
        (lambda: predictions.create("aws-emr", {}, LogAt("file:///etc/passwd")), InputError),
    ],
)
def test_refusals_are_of_the_kind_that_the_service_means(
    service: Client, operation: Callable[[], Operation[object]], kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        service.call(operation())


def test_signing_in(world: World, url: str) -> None:
    key = world.keys["ours", "viewer"]
    with Client(url, key.id, "wrong") as stranger, pytest.raises(NotSignedIn):
        stranger.token()
    with Client(url, key.id, key.secret) as viewer:
        assert viewer.token().text == viewer.token().text
        with pytest.raises(NotPermitted):
            viewer.call(projects.create("nightly"))


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    return nights(tmp_path_factory.mktemp("nights"))


@pytest.fixture(scope="module")
def night_url(night: Nights) -> Iterator[str]:
    yield from served(night.service)


def test_what_waits_is_approved_and_taken_back(night: Nights, night_url: str) -> None:
    key, project = night.service.keys["ours", "operator"], night.project.id
    with Client(night_url, key.id, key.secret) as client:
        assert "runtime" in [each.name for each in client.call(goals.metrics())]
        wanted = client.call(goals.get(project))
        assert (wanted.goal, wanted.mode, wanted.is_in_force) == ("minimise cost", "approve", True)
        standing = client.call(goals.mode(project))
        waiting = client.call(approvals.listed())
        assert waiting == client.call(approvals.listed(also_other=True))
        assert client.call(approvals.waits(project)) == waiting[0]
        assert (standing.mode, standing.waits, standing.spec) == ("approve", waiting[0].waits, waiting[0].from_spec)
        assert waiting[0].needs_approval
        newest = client.call(history.explain(project))
        assert (newest.id, newest.to_spec, newest.is_applied) == (waiting[0].decision, waiting[0].to_spec, False)
        assert client.call(history.decisions(project))[0].document == newest.document
        assert client.call(history.verify(project)).get("counts") == {"identical": 1}
        done = client.call(approvals.approve(project, newest.id))
        assert (done.decision, done.spec, done.waits) == (newest.id, newest.to_spec, None)
        assert client.call(approvals.waits(project)) is None
        with pytest.raises(Conflict):
            client.call(approvals.approve(project))
        back = client.call(approvals.roll_back(project, "baseline", "too early"))
        assert (back.spec, back.left) == (waiting[0].from_spec, newest.to_spec)
        ran = client.call(history.runs(project))
        assert [each.number for each in ran] == [2, 1]
        assert all(each.seconds > 0 and each.dollars > 0 and each.outcome == "succeeded" for each in ran)
        assert client.call(history.savings(project)).runs == len(ran)
        assert client.call(history.savings_of_all("owner")).get("by") == "owner"
        assert client.call(history.calibration(project)).get("predictions") is not None
        with pytest.raises(NotFound):
            client.call(history.forecast(project))


def test_what_an_owner_says_without_blocking(night: Nights, night_url: str) -> None:
    key, project = night.service.keys["ours", "operator"], night.project.id

    async def work() -> None:
        async with AsyncClient(night_url, key.id, key.secret) as client:
            wanted = await client.call(goals.set_goal(project, "minimise runtime; cost <= 9$", "propose"))
            assert wanted.mode == "propose"
            standing = await client.call(goals.set_mode(project, "shadow", {"rescue": "auto"}))
            assert (standing.mode, standing.modes["rescue"], standing.modes["memory"]) == ("shadow", "auto", "shadow")
            freezes = ["2026-12-20 to 2027-01-06"]
            assert list(await client.call(goals.freeze(project, freezes))) == freezes
            assert await client.call(goals.freeze(project, [])) == ()
            told = await client.call(goals.restrict(project, trials="3", pins={"slots": ["8"]}))
            assert told["own"] == {"modes": ["rescue auto"], "pins": ["slots 8"], "trials": ["3"]}
            said = await client.call(goals.describe(project, "ada", {"team": "sales"}, is_idempotent=True))
            assert said == {"owner": "ada", "tags": {"team": "sales"}, "is_idempotent": True}

    asyncio.run(work())


def test_without_blocking(world: World, url: str) -> None:
    key = world.keys["theirs", "operator"]

    async def work() -> None:
        async with AsyncClient(url, key.id, key.secret) as client:
            made = await asyncio.gather(*(client.call(projects.create(f"n{number}")) for number in range(5)))
            every = await client.call(projects.listed())
            assert {each.id for each in made} <= {each.id for each in every}
            assert await client.call(predictions.create("aws-databricks", REPORT, LOG))

    asyncio.run(work())


def test_a_log_that_is_too_large(service: Client) -> None:
    with pytest.raises(TooLarge):
        service.call(predictions.create("aws-emr", {}, LogFile.of("log", b"x" * (MOST_BYTES + 1))))

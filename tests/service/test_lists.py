"""The list of projects page by page, and a project by the name it has there."""

from pathlib import Path

from tests.service.story import whole_story
from tests.service.world import new_world

from setpoint.service.names import AccountLedger
from setpoint.service.site import MOST_ON_PAGE


def test_every_project_is_on_one_page_and_found_by_its_name(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    for number in range(7):
        row = world.store.projects.add("ours", name=f"name {number % 5}")
        world.ledger.append(row.stream, *whole_story()[:2])
    world.store.projects.add("theirs", name="name 0")
    read = AccountLedger(world.ledger, world.store.projects, "ours")
    shown = [each for page in range(4) for each in read.page(page, 2)]
    assert len({label for label, _ in shown}) == len({row.id for _, row in shown}) == read.count() == 7
    for label, row in shown:
        alone = AccountLedger(world.ledger, world.store.projects, "ours")
        assert alone.row(label) == row
        assert alone.row(row.id) == row
    assert read.row("name 0") is None
    assert {label for label, _ in shown} == set(read.projects()) == set(read.versions())


def test_the_first_page_leads_to_the_next(tmp_path: Path) -> None:
    world = new_world(tmp_path)
    for number in range(MOST_ON_PAGE + 3):
        world.store.projects.add("ours", name=f"pipeline {number:03d}")
    client = world.anybody()
    client.cookies.set("setpoint_session", world.token("ours"))
    first, second = client.get("/").text, client.get("/?page=1").text
    assert first.count('<tr role="row">') == MOST_ON_PAGE
    assert second.count('<tr role="row">') == 3
    assert f"1 to {MOST_ON_PAGE} of {MOST_ON_PAGE + 3}" in first
    for odd in ("-1", "x", "9" * 40, "²"):
        assert client.get("/", params={"page": odd}).status_code == 200

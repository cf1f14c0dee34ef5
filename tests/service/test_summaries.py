import pytest
from starlette.testclient import TestClient
from tests.core.savings.plants import plant
from tests.service.story import Shelf, Story, whole_story

from setpoint.core.history import GoalSet
from setpoint.service.app import create_app
from setpoint.service.summaries import Summaries, forecast_of

EVIL = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def pages() -> TestClient:
    shelf = Shelf(orders=whole_story(), sales=plant(1, growth=0.01).entries, fresh=Story().begin().entries)
    shelf.books[EVIL] = tuple(Story().begin().run().run().entries)
    return TestClient(create_app(shelf), base_url="http://127.0.0.1:8765")


@pytest.mark.parametrize(
    "path", ["/savings", "/savings?by=owner", "/savings?by=group", "/savings?by=nonsense", "/calibration"]
)
def test_pages_show_every_project_as_text(pages: TestClient, path: str) -> None:
    page = pages.get(path)
    assert page.status_code == 200
    assert EVIL not in page.text
    assert "<svg" in page.text


def test_savings_name_projects_without_evidence_as_not_known(pages: TestClient) -> None:
    text = pages.get("/savings").text
    assert "not known" in text
    assert "with 90" in text
    assert "/projects/sales" in text


def test_the_page_of_a_project_says_what_it_saved_and_what_growth_does(pages: TestClient) -> None:
    text = pages.get("/projects/sales").text
    assert "The input changes by +7.2% a week" in text
    assert "All savings" in text
    assert "Too few runs to tell a trend" in pages.get("/projects/fresh").text


def test_an_empty_ledger_has_pages_too() -> None:
    empty = TestClient(create_app(Shelf()), base_url="http://127.0.0.1:8765")
    assert "No run yet" in empty.get("/savings").text
    assert "No prediction has been held" in empty.get("/calibration").text


def test_summaries_are_kept_until_the_ledger_grows() -> None:
    summaries, story = Summaries.of(lambda _: ()), Story().begin().run().run()
    before = summaries.account("orders", tuple(story.entries))
    assert summaries.account("orders", tuple(story.entries)) is before
    assert summaries.account("orders", tuple(story.run().entries)) is not before
    assert summaries.account("orders", ()).runs == ()


def test_a_goal_of_another_version_has_no_forecast() -> None:
    story = Story().begin().run()
    story.entries.append(GoalSet("be nice", "auto", story.now))
    assert forecast_of(story.entries) is None

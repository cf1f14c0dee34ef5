"""The project page in a real browser, over a real server."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page
from tests.service.story import Shelf, Story, whole_story

from setpoint.core.domain import Outcome
from setpoint.service.server import BackgroundServer

pytestmark = pytest.mark.browser


SET_POINT_COLORS = {"light": "#b4540a", "dark": "#ffb066"}


@dataclass
class Watched:
    """A page with what it asked for and complained of."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    hosts: set[str | None] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.hosts.add(urlsplit(request.url).hostname))


@pytest.fixture
def story() -> Story:
    return Story(entries=list(whole_story()), runs=25)


@pytest.fixture
def shelf(story: Story) -> Shelf:
    evil = Story().begin().run(Outcome.FAILED, "application", "<img src=x onerror=alert(1)>")
    return Shelf(orders=story.entries, evil=evil.entries, fresh=Story().begin().entries)


@pytest.fixture
def address(shelf: Shelf) -> Iterator[str]:
    server = BackgroundServer(shelf)
    yield server.start()
    server.stop()


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    page = browser.new_page()
    yield Watched(page)
    page.close()


def traces(page: Page, chart: str) -> dict[str, str | None]:
    """Names and line colours of what the chart was given, after the style sheet filled them in."""
    found: dict[str, str | None] = page.evaluate(
        "(chart) => Object.fromEntries(document.querySelector(chart).data.map((t) => [t.name, t.line?.color]))",
        chart,
    )
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1400])
def test_both_charts_are_drawn_with_the_set_point_and_nobody_else_is_asked(
    browser: Browser, address: str, scheme: Literal["light", "dark"], width: int
) -> None:
    page = browser.new_page(
        viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    watched = Watched(page)
    page.goto(f"{address}/projects/orders")
    for chart in ("#chart-cost", "#chart-runtime"):
        page.wait_for_selector(f"{chart} .scatterlayer .trace path.js-line[style*='dasharray']", state="attached")
        assert page.locator(f"{chart} .scatterlayer .trace .points path").count() > 24
        shown = traces(page, chart)
        assert {"predicted, 90 %", "set point", "actual", "rollback"} <= shown.keys()
        assert shown["set point"] == SET_POINT_COLORS[scheme]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert watched.complaints == []
    assert watched.hosts == {"127.0.0.1"}
    page.close()


def test_a_new_run_appears_by_itself(watched: Watched, address: str, shelf: Shelf, story: Story) -> None:
    page = watched.page
    page.goto(f"{address}/projects/orders")
    page.wait_for_selector("#chart-cost .scatterlayer .trace .points path")
    page.evaluate("window.sameDocument = true")
    shelf.books["orders"] = tuple(story.run().hold("all is well").entries)
    page.wait_for_selector("table.runs tbody tr:first-child th:has-text('26')", timeout=30_000)
    page.wait_for_function("document.querySelector('#chart-cost').data[2].x.at(-1) === 26")
    assert page.evaluate("window.sameDocument")
    assert watched.complaints == []


@pytest.mark.parametrize("width", [400, 1400])
def test_a_price_opens_from_the_keyboard_and_without_a_script(browser: Browser, address: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, java_script_enabled=False)
    page.goto(f"{address}/projects/orders")
    for price in ("#price-card", "#price-weighed-1", "#price-run-7"):
        assert not page.locator(f"{price} .spent").is_visible()
        page.locator(f"{price} summary").focus()
        page.keyboard.press("Enter")
        assert page.locator(f"{price} .spent li").count() == 2
        assert page.locator(f"{price} .spent").is_visible()
        box = page.locator(f"{price} .spent").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    page.close()


@pytest.mark.parametrize("path", ["/", "/projects/orders"])
def test_opened_prices_do_not_widen_a_narrow_page(browser: Browser, address: str, path: str) -> None:
    page = browser.new_page(viewport={"width": 400, "height": 900})
    page.goto(address + path)
    page.evaluate("document.querySelectorAll('details.price').forEach((each) => { each.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.close()


def test_what_was_opened_stays_open_when_a_run_comes_in(
    watched: Watched, address: str, shelf: Shelf, story: Story
) -> None:
    page = watched.page
    page.goto(f"{address}/projects/orders")
    page.locator("#price-run-25 summary").focus()
    page.keyboard.press("Enter")
    shelf.books["orders"] = tuple(story.run().hold("all is well").entries)
    page.wait_for_selector("table.runs tbody tr:first-child th:has-text('26')", timeout=30_000)
    assert page.evaluate("document.activeElement.closest('details')?.id") == "price-run-25"
    assert page.locator("details.price[open]").count() == 1
    assert page.locator("#price-run-25[open]").count() == 1
    assert watched.complaints == []


def test_the_first_run_brings_the_charts(watched: Watched, address: str, shelf: Shelf) -> None:
    page = watched.page
    page.goto(f"{address}/projects/fresh")
    assert page.locator("#chart-cost").count() == 0
    shelf.books["fresh"] = tuple(Story().begin().run().entries)
    page.wait_for_selector("#chart-cost .scatterlayer .trace .points path", timeout=30_000)
    assert watched.complaints == []


def test_words_of_others_stay_text(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(f"{address}/projects/evil")
    page.wait_for_selector("#chart-cost .scatterlayer .trace .points path")
    place = page.locator("#chart-cost .scatterlayer .trace .points path").first.bounding_box()
    assert place is not None
    page.mouse.move(place["x"] + place["width"] / 2 - 2, place["y"] + place["height"] / 2)
    page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    page.wait_for_selector("#chart-cost .hoverlayer text >> text=<img src=x")
    assert page.locator("img[src=x]").count() == 0
    assert watched.complaints == []


def test_a_page_whose_server_is_gone_says_so(watched: Watched, shelf: Shelf) -> None:
    server = BackgroundServer(shelf)
    watched.page.goto(f"{server.start()}/projects/orders")
    watched.page.wait_for_selector("#live:has-text('live')")
    server.stop()
    watched.page.wait_for_selector("#live:has-text('not connected')", timeout=30_000)

"""Savings, forecast and calibration in a real browser, without a script."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from tests.core.savings.plants import plant
from tests.service.story import Shelf, Story, whole_story

from setpoint.service.server import BackgroundServer

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    shelf = Shelf(orders=whole_story(), sales=plant(1, growth=0.01).entries, fresh=Story().begin().entries)
    shelf.books["a-name-without-any-space-that-is-much-longer-than-a-narrow-screen"] = tuple(whole_story())
    server = BackgroundServer(shelf)
    yield server.start()
    server.stop()


@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("path", ["savings", "savings?by=owner", "calibration", "projects/sales"])
def test_pictures_are_drawn_within_the_page(browser: Browser, address: str, path: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, java_script_enabled=False)
    page.goto(f"{address}/{path}")
    drawn = page.locator("svg.interval, svg.reliability, svg.span")
    assert drawn.count() >= 1
    for place in range(drawn.count()):
        box = drawn.nth(place).bounding_box()
        assert box is not None
        assert box["width"] > 60
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    assert page.locator("body").evaluate("(body) => body.scrollWidth") <= width
    page.close()

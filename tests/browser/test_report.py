"""The report of `setpoint profile --html` in a real browser, out of a file and without a network."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser
from tests.browser.test_dashboard import Watched
from tests.core.rich_run import rich_run
from tests.core.runs import healthy

from setpoint.report.page import report

pytestmark = pytest.mark.browser

COMPUTING_COLORS = {"light": "#2f6fce", "dark": "#5b93ea"}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    page: Path = tmp_path_factory.mktemp("report") / "report.html"
    page.write_text(report([rich_run(), healthy()]), encoding="utf-8")
    return page.as_uri()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1400])
def test_every_run_has_its_charts_and_nobody_is_asked(
    browser: Browser, address: str, scheme: Literal["light", "dark"], width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    watched = Watched(page)
    page.goto(address)
    for number, stages in ((0, 24), (1, 1)):
        page.wait_for_selector(f"#timeline-{number} .barlayer .point", state="attached")
        assert page.locator(f"#timeline-{number} .barlayer .point").count() == stages
        assert page.locator(f"#tasks-{number} .boxlayer .trace").count() == min(5, stages)
    colors = page.evaluate("document.querySelector('#timeline-1').data.map((trace) => trace.marker?.color)")
    assert COMPUTING_COLORS[scheme] in colors
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert watched.complaints == []
    assert watched.hosts <= {None}
    page.close()


def test_words_of_others_stay_text_when_pointed_at(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    watched = Watched(page)
    page.goto(address)
    bar = page.locator("#timeline-0 .barlayer .point path").first
    bar.scroll_into_view_if_needed()
    bar.hover(force=True)
    page.wait_for_selector("#timeline-0 .hoverlayer text >> text=<img src=x")
    assert page.locator("img").count() == 0
    assert watched.complaints == []
    page.close()

"""The page of `setpoint study` in a real browser, out of a file and without a network."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser
from tests.browser.test_dashboard import Watched
from tests.core.test_study import made
from tests.report.test_study_page import EVIL, RUNS

from setpoint.core.study import Sample
from setpoint.report.study_page import study_report

pytestmark = pytest.mark.browser

PHOTON_COLORS = {"light": "#c9731a", "dark": "#f0a355"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1400])
def test_both_views_are_drawn_and_nobody_is_asked(
    browser: Browser, tmp_path: Path, scheme: Literal["light", "dark"], width: int
) -> None:
    evil = Sample(spec=RUNS[0].spec, name=EVIL, seconds=1.0)
    path = tmp_path / "study.html"
    path.write_text(study_report(made(*RUNS, evil), "Nightly"), encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    watched = Watched(page)
    page.goto(path.as_uri())
    for place in ("#study-total", "#study-dbu"):
        page.wait_for_selector(f"{place} .scatterlayer .point", state="attached")
        assert page.locator(f"{place} .scatterlayer .point").count() == 7
        colors = page.evaluate(f"document.querySelector('{place}').data.map((trace) => trace.marker?.color)")
        assert PHOTON_COLORS[scheme] in colors
    assert page.locator("img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert watched.complaints == []
    assert watched.hosts <= {None}
    page.close()

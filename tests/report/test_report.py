"""The report: all numbers, nothing that others wrote as markup, and lanes on which no stage covers another."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from tests.core.rich_run import EVIL, rich_run
from tests.core.runs import any_run, healthy

from setpoint.core.diagnosis import diagnose
from setpoint.core.profile import Profile
from setpoint.report.lanes import lanes
from setpoint.report.page import report
from setpoint.report.parts import slot_parts, wall_parts


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen += [tag, *(name for name, _ in attrs)]


def tags(page: str) -> set[str]:
    found = Tags()
    found.feed(page)
    return set(found.seen)


def test_words_of_others_stay_text() -> None:
    page = report([rich_run()])

    assert EVIL not in page
    assert not {"img", "onerror"} & tags(page)
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_charts_escape_what_the_library_takes_for_markup() -> None:
    found = re.search(r'<script type="application/json" id="figures">(.*?)</script>', report([rich_run()]), re.DOTALL)
    assert found is not None
    figures = json.loads(found[1])

    assert figures.keys() == {"timeline-0", "tasks-0"}
    texts = [text for trace in figures["timeline-0"]["data"] for text in trace.get("hovertext", [])]
    assert len(texts) == 24
    assert not [text for text in texts if "<img" in text]


def test_it_opens_without_a_network() -> None:
    page = report([rich_run()])

    assert not re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="(?!data:)', page)
    assert "Plotly" in page


def test_every_run_has_its_section() -> None:
    page = report([healthy(), rich_run()])

    assert page.count("<article") == 2
    assert {"timeline-0", "timeline-1"} <= set(re.findall(r'id="(timeline-\d)"', page))


def test_a_run_without_stages_has_no_chart() -> None:
    page = report([replace(healthy(), stages=(), jobs=())])

    assert "Plotly" not in page
    assert "What to change" in page


@settings(max_examples=25, deadline=None)
@given(any_run())
def test_any_run_has_a_report(run: Profile) -> None:
    assert "</html>" in report([run])


@pytest.mark.parametrize("epoch", [-1.0, 0.0, 1e18, float("nan")])
def test_a_start_that_is_no_date_is_left_out(epoch: float) -> None:
    run = healthy()
    page = report([replace(run, application=replace(run.application, started_epoch_seconds=epoch))])

    assert "UTC" not in page.partition("<h2>")[0].partition("<h1>")[2]


@given(any_run())
def test_parts_cover_the_whole(run: Profile) -> None:
    found = diagnose(run)

    assert sum(part.seconds for part in wall_parts(found)) == pytest.approx(found.wall.total_seconds, abs=1e-6)
    assert sum(part.seconds for part in slot_parts(found)) == pytest.approx(found.slots.total_seconds, abs=1e-6)


@given(any_run())
def test_no_stage_covers_another(run: Profile) -> None:
    bars = lanes(zip(run.stages, diagnose(run).stages, strict=True))

    assert len(bars) == len(run.stages)
    for bar in bars:
        for other in bars:
            if bar is not other and bar.lane == other.lane:
                first, second = sorted((bar.stage, other.stage), key=lambda stage: (stage.submitted, stage.completed))
                assert max(first.submitted, first.completed) <= second.submitted

"""The page of a study: everything of the table, nothing that others wrote as markup, the same for any order."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

from hypothesis import given, settings
from tests.core.test_study import SAMPLES, made, spec

from setpoint.core.domain import ClusterSpec, Outcome
from setpoint.core.study import Sample
from setpoint.report.study_bars import MOST_BARS, cost_bars, runtime_bars, unit_bars
from setpoint.report.study_chart import study_figure
from setpoint.report.study_page import study_report

EVIL = "<img src=x onerror=alert(1)>"
RUNS = tuple(
    Sample(spec=spec(name, photon=photon), seconds=1000.0 / (position + 1) + repeat, startup_seconds=200.0)
    for position, name in enumerate(("m5.xlarge", "m6g.xlarge", "r5.xlarge"))
    for photon in (False, True)
    for repeat in (0, 10)
)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen += [tag, *(name for name, _ in attrs)]


def test_words_of_others_stay_text() -> None:
    broken = Sample(spec=spec("c5.2xlarge"), name="x", seconds=None, outcome=Outcome.FAILED, error=EVIL)
    page = study_report(made(*(replace(run, name=EVIL) for run in RUNS), broken), EVIL)
    found = Tags()
    found.feed(page)

    assert EVIL not in page
    assert not {"img", "onerror"} & set(found.seen)


def test_it_opens_without_a_network() -> None:
    page = study_report(made(*RUNS))

    assert not re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="(?!data:)', page)
    assert "Plotly" in page


def test_both_views_are_drawn_and_explained() -> None:
    page = study_report(made(*RUNS))
    found = re.search(r'<script type="application/json" id="figures">(.*?)</script>', page, re.DOTALL)
    assert found is not None

    assert json.loads(found[1]).keys() == {"study-total", "study-dbu"}
    assert page.count("<b>In it:</b>") == 2
    assert "instances, their start-up and their market, disks" in page
    for name in ("standard", "Graviton", "Photon", "Graviton + Photon"):
        assert f"</span>{name}</li>" in page


def test_a_figure_has_every_spec_once_and_the_front() -> None:
    view = made(*RUNS).total
    assert view is not None
    front, *groups = json.loads(json.dumps(study_figure(view)["data"]))

    assert sum(len(group["x"]) for group in groups) == len(view.places)
    assert front["y"] == [place.dollars for place in view.front]


def test_specs_without_a_price_are_in_the_table_only() -> None:
    found = made(*RUNS, Sample(spec=spec("zz9.large"), seconds=5.0))
    page = study_report(found)
    figures = re.search(r'id="figures">(.*?)</script>', page, re.DOTALL)
    assert figures is not None

    assert "zz9.large" not in figures[1]
    assert "not priced: no price of zz9.large" in page


def test_a_study_in_which_nothing_has_a_price_has_no_picture_of_costs() -> None:
    page = study_report(made(Sample(spec=spec("zz9.large"), seconds=5.0)))

    assert "Plotly" not in page
    assert "not priced" in page


def test_bars_of_one_instance_type_stand_together() -> None:
    groups = unit_bars(made(*RUNS))

    assert [len(group.bars) for group in groups] == [2, 2, 2]
    assert {group.name for group in groups} == {"m5.xlarge", "m6g.xlarge", "r5.xlarge"}


def test_of_very_many_specs_the_best_have_bars() -> None:
    found = made(*(Sample(spec=ClusterSpec.local(slots, 1024), seconds=9.0) for slots in range(1, 100)))

    assert sum(len(group.bars) for group in cost_bars(found)) == MOST_BARS
    assert f"The first {MOST_BARS}" in study_report(found)


@given(SAMPLES)
def test_bars_are_as_long_as_their_parts_and_no_longer_than_the_page(samples: list[Sample]) -> None:
    for groups in (runtime_bars(made(*samples)), unit_bars(made(*samples)), cost_bars(made(*samples))):
        for group in groups:
            for bar in group.bars:
                assert sum(segment.share for segment in bar.segments) <= 1 + 1e-9
                assert bar.least_share is None or 0 <= bar.least_share <= (bar.most_share or 0) <= 1


@settings(max_examples=15, deadline=None)
@given(SAMPLES)
def test_any_study_has_a_page_and_the_order_means_nothing(samples: list[Sample]) -> None:
    page = study_report(made(*samples))

    assert "</html>" in page
    assert page == study_report(made(*reversed(samples)))

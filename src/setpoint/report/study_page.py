"""Study → one HTML file with its pictures inside: it opens without a network, and every picture has its table."""

from dataclasses import dataclass
from functools import cached_property

from setpoint.core import words
from setpoint.core.study import Study, StudyRow, StudyView
from setpoint.core.study.explained import counted_in, left_out
from setpoint.core.study.findings import findings
from setpoint.core.study.groups import StudyGroup
from setpoint.core.study.rows import PARTS
from setpoint.core.study.samples import spec_words
from setpoint.core.study.table import Value, table
from setpoint.report.frame import chart_library, inlined, templates
from setpoint.report.study_bars import MOST_BARS, BarGroup, cost_bars, runtime_bars, unit_bars
from setpoint.report.study_chart import FRONT, groups_in, study_figure

__all__ = ["study_report"]


@dataclass(frozen=True)
class Picture:
    """Cost against runtime in one view."""

    place: str
    title: str
    view: StudyView
    inside: tuple[str, ...]
    outside: tuple[str, ...]

    @property
    def groups(self) -> list[StudyGroup]:
        """For the legend."""
        return groups_in(self.view)


@dataclass(frozen=True)
class Bars:
    """One set of bars."""

    title: str
    groups: tuple[BarGroup, ...]
    legend: tuple[tuple[str, str], ...]
    """Class of the colour, and name."""
    note: str

    @property
    def count(self) -> int:
        """So many bars."""
        return sum(len(group.bars) for group in self.groups)


@dataclass(frozen=True)
class StudyPage:
    """What the page shows."""

    study: Study
    title: str

    @property
    def findings(self) -> tuple[str, ...]:
        """In sentences."""
        return findings(self.study)

    @cached_property
    def pictures(self) -> tuple[Picture, ...]:
        """The total first: it is what is paid."""
        views = (
            ("study-total", "Total cost against runtime", self.study.total),
            ("study-dbu", "Databricks units alone against runtime", self.study.dbu),
        )
        return tuple(
            Picture(place, title, view, counted_in(self.study, view.kind), left_out(self.study, view.kind))
            for place, title, view in views
            if view is not None
        )

    @cached_property
    def bars(self) -> tuple[Bars, ...]:
        """Runtime, units, and all dollars part by part; those that have no bar left out."""
        groups = tuple(
            (f"group-{group.key}", group.name)
            for group in sorted({row.group for row in self.study.rows if row.seconds})
        )
        parts = tuple(
            (f"cost-{key}", name)
            for key, (name, _) in PARTS.items()
            if any(row.part(key) is not None for row in self.study.rows)
        )
        found = (
            Bars("Runtime", runtime_bars(self.study), groups, _runtime_note(self.study)),
            Bars(
                "Cost of Databricks units alone", unit_bars(self.study), groups, "; ".join(left_out(self.study, "dbu"))
            ),
            Bars(
                "Total cost by what it is spent on",
                cost_bars(self.study),
                parts,
                "; ".join(left_out(self.study, "total")),
            ),
        )
        return tuple(each for each in found if each.groups)

    @cached_property
    def lines(self) -> list[tuple[StudyRow, dict[str, Value]]]:
        """The table."""
        return list(zip(self.study.rows, table(self.study), strict=True))

    @cached_property
    def columns(self) -> list[tuple[str, str]]:
        """Parts of the cost that any spec has."""
        rows = self.study.rows
        return [(key, name) for key, (name, _) in PARTS.items() if any(row.part(key) is not None for row in rows)]

    @cached_property
    def has(self) -> dict[str, bool]:
        """Which columns there is something in, besides those that are always shown."""
        samples = [row.samples for row in self.study.rows]
        return {
            "dbu": self.study.dbu is not None,
            "measured_dbu": any(each.dbu is not None for each in samples),
            "billed": any(each.billed_dollars is not None for each in samples),
        }


def study_report(study: Study, title: str = "Study") -> str:
    """The page of a study."""
    page = StudyPage(study, title)
    figures = {picture.place: study_figure(picture.view) for picture in page.pictures}
    jinja = templates()
    jinja.globals.update(
        dollars=words.dollars, counted=words.counted, spec_words=spec_words, front=FRONT, most_bars=MOST_BARS
    )
    return jinja.get_template("study.html").render(
        page=page,
        study=study,
        figures=figures,
        style=inlined("setpoint.service", "dashboard/assets/style.css")
        + inlined(__package__, "assets/report.css")
        + inlined(__package__, "assets/study.css"),
        script=inlined("setpoint.service", "dashboard/assets/figures.js") + inlined(__package__, "assets/study.js"),
        charts=chart_library() if figures else "",
    )


def _runtime_note(study: Study) -> str:
    repeated = any(len(row.samples.runs) > 1 for row in study.rows)
    start = "without the start-up of machines" if any(row.samples.startup_seconds for row in study.rows) else ""
    said = [
        "the median of the runs, with a line from the shortest to the longest" if repeated else "one run each",
        start,
    ]
    return ", ".join(part for part in said if part)

"""Profiles → one HTML file with its style, its script and the chart library inside: it opens without a network."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from jinja2 import Environment

from setpoint.core.diagnosis import Diagnosis, StageShare, diagnose
from setpoint.core.profile import Profile, Stage
from setpoint.report.charts import Figure, tasks_figure, timeline_figure
from setpoint.report.frame import chart_library, inlined, templates
from setpoint.report.lanes import Bar, lanes
from setpoint.report.parts import Part, computing, mostly, slot_parts, wall_parts

__all__ = ["report"]

_STAGES_LISTED = 100
_EXECUTIONS_LISTED = 100
"""The longest of each; all that the profile keeps is in the JSON."""


@dataclass(frozen=True)
class Section:
    """What the page shows of one application attempt."""

    number: int
    profile: Profile
    diagnosis: Diagnosis

    @property
    def started_at(self) -> datetime | None:
        """When the application started; None where the log does not say, or says nonsense."""
        epoch = self.profile.application.started_epoch_seconds
        try:
            return datetime.fromtimestamp(epoch, UTC) if epoch > 0 else None
        except (OverflowError, OSError, ValueError):
            return None

    @property
    def wall(self) -> tuple[Part, ...]:
        """The wall time."""
        return wall_parts(self.diagnosis)

    @property
    def slots(self) -> tuple[Part, ...]:
        """The slot time."""
        return slot_parts(self.diagnosis)

    @cached_property
    def bars(self) -> tuple[Bar, ...]:
        """The stages on the timeline."""
        return lanes(zip(self.profile.stages, self.diagnosis.stages, strict=True))

    @property
    def kinds(self) -> tuple[tuple[str, str], ...]:
        """What stages mostly did, for the legend of the timeline."""
        return tuple(dict.fromkeys(self.mostly(bar.share) for bar in self.bars))

    @property
    def stages(self) -> list[tuple[Stage, StageShare]]:
        """Those that took most slot time, most first."""
        pairs = zip(self.profile.stages, self.diagnosis.stages, strict=True)
        return sorted(pairs, key=lambda pair: -pair[1].slot_seconds)[:_STAGES_LISTED]

    @property
    def executions(self) -> list[object]:
        """The longest SQL executions, longest first."""
        return [*sorted(self.profile.sql, key=lambda each: each.started - each.ended)[:_EXECUTIONS_LISTED]]

    def mostly(self, share: StageShare) -> tuple[str, str]:
        """What the tasks of a stage did most."""
        return mostly(share.time, computing(self.diagnosis))

    @property
    def figures(self) -> dict[str, Figure]:
        """The charts by the id of their place; none where no stage ran."""
        if not self.profile.stages:
            return {}
        found = {f"timeline-{self.number}": timeline_figure(self.profile, self.bars, self.diagnosis)}
        if any(stage.task_seconds for stage in self.profile.stages):
            found[f"tasks-{self.number}"] = tasks_figure(self.profile, self.diagnosis.top_stages)
        return found


def report(profiles: Iterable[Profile]) -> str:
    """The page of these runs, one section each."""
    sections = [Section(number, profile, diagnose(profile)) for number, profile in enumerate(profiles)]
    figures = {place: figure for section in sections for place, figure in section.figures.items()}
    return (
        _templates()
        .get_template("report.html")
        .render(
            sections=sections,
            figures=figures,
            style=inlined("setpoint.service", "dashboard/assets/style.css") + inlined(__package__, "assets/report.css"),
            script=inlined("setpoint.service", "dashboard/assets/figures.js")
            + inlined(__package__, "assets/report.js"),
            charts=chart_library() if figures else "",
        )
    )


def _templates() -> Environment:
    jinja = templates()
    jinja.globals.update(reads=_reads, title=_title)
    return jinja


def _reads(names: Sequence[str]) -> str:
    """Reasons in a row."""
    return "; ".join(names)


def _title(rule: str) -> str:
    """A rule as a heading.

    >>> _title("gc-pressure"), _title("few-partitions")
    ('GC pressure', 'Few partitions')
    """
    words_of = rule.split("-")
    first = words_of[0].upper() if words_of[0] == "gc" else words_of[0].capitalize()
    return " ".join((first, *words_of[1:]))

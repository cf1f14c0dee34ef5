"""Profiles → one HTML file with its style, its script and the chart library inside: it opens without a network."""

import importlib.util
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from setpoint.core.diagnosis import Diagnosis, StageShare, diagnose
from setpoint.core.profile import Profile, Stage
from setpoint.errors import InputError
from setpoint.report.charts import Figure, tasks_figure, timeline_figure
from setpoint.report.lanes import Bar, lanes
from setpoint.report.parts import Part, computing, mostly, slot_parts, wall_parts
from setpoint.service import words

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
        _jinja()
        .get_template("report.html")
        .render(
            sections=sections,
            figures=figures,
            style=_inlined("setpoint.service", "dashboard/assets/style.css")
            + _inlined(__package__, "assets/report.css"),
            script=_inlined(__package__, "assets/report.js"),
            charts=_chart_library() if figures else "",
        )
    )


def _jinja() -> Environment:
    """The templates; what they may call is listed here."""
    jinja = Environment(
        loader=PackageLoader("setpoint.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.globals.update(
        data_size=words.data_size,
        duration=words.duration,
        moment=words.moment,
        percent=words.percent,
        sentence=words.sentence,
        reads=_reads,
        title=_title,
    )
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


def _inlined(package: str, path: str) -> Markup:
    return Markup(files(package).joinpath(path).read_text(encoding="utf-8"))  # noqa: S704 - our own file


def _chart_library() -> Markup:
    spec = importlib.util.find_spec("plotly")
    if spec is None:
        raise InputError("The report needs the package plotly, which is not installed; install setpoint again.")
    return _inlined("plotly", "package_data/plotly.min.js")

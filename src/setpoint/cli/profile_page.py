"""How `setpoint profile` looks in a terminal."""

from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from setpoint.core.diagnosis import Diagnosis
from setpoint.core.profile import Profile
from setpoint.core.words import duration
from setpoint.report.parts import Part, computing, mostly, slot_parts, wall_parts

__all__ = ["page", "render"]

_BAR_CELLS = 30
_MIB = 2**20
_SHOWN_SECONDS = 0.05


def render(console: Console, profile: Profile, diagnosis: Diagnosis) -> None:
    """Print where the time of a run went."""
    for block in page(profile, diagnosis):
        console.print(block, highlight=False)


def page(profile: Profile, diagnosis: Diagnosis) -> Iterator[Text | Table]:
    """Where the time of a run went, block by block."""
    application = profile.application
    counts = profile.counts
    engine = "" if profile.engine == "spark" else f", {profile.engine}"
    yield Text.from_markup(
        f"[bold]{escape(application.name or application.id)}[/bold]  {escape(application.id)}, Spark "
        f"{escape(application.spark_version)} ({profile.platform}{engine}): {duration(profile.wall_seconds)} on "
        f"{diagnosis.slot_count} slots; {counts.jobs:,} jobs, {counts.stages:,} stages, {counts.tasks:,} tasks, "
        f"{profile.input_bytes / _MIB:,.1f} MiB read"
    )
    yield from _completeness(profile)
    yield _split("Wall time", wall_parts(diagnosis))
    yield _split("Slot time", slot_parts(diagnosis))
    yield from _stages(diagnosis)
    yield from _findings(diagnosis)


def _completeness(profile: Profile) -> Iterator[Text]:
    complete = profile.completeness
    if complete.state != "complete":
        skipped = f", {complete.lines_skipped} line(s) skipped" if complete.lines_skipped else ""
        why = f": {'; '.join(complete.reasons)}" if complete.reasons else ""
        yield Text.from_markup(f"[yellow]The log is {complete.state.replace('_', ' ')}{skipped}{escape(why)}.[/yellow]")


def _split(title: str, parts: tuple[Part, ...]) -> Table:
    table = Table(title=title, title_justify="left", box=None, show_header=False)
    table.add_column(width=22)
    table.add_column(justify="right")
    table.add_column(justify="right")
    table.add_column()
    for part in parts:
        bar = "█" * round(part.share * _BAR_CELLS)
        table.add_row(part.name, f"{part.seconds:,.1f} s", f"{part.share:.0%}", bar)
    return table


def _stages(diagnosis: Diagnosis) -> Iterator[Table]:
    if not diagnosis.top_stages:
        return
    table = Table(title="Stages by slot time", title_justify="left", box=None)
    for heading in ("stage", "slot time", "mostly", "tasks", "median", "longest"):
        table.add_column(heading, justify="left" if heading in {"stage", "mostly"} else "right")
    for share in diagnosis.top_stages:
        table.add_row(
            escape(f"{share.id}.{share.attempt} {share.name}"),
            f"{share.slot_seconds:,.1f} s",
            mostly(share.time, computing(diagnosis))[1],
            f"{share.tasks:,}",
            f"{share.median_seconds:,.2f} s",
            f"{share.longest_seconds:,.2f} s",
        )
    yield table


def _findings(diagnosis: Diagnosis) -> Iterator[Text]:
    if not diagnosis.findings:
        yield Text("Nothing stands out.")
    for finding in diagnosis.findings:
        gain = f" [dim](up to {duration(finding.gain_seconds)})[/dim]" if finding.gain_seconds >= _SHOWN_SECONDS else ""
        yield Text.from_markup(f"[bold]{finding.rule}[/bold]  {escape(finding.evidence)}{gain}")
        yield Text.from_markup(f"  [dim]→ {escape(finding.advice)}[/dim]")

"""How `setpoint profile` looks in a terminal."""

from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from setpoint.core.diagnosis import Diagnosis
from setpoint.core.goals import METRICS
from setpoint.core.profile import Profile

__all__ = ["render"]

_BAR_CELLS = 30
_MIB = 2**20


def render(console: Console, profile: Profile, diagnosis: Diagnosis) -> None:
    """Print where the time of a run went."""
    application = profile.application
    tasks = sum(stage.tasks for stage in profile.stages)
    console.print(
        f"[bold]{escape(application.name or application.id)}[/bold]  {escape(application.id)}, Spark "
        f"{escape(application.spark_version)}: {_duration(profile.wall_seconds)} on {diagnosis.slot_count} slots; "
        f"{len(profile.jobs)} jobs, {len(profile.stages)} stages, {tasks:,} tasks, "
        f"{profile.input_bytes / _MIB:,.1f} MiB read",
        highlight=False,
    )
    _completeness(console, profile)
    console.print(_split("Wall time", list(_wall(diagnosis)), diagnosis.wall.total_seconds))
    console.print(_split("Slot time", list(_slots(diagnosis)), diagnosis.slots.total_seconds))
    _stages(console, diagnosis)
    _findings(console, diagnosis)


def _completeness(console: Console, profile: Profile) -> None:
    complete = profile.completeness
    if complete.state != "complete":
        skipped = f", {complete.lines_skipped} line(s) skipped" if complete.lines_skipped else ""
        why = f": {'; '.join(complete.reasons)}" if complete.reasons else ""
        console.print(f"[yellow]The log is {complete.state.replace('_', ' ')}{skipped}{escape(why)}.[/yellow]")


def _wall(diagnosis: Diagnosis) -> Iterator[tuple[str, float]]:
    yield "start-up", diagnosis.wall.startup_seconds
    yield "driver alone", diagnosis.wall.driver_seconds
    yield "stages at work", diagnosis.wall.stage_seconds


def _slots(diagnosis: Diagnosis) -> Iterator[tuple[str, float]]:
    slots = diagnosis.slots
    yield "computing", slots.cpu_seconds
    yield "waiting", slots.waiting_seconds
    yield "fetch wait", slots.fetch_wait_seconds
    yield "garbage collection", slots.gc_seconds
    yield "task overhead", slots.overhead_seconds
    yield "failed attempts", slots.lost_seconds
    yield "idle at start-up", slots.idle_startup_seconds
    yield "idle, driver alone", slots.idle_driver_seconds
    yield "idle beside stages", slots.idle_stage_seconds


def _split(title: str, parts: list[tuple[str, float]], total: float) -> Table:
    table = Table(title=title, title_justify="left", box=None, show_header=False)
    table.add_column(width=20)
    table.add_column(justify="right")
    table.add_column(justify="right")
    table.add_column()
    for name, seconds in parts:
        share = seconds / total if total > 0 else 0.0
        if seconds > 0:
            table.add_row(name, f"{seconds:,.1f} s", f"{share:.0%}", "█" * round(share * _BAR_CELLS))
    return table


def _stages(console: Console, diagnosis: Diagnosis) -> None:
    if not diagnosis.top_stages:
        return
    table = Table(title="Stages by slot time", title_justify="left", box=None)
    for heading in ("stage", "slot time", "tasks", "longest"):
        table.add_column(heading, justify="left" if heading == "stage" else "right")
    for share in diagnosis.top_stages:
        table.add_row(
            escape(f"{share.id}.{share.attempt} {share.name}"),
            f"{share.slot_seconds:,.1f} s",
            f"{share.tasks:,}",
            f"{share.longest_seconds:,.2f} s",
        )
    console.print(table)


def _findings(console: Console, diagnosis: Diagnosis) -> None:
    if not diagnosis.findings:
        console.print("Nothing stands out.")
    for finding in diagnosis.findings:
        gain = f"[dim](up to {_duration(finding.gain_seconds)})[/dim]"
        console.print(f"[bold]{finding.rule}[/bold]  {escape(finding.evidence)} {gain}", highlight=False)


def _duration(seconds: float) -> str:
    return METRICS["runtime"].show(seconds)

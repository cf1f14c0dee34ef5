"""A project's life, line by line: each run beside what the laws and the oracle say, and what was decided after it."""

from collections.abc import Iterator

from setpoint.core.domain import ClusterSpec, Rollback
from setpoint.testing.fleet.closed import Lived, LivedDay, LivedRun
from setpoint.testing.fleet.judging import is_change
from setpoint.testing.fleet.physics import JobLaw
from setpoint.testing.fleet.projects import FleetProject

__all__ = ["trace"]

_HEADING = "  day  input spec        seconds  dollars  risk  said oracle      ×oracle"


def trace(lived: Lived) -> Iterator[str]:
    """The lines."""
    project, terms = lived.project, lived.terms
    yield f"{project.name}: {project.baseline}; runtime ≤ {terms.deadline_seconds:.0f} s in {1 - terms.risk:.0%}"
    slots = ", ".join(map(str, project.space.slots))
    memory = ", ".join(f"{mib / 1024:g}" for mib in project.space.task_memory_mib)
    yield f"  slots {slots}; GiB {memory}; noise {project.luck.noise:.0%}"
    yield from (_code(law, project) for law in project.laws)
    yield _HEADING
    for run in lived.runs:
        yield _line(run, lived.days[run.day])
        if run.disturbances or is_change(run) or isinstance(run.decision, Rollback):
            yield f"       {_said(run)}"


def _code(law: JobLaw, project: FleetProject) -> str:
    tasks = ", ".join(f"{len(stage.shares)} × {stage.mean_seconds:.0f} s" for stage in law.stages)
    peak = law.peak_mib(project.baseline.worker_memory_mib, 1) / 1024
    shown = f"logs show {peak:.1f} at first" if law.logs_memory else "logs show no heap"
    need = f"needs {law.needed_mib(1) / 1024:.1f} GiB live, {shown}"
    return f"  code {law.version}: driver {law.serial_seconds:.0f} s, tasks {tasks}; {need}"


def _line(run: LivedRun, day: LivedDay) -> str:
    said = "    –" if run.stated_risk is None else f"{run.stated_risk:5.3f}"
    again = "*" if run.attempt else " "
    place = f"  {run.day:3d}{again} {run.scale:5.2f} {_short(run.spec):11s} {run.seconds:7.0f} {run.dollars:8.4f}"
    ratio = day.ours.dollars / day.oracle.dollars
    trial = " trial" if run.known_good_dollars is not None else ""
    ending = "" if run.ending == "well" else f"  {run.ending.upper()}"
    return f"{place} {run.risk:5.3f} {said} {_short(day.oracle_spec):11s} {ratio:6.2f}{trial}{ending}"


def _said(run: LivedRun) -> str:
    kinds = "".join(f"[{kind}] " for kind in run.disturbances)
    reason = run.decision.reason if run.decision else ""
    return f"{kinds}{type(run.decision).__name__}: {reason}"


def _short(spec: ClusterSpec) -> str:
    return f"{spec.slots}s {spec.task_memory_mib / 1024:g}g"

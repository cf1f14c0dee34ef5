"""What `setpoint connect` and `setpoint projects import` say: rights, candidates, and what became of jobs."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from setpoint.cli.console import printable
from setpoint.core.words import counted, dollars, percent, rough_duration

if TYPE_CHECKING:
    from rich.table import Table

    from setpoint.core.starting_order import StartingPlace
    from setpoint.onboarding.candidates import Candidates
    from setpoint.onboarding.importing import Imported
    from setpoint.platforms.recurring import Recurring
    from setpoint.platforms.rights import Checked
    from setpoint.settings import Connection

__all__ = [
    "candidate_data",
    "candidate_table",
    "connection_line",
    "imported_data",
    "imported_line",
    "refusal_lines",
    "right_data",
    "right_line",
]

_SIGNS = {"granted": "✓", "missing": "✗", "untried": "?"}
_MOST_REFUSALS = 20
_OUTCOMES = {"new": "+", "would be new": "+", "known": "=", "refused": "✗"}


def connection_line(name: str, connection: "Connection") -> str:
    """Where, and with which kind of credentials."""
    where = connection.host or f"EMR in {connection.region}"
    profile = f", profile {connection.profile}" if connection.profile else ""
    return printable(f"{name}: {where} · prices of {connection.region} · credentials: {connection.auth}{profile}")


def right_line(found: "Checked") -> str:
    """One right: whether it is there, and what to grant where not."""
    text = f"{_SIGNS[found.verdict]} {found.right.what}"
    if found.verdict == "missing":
        wish = "" if found.right.is_needed else " (not needed)"
        return printable(f"{text}{wish}\n    grant: {found.grant}\n    because: {found.detail}")
    return printable(f"{text} – {found.detail}" if found.detail else text)


def right_data(found: "Checked") -> dict[str, object]:
    """The same as data."""
    return {
        "what": found.right.what,
        "rights": found.right.scope,
        "is_needed": found.right.is_needed,
        "verdict": found.verdict,
        "permission": found.right.grant,
        "detail": found.detail,
    }


def candidate_table(found: "Candidates", top: int) -> "Table":
    """The jobs that are worth most, and what makes them so."""
    from rich.markup import escape
    from rich.table import Table

    title = f"Where to start, by the runs of the last {found.days:.3g} days"
    columns = ("#", "job", "id", "runs a month", "lasts", "a run", "a month", "spread", "idle")
    table = Table(*columns, title=title, title_justify="left", box=None)
    for number, place in enumerate(found.places[:top], 1):
        job = found.jobs[place.key]
        owned = f" [{job.owner}]" if job.owner else ""
        table.add_row(
            str(number),
            escape(printable(f"{job.name}{owned}")),
            escape(printable(job.job_id)),
            f"{place.runs_a_month:.3g}",
            rough_duration(place.seconds),
            _money(place.dollars_a_run),
            _money(place.dollars_a_month),
            percent(place.spread),
            percent(place.headroom) if place.is_headroom_read else "not read",
        )
    if len(found.places) > top:
        table.caption_justify = "left"
        table.caption = f"{len(found.places) - top} more; --top {len(found.places)} shows all"
    return table


def refusal_lines(found: "Candidates") -> Iterator[str]:
    """What cannot be taken, with the reasons; those of many alike once."""
    for job in found.refused[:_MOST_REFUSALS]:
        yield printable(f"✗ {job.name}: {job.refusal}")
    if len(found.refused) > _MOST_REFUSALS:
        yield f"✗ {len(found.refused) - _MOST_REFUSALS} more cannot be taken; --json names all."
    owners = Counter(found.jobs[place.key].owner for place in found.places if found.jobs[place.key].owner)
    for owner, count in sorted(owners.items()):
        yield f"[{owner}] {counted(count, 'job')} of {owner}: never written to, a patch is made for the owner instead."


def candidate_data(found: "Candidates | None", top: int) -> dict[str, object]:
    """Candidates as data."""
    if found is None:
        return {"candidates": [], "refused": [], "notes": []}
    return {
        "days": found.days,
        "candidates": [_place_data(found.jobs[place.key], place) for place in found.places[:top]],
        "refused": [{"job": job.job_id, "name": job.name, "reason": job.refusal} for job in found.refused],
        "notes": list(found.notes),
    }


def _place_data(job: "Recurring", place: "StartingPlace") -> dict[str, object]:
    return {
        "job": job.job_id,
        "name": job.name,
        "place": job.place,
        "owner": job.owner,
        "runs": place.runs,
        "failed_runs": place.failed,
        "runs_a_month": place.runs_a_month,
        "seconds": place.seconds,
        "dollars_a_run": place.dollars_a_run,
        "dollars_a_month": place.dollars_a_month,
        "spread": place.spread,
        "headroom": place.headroom if place.is_headroom_read else None,
        "worth": place.worth,
    }


def imported_line(done: "Imported") -> str:
    """What became of a job."""
    owned = f" · owned by {done.job.owner}, which gets patches" if done.job.owner else ""
    if done.outcome == "refused":
        return printable(f"{_OUTCOMES[done.outcome]} {done.job.name}: {done.detail}")
    words = {"new": "", "known": "", "would be new": "would be a project: "}[done.outcome]
    return printable(f"{_OUTCOMES[done.outcome]} {done.project}: {words}{done.detail}{owned}")


def imported_data(done: "Imported") -> dict[str, object]:
    """The same as data."""
    return {
        "project": done.project if done.outcome != "refused" else None,
        "job": done.job.job_id,
        "name": done.job.name,
        "place": done.job.place,
        "owner": done.job.owner,
        "outcome": done.outcome,
        "detail": done.detail,
    }


def _money(amount: float | None) -> str:
    return "unknown" if amount is None else dollars(amount)

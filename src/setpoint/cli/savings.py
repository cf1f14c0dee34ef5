"""`setpoint savings`: what was saved, beside what it would have cost without us; losses and doubts included."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from setpoint.cli.console import out, printable
from setpoint.cli.options import JsonOption
from setpoint.cli.selected import ProjectsArgument, selected
from setpoint.errors import InputError

if TYPE_CHECKING:
    from setpoint.core.savings import Account, Line, Saved

__all__ = ["add_to"]

ByOption = Annotated[
    str, typer.Option("--by", help="What is summed: project, month, group (policy, else owner), owner, or tag:NAME.")
]
SinceOption = Annotated[
    datetime | None,
    typer.Option("--since", formats=["%Y-%m-%d"], help="Only runs that began on this day (UTC) or later."),
]
CsvOption = Annotated[
    Path | None,
    typer.Option("--csv", metavar="FILE", help="Write every run beside its counterfactual: all totals follow."),
]
HtmlOption = Annotated[
    Path | None, typer.Option("--html", help="Write a page with pictures, in one file.", metavar="FILE")
]
ReconciledOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE", help="What `setpoint reconcile --json` wrote: estimates are multiplied by the bills' factor."
    ),
]
_CSV_BEGINS, _HTML_BEGINS = b"project,run_id,", b"<!doctype html>"


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("savings")(savings)


def savings(
    projects: ProjectsArgument = None,
    by: ByOption = "project",
    since: SinceOption = None,
    csv: CsvOption = None,
    html: HtmlOption = None,
    reconciled: ReconciledOption = None,
    json: JsonOption = False,
) -> None:
    """Show what was saved: what each run would have cost on its owner's spec, less what it cost, with an interval."""
    _check(by)
    _judge_places(csv, html)
    accounts = _accounts(projects, since, reconciled)
    if csv is not None:
        _write_csv(csv, accounts)
    if html is not None:
        _write_html(html, accounts, by)
    if json:
        _print_json(accounts, by)
        return
    for line in _texts(accounts, by):
        out().print(printable(line), highlight=False, markup=False)


def _check(by: str) -> None:
    from setpoint.core.savings import GROUPINGS

    if by not in GROUPINGS and by != "month" and not (by.startswith("tag:") and len(by) > len("tag:")):
        raise InputError(f"--by {by}: it is one of {', '.join(GROUPINGS)}, month, or tag:NAME.")


def _judge_places(csv: Path | None, html: Path | None) -> None:
    from setpoint.cli.answer_files import judge_place

    if csv is not None:
        judge_place("--csv", csv, _CSV_BEGINS)
    if html is not None:
        judge_place("--html", html, _HTML_BEGINS)


def _accounts(projects: list[str] | None, since: datetime | None, factors: str | None) -> "list[Account]":
    from setpoint.cli.factors import read_factors
    from setpoint.core.savings import account, reconciled

    corrections = None if factors is None else read_factors(factors)
    found = [account(name, entries) for name, entries in selected(projects)]
    if corrections is not None:
        found = [reconciled(each, corrections) for each in found]
    return found if since is None else [each.since(since.replace(tzinfo=UTC)) for each in found]


def _write_csv(path: Path, accounts: "Sequence[Account]") -> None:
    import csv
    from io import StringIO

    from setpoint.cli.answer_files import put_in_place
    from setpoint.core.savings.table import COLUMNS, cells

    text = StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(cells(row) for account in accounts for row in account.runs)
    put_in_place(path, text.getvalue())


def _write_html(path: Path, accounts: "Sequence[Account]", by: str) -> None:
    from setpoint.cli.answer_files import put_in_place
    from setpoint.report.savings_page import savings_report

    put_in_place(path, savings_report(accounts, by))


def _print_json(accounts: "Sequence[Account]", by: str) -> None:
    from setpoint.cli.logs import print_json
    from setpoint.core.savings import grouped

    whole = _whole(accounts)
    lines = [{"name": line.name, **_as_data(line.saved)} for line in grouped(accounts, by)]
    print_json({"by": by, "total": _as_data(whole), "lines": lines})


def _as_data(saved: "Saved") -> dict[str, object]:
    from dataclasses import asdict

    return asdict(saved) | {"by_label": dict(saved.by_label), "share": saved.share}


def _whole(accounts: "Sequence[Account]") -> "Saved":
    from setpoint.core.savings import total

    return total(row for account in accounts for row in account.runs)


def _texts(accounts: "Sequence[Account]", by: str) -> Iterator[str]:
    from setpoint.cli.cost import table
    from setpoint.core.savings import grouped

    if not accounts:
        yield "No projects yet. Bring one under control: setpoint submit PROJECT -- app.py"
        return
    lines = grouped(accounts, by)
    head = (by.removeprefix("tag:"), "runs", "without us", "cost", "saved", "with 90 %", "share", "trying")
    yield from table(head, (_cells(line) for line in lines))
    yield ""
    yield from _sentences(_whole(accounts))


def _cells(line: "Line") -> tuple[str, ...]:
    from setpoint.core.words import dollars
    from setpoint.report.savings_words import interval_words, saved_words, share_words

    it = line.saved
    if not it.known:
        return line.name, str(it.runs), "not known", dollars(it.unknown_dollars), "not known", "–", "–", "–"
    return (
        line.name,
        str(it.runs),
        dollars(it.counterfactual_dollars),
        dollars(it.actual_dollars),
        saved_words(it),
        interval_words(it),
        share_words(it),
        dollars(it.exploration_dollars),
    )


def _sentences(whole: "Saved") -> Iterator[str]:
    from setpoint.core.words import counted, dollars
    from setpoint.report.savings_words import interval_words, saved_words, share_words

    if whole.saved_dollars is None:
        yield "What was saved is not known: no run can be held against what it would have cost."
        return
    labels = ", ".join(f"{dollars(amount)} {label}" for label, amount in whole.by_label)
    yield f"Saved {saved_words(whole)} ({interval_words(whole)} with 90 %, modelled): {share_words(whole)} of what"
    yield f"{counted(whole.known, 'run')} would have cost, {dollars(whole.counterfactual_dollars)}; they cost {labels}."
    failed = f"{counted(whole.failures, 'run')} failed for what our specs lacked: {dollars(whole.failure_dollars)}"
    yield f"Counted in it: trying cost {dollars(whole.exploration_dollars)}; {failed}."
    if whole.known < whole.runs:
        rest = counted(whole.runs - whole.known, "run")
        yield f"Nothing is claimed for {rest} more, {dollars(whole.unknown_dollars)}."

"""`setpoint prior`: what projects teach each other, and how to hand it on to another installation."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from setpoint.cli.console import err, out
from setpoint.cli.options import JsonOption
from setpoint.errors import InputError

if TYPE_CHECKING:
    from setpoint.core.belief.prior import Prior
    from setpoint.teaching import Teaching

__all__ = ["add_to"]

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="A prior as JSON.")]

prior = typer.Typer(help="What other projects taught: show it, hand it on, take it over.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(prior, name="prior")


@prior.command("show")
def show(json: JsonOption = False) -> None:
    """Show how much the projects of this ledger, and an imported prior, have taught."""
    teaching = _teaching()
    parts = {"ledger": teaching.of_ledger(), "imported": _imported(teaching)}
    if json:
        from setpoint.cli.logs import print_json

        print_json({name: _as_data(each) for name, each in parts.items()})
        return
    for name, each in parts.items():
        for line in _lines(name, each):
            out().print(line, highlight=False, markup=False)


@prior.command("export")
def export(file: FileArgument) -> None:
    """Write what the projects of this ledger taught: no names, no data, no absolute times; nothing imported."""
    from setpoint.cli.answer_files import judge_place, put_in_place
    from setpoint.core.belief.prior_json import BEGINS, encode

    judge_place("FILE", file, BEGINS)
    found = _teaching().of_ledger()
    if not found.workloads:
        raise InputError("There is nothing to export yet: no project of this ledger has a successful run.")
    put_in_place(file, encode(found).decode())
    err().print(f"{_words(found)}, written to {file}", highlight=False, markup=False)


@prior.command("import")
def take(file: FileArgument) -> None:
    """Start from what another installation learned. It takes the place of what was imported before."""
    from setpoint.teaching import read_prior

    found = read_prior(file)
    path = _teaching().take(found)
    err().print(f"{_words(found)}, kept in {path}", highlight=False, markup=False)


def _teaching() -> "Teaching":
    from setpoint.settings import load_settings
    from setpoint.wiring import build_ledger, build_teaching

    settings = load_settings()
    return build_teaching(settings, build_ledger(settings))


def _imported(teaching: "Teaching") -> "Prior":
    try:
        return teaching.imported()
    except InputError as error:
        advice = "Decisions are made without it; take over another with `setpoint prior import FILE`."
        raise InputError(f"{error} {advice}") from None


def _words(found: "Prior") -> str:
    from setpoint.core.words import counted

    curves, places = counted(len(found.known), "curve"), counted(found.places, "spec")
    workloads, runs = counted(found.workloads, "project"), counted(found.runs, "run")
    return f"{curves} over {places}, learned from {workloads} and {runs}"


def _lines(name: str, found: "Prior") -> Iterator[str]:
    title = {"ledger": "Ledger", "imported": "Imported"}[name]
    if not found.workloads:
        yield f"{title:<12}nothing"
        return
    yield f"{title:<12}{_words(found)}"
    yield f"  noise     {found.noise:.1%} between runs on one spec ({_rests_on(found.repeats, 'repeat')})"
    yield f"  growth    runtime grows with input to the power of {found.growth:.2f} ({_rests_on(found.steps, 'pair')})"
    yield f"  intervals needed {found.scale:.2f} times their width ({_rests_on(found.graded, 'prediction')})"


def _rests_on(count: int, noun: str) -> str:
    from setpoint.core.words import counted

    return f"from {counted(count, noun)}" if count else "a guess: nothing was measured"


def _as_data(found: "Prior") -> dict[str, object]:
    return {
        "workloads": found.workloads,
        "runs": found.runs,
        "curves": len(found.known),
        "specs": found.places,
        "noise": found.noise,
        "repeats": found.repeats,
        "growth": found.growth,
        "growth_pairs": found.steps,
        "interval_scale": found.scale,
        "graded": found.graded,
    }

"""`setpoint freeze` and `setpoint restrict`: what may not be done to projects, and when, beside what policies say."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from setpoint.cli.console import out
from setpoint.cli.options import JsonOption
from setpoint.cli.selected import names_of
from setpoint.errors import InputError, UnknownProject

if TYPE_CHECKING:
    from setpoint.core.restrictions import Restrictions
    from setpoint.governance import Governance

__all__ = ["add_to"]

Named = Annotated[
    list[str] | None, typer.Argument(metavar="PROJECT…", help="Names, or patterns such as 'sales-*'; or --all.")
]
AllOption = Annotated[bool, typer.Option("--all", help="All projects of the ledger.")]
Texts = list[str] | None


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("freeze")(freeze)
    app.command("restrict")(restrict)


def freeze(
    projects: Named = None,
    every: AllOption = False,
    until: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Until the end of this day (UTC), or this moment; else until lifted."),
    ] = None,
    window: Annotated[
        str | None,
        typer.Option(
            metavar="TIMES", help="Again and again: '0 0 28 * * for 4d in Europe/Berlin' (cron, how long, where)."
        ),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; it stands with every decision that waits.")] = "",
    lift: Annotated[bool, typer.Option("--lift", help="Take away the freezes that were set by hand.")] = False,
    json: JsonOption = False,
) -> None:
    """Let nothing be changed for a while, not even as a rescue; what is known to be good may still be put back.

    Freezes add up: one that a policy set stays when this one is lifted, and no policy lifts one that was set here.
    """
    if lift and (until, window, reason) != (None, None, ""):
        raise InputError("--lift takes freezes away; it goes with no other option but --all.")
    text = "" if lift else _freeze_text(until, window, reason)

    def change(before: "Restrictions") -> "Restrictions":
        return replace(before, freezes=() if lift else tuple(dict.fromkeys((*before.freezes, text))))

    _change(projects, change, every=every, json=json)


def _freeze_text(until: str | None, window: str | None, reason: str) -> str:
    if until is not None and window is not None:
        raise InputError("Give --until for once, or --window for again and again, not both.")
    begins = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    from setpoint.core.restrictions import FOR_EVER

    times = window if window is not None else f"{begins} to {until or FOR_EVER}"
    said = " ".join(reason.split())
    return _checked("freezes", "--window" if window else "--until", f"{times} because {said}" if said else times)[0]


def restrict(
    projects: Named = None,
    *,
    every: AllOption = False,
    pin: Annotated[
        Texts, typer.Option(metavar="AXIS=VALUE", help="Keep a value: slots=8, memory=4g, partitions=200.")
    ] = None,
    allow: Annotated[
        Texts,
        typer.Option(metavar="AXIS=VALUES", help="Only these: slots=4-16, memory=2g,4g. An axis not named is free."),
    ] = None,
    deny: Annotated[Texts, typer.Option(metavar="AXIS=VALUES", help="None of these: slots=1, memory=512m.")] = None,
    window: Annotated[
        Texts, typer.Option(metavar="TIMES", help="Change only then: '0 20 * * 1-5 for 4h in Europe/Berlin'.")
    ] = None,
    rescues: Annotated[
        str | None, typer.Option(help="'any time': a rescue need not wait for a window; 'in windows': it does.")
    ] = None,
    explore_until: Annotated[
        str | None, typer.Option(metavar="DATE", help="From this day on nothing is tried: the best spec found stays.")
    ] = None,
    exploration: Annotated[
        str | None, typer.Option(metavar="MONEY", help="What trying may cost, such as '20$/month'.")
    ] = None,
    trials: Annotated[
        str | None,
        typer.Option(help="How many projects may be on trial at once, of those restricted alike: 3 or '10 %'."),
    ] = None,
    reruns: Annotated[
        str | None, typer.Option(help="harmful: the job may not be run twice, so nothing is tried; harmless: it may.")
    ] = None,
    lift: Annotated[
        Texts,
        typer.Option(
            metavar="NAME", help="Take a restriction away: pins, allow, deny, windows, freezes, exploration …"
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Limit what may be chosen, tried and changed, and when; each option replaces what was said by hand before.

    What a policy says stays: what forbids adds up, and the lower cap stands. To see who says what: setpoint mode.
    """
    said = {
        "pins": _of_axes("pins", "--pin", pin),
        "allow": _of_axes("allow", "--allow", allow),
        "deny": _of_axes("deny", "--deny", deny),
        "windows": tuple(text for each in window or () for text in _checked("windows", "--window", each)),
        "rescues": _one("rescues", "--rescues", rescues),
        "explore_until": _one("explore_until", "--explore-until", explore_until),
        "exploration": _one("exploration", "--exploration", exploration),
        "trials": _one("trials", "--trials", trials),
        "reruns": _one("reruns", "--reruns", reruns),
    }
    new = {name: texts for name, texts in said.items() if texts}
    gone = {_restriction(name) for name in lift or ()}
    if gone & set(new):
        raise InputError(f"--lift {', '.join(sorted(gone & set(new)))}: it is set in the same command.")
    if not new and not gone:
        raise InputError(
            "Nothing is said: give what to restrict, such as --pin slots=8, or --lift. To look: setpoint mode."
        )

    def change(before: "Restrictions") -> "Restrictions":
        from setpoint.core.policies.rules import restrictions_of, rules_of

        rules = {name: texts for name, texts in rules_of(before) if name not in gone} | new
        return restrictions_of(tuple(rules.items()))

    _change(projects, change, every=every, json=json)


def _restriction(name: str) -> str:
    from setpoint.core.policies.rules import RULES

    known = name.strip().lower().replace("-", "_")
    known = {"pin": "pins", "window": "windows", "freeze": "freezes"}.get(known, known)
    if known not in RULES or known == "modes":
        raise InputError(f"--lift {name}: it is one of {', '.join(each for each in RULES if each != 'modes')}.")
    return known


def _one(name: str, option: str, text: str | None) -> tuple[str, ...]:
    return () if text is None else _checked(name, option, text)


def _of_axes(name: str, option: str, texts: Texts) -> tuple[str, ...]:
    return tuple(each for text in texts or () for each in _axis(name, option, text))


def _axis(name: str, option: str, text: str) -> tuple[str, ...]:
    from setpoint.core.policies.document import Lines, Table, Text
    from setpoint.core.policies.rules import rule_texts

    axis, _, values = text.partition("=")
    word = Text(option, axis.strip())
    items = Lines(option, tuple(Text(option, value.strip()) for value in values.split(",")))
    return rule_texts(name, Table(option, {word.text: word}, {word.text: items}))


def _checked(name: str, option: str, text: str) -> tuple[str, ...]:
    from setpoint.core.policies.document import Text
    from setpoint.core.policies.rules import rule_texts

    return rule_texts(name, Text(option, text))


def _change(patterns: Texts, change: Callable[["Restrictions"], "Restrictions"], *, every: bool, json: bool) -> None:
    from setpoint.cli.logs import print_json
    from setpoint.cli.policies import governance_of
    from setpoint.settings import load_settings
    from setpoint.wiring import build_loop

    if bool(patterns) == every:
        raise InputError("Say which projects: names, patterns such as 'sales-*', or --all.")
    governance = governance_of(build_loop(load_settings()))
    names = names_of(governance.ledger.projects(), patterns)
    if not names:
        raise UnknownProject("There are no projects in the ledger, so nothing was restricted; is SETPOINT_HOME right?")
    done = {}
    for name in names:
        done[name] = dict(governance.restrict(name, change).present.rules)
    if json:
        print_json({"projects": done})
        return
    for line in _lines(done, governance):
        out().print(line, highlight=False, markup=False)


def _lines(done: dict[str, dict[str, tuple[str, ...]]], governance: "Governance") -> Iterator[str]:
    from setpoint.core.restrictions import freeze_words

    for name, rules in done.items():
        origin = governance.rulings(name)[1].present.rules_origin
        by = f"   (with policies: {origin})" if origin else ""
        shown = [
            f"{rule} {', '.join(map(freeze_words, texts) if rule == 'freezes' else texts)}"
            for rule, texts in rules.items()
        ]
        yield f"{name}: {'; '.join(shown) or 'no restrictions'}{by}"

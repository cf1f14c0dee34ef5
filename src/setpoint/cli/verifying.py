"""`setpoint explain --verify`: every decision taken again, and held against the recorded one."""

from setpoint.cli.console import out
from setpoint.core.words import counted
from setpoint.errors import InputError

__all__ = ["show_verified"]


def show_verified(project: str, number: int | None, *, json: bool) -> None:
    """All decisions of a project, or one. Raises typer.Exit where one comes out differently."""
    import typer

    from setpoint.cli.logs import print_json
    from setpoint.core.verification import verify
    from setpoint.settings import load_settings
    from setpoint.wiring import loop_of

    loop = loop_of(load_settings(), project)
    entries = loop.ledger.read(project)
    found = list(verify(entries, (loop.prices,), lambda history: (loop.lessons_for(project, history),)))
    if number is not None and not 1 <= number <= len(found):
        raise InputError(f"{project} has decisions 1 to {len(found)}, there is no {number}.")
    listed = [(place, each) for place, each in enumerate(found, start=1) if number is None or place == number]
    counts = {verdict: sum(each.verdict == verdict for _, each in listed) for verdict in _WORDS}
    if json:
        decisions = [
            {"number": place, "id": each.decision_id, "verdict": each.verdict, "detail": each.detail}
            for place, each in listed
        ]
        print_json({"project": project, "decisions": decisions, "counts": counts})
    else:
        for place, each in listed:
            line = f"Decision {place} ({each.decision_id}): {each.verdict}{': ' if each.detail else ''}{each.detail}"
            out().print(line, highlight=False, markup=False)
        told = ", ".join(f"{count} {_WORDS[verdict]}" for verdict, count in counts.items() if count)
        out().print(f"{counted(len(listed), 'decision')}: {told or 'nothing to verify'}", highlight=False, markup=False)
    if counts["different"]:
        raise typer.Exit(1)


_WORDS = {
    "identical": "identical when taken again",
    "different": "different: another version of Setpoint took them, or a defect",
    "not at hand": "rest on what is not at hand any more",
}

"""`setpoint connect`: what Setpoint may do in a workspace or an account, and where to start there."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from setpoint.cli.console import out, say
from setpoint.cli.options import JsonOption
from setpoint.errors import InputError, NotPermitted

if TYPE_CHECKING:
    from setpoint.onboarding.candidates import Candidates
    from setpoint.onboarding.opening import Opened
    from setpoint.platforms.rights import Checked, Scope
    from setpoint.settings import Connection

__all__ = ["DaysOption", "LogsOption", "add_to", "candidates_of"]

RightsChoice = Literal["read-only", "auto"]
RightsOption = Annotated[
    RightsChoice,
    typer.Option("--rights", help="read-only: enough to observe and propose. auto: what applying by itself needs too."),
]
PolicyOption = Annotated[
    RightsChoice | None,
    typer.Option("--policy", help="Print what to grant for it, and do nothing else. auto comes on top of read-only."),
]
NameOption = Annotated[str, typer.Option("--name", help="What to call the connection. Default: after its place.")]
ProfileOption = Annotated[
    str, typer.Option("--profile", help="Of ~/.databrickscfg or ~/.aws/config. Default: what is usual here.")
]
RegionOption = Annotated[str, typer.Option("--region", help="Whose list prices are used; of EMR, where it is.")]
HostOption = Annotated[
    str, typer.Option("--host", metavar="URL", help="Of the workspace. Default: the profile's, or DATABRICKS_HOST.")
]
WarehouseOption = Annotated[
    str, typer.Option("--warehouse", metavar="ID", help="SQL warehouse to try reading billed cost with; starts it.")
]
JobsOption = Annotated[
    list[str] | None, typer.Option("--job", metavar="ID", help="A job that is to be changed: try it. Repeatable.")
]
DaysOption = Annotated[float, typer.Option("--days", min=0.1, max=365, help="How far back runs are looked at.")]
LogsOption = Annotated[
    int, typer.Option("--logs", min=0, max=100, help="Of how many jobs the newest log is read, for their headroom.")
]
TopOption = Annotated[int, typer.Option("--top", min=0, max=10_000, help="How many candidates are shown; 0: none.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(no_args_is_help=True, help="Connect a workspace of Databricks or EMR: rights, then candidates.")
    group.command("databricks")(databricks)
    group.command("emr")(emr)
    app.add_typer(group, name="connect")


def databricks(
    *,
    host: HostOption = "",
    profile: ProfileOption = "",
    rights: RightsOption = "read-only",
    policy: PolicyOption = None,
    region: RegionOption = "",
    name: NameOption = "",
    jobs: JobsOption = None,
    warehouse: WarehouseOption = "",
    days: DaysOption = 7.0,
    logs: LogsOption = 5,
    top: TopOption = 20,
    json: JsonOption = False,
) -> None:
    """Try every right that is needed in a workspace of Databricks, keep the connection, and say where to start.

    No secret is kept: credentials stay in the environment or in a profile.
    """
    from setpoint.settings import Connection

    if policy is not None:
        from setpoint.platforms.databricks.policies import POLICIES

        _print_policy(POLICIES[policy])
        return
    asked = Connection(platform="databricks", region=region, host=host, profile=profile, rights=rights)
    _connect(asked, name, (jobs or [], warehouse), (days, logs, top), json=json)


def emr(
    *,
    profile: ProfileOption = "",
    rights: RightsOption = "read-only",
    policy: PolicyOption = None,
    region: RegionOption = "",
    name: NameOption = "",
    buckets: Annotated[
        list[str] | None, typer.Option("--bucket", help="With --policy: a bucket that holds logs. Repeatable.")
    ] = None,
    days: DaysOption = 7.0,
    logs: LogsOption = 5,
    top: TopOption = 20,
    json: JsonOption = False,
) -> None:
    """Try every right that is needed for EMR in an account of AWS, keep the connection, and say where to start.

    No secret is kept: credentials stay in the environment, a profile or a role.
    """
    from setpoint.settings import Connection

    if policy is not None:
        from setpoint.platforms.emr.policies import policy as policy_of

        _print_policy(policy_of(policy, buckets or []))
        return
    if buckets:
        raise InputError("--bucket goes with --policy only.")
    asked = Connection(platform="emr", region=region, profile=profile, rights=rights)
    _connect(asked, name, ([], ""), (days, logs, top), json=json)


def _print_policy(document: object) -> None:
    from json import dumps

    typer.echo(dumps(document, indent=2))


def _connect(
    asked: "Connection", name: str, tried_on: tuple[list[str], str], shown: tuple[float, int, int], *, json: bool
) -> None:
    from setpoint.cli.logs import print_json
    from setpoint.cli.onboarding_words import candidate_data, connection_line, right_data, right_line
    from setpoint.connections import connection_name, keep_connection
    from setpoint.onboarding.opening import open_connection
    from setpoint.platforms.rights import lacking
    from setpoint.settings import load_settings

    opened = open_connection(load_settings(), asked)
    connection = opened.connection
    called = name or connection_name(connection.platform, connection.host, connection.region)
    if not json:
        out().print(connection_line(called, connection), highlight=False, markup=False)
    tried: list[Checked] = []
    for found in opened.check_rights(asked.rights, *tried_on):
        tried.append(found)
        if not json:
            out().print(right_line(found), highlight=False, markup=False)
    missing = lacking(tried, asked.rights)
    answer: dict[str, object] = {"connection": called, "platform": connection.platform, "host": connection.host}
    answer |= {"region": connection.region, "auth": connection.auth, "rights": [right_data(it) for it in tried]}
    if missing:
        if json:
            print_json(answer | {"is_kept": False})
        raise NotPermitted(_words_of(missing, asked.rights))
    path = keep_connection(called, connection)
    if not json:
        out().print(f"Kept as “{called}” in {path}; no secret is in it.", highlight=False, markup=False)
    days, logs, top = shown
    found_there = candidates_of(opened, days, logs) if top else None
    if json:
        print_json(answer | {"is_kept": True} | candidate_data(found_there, top))
    elif found_there is not None:
        _print_candidates(found_there, top, called)


def _words_of(missing: "tuple[Checked, ...]", scope: "Scope") -> str:
    whats = "; ".join(dict.fromkeys(it.right.what for it in missing))
    grants = "; ".join(dict.fromkeys(it.grant for it in missing))
    return f"The rights “{scope}” cannot be had, and nothing was kept. Not allowed: {whats}. Grant: {grants}."


def candidates_of(opened: "Opened", days: float, logs: int) -> "Candidates":
    """What recurs on a connection, in order, with its progress on standard error."""
    from setpoint.cli.refresh_progress import RefreshProgress
    from setpoint.onboarding.candidates import candidates

    with RefreshProgress() as progress:
        return candidates(
            opened.recurrences, days, logs, lambda what, count: progress.tell(f"Reading {what}: page with {count}")
        )


def _print_candidates(found: "Candidates", top: int, called: str) -> None:
    from setpoint.cli.onboarding_words import candidate_table, refusal_lines

    if found.places and top:
        out().print(candidate_table(found, top))
    else:
        out().print(f"No job ran in the last {found.days:g} days that could be a project.", highlight=False)
    for line in refusal_lines(found):
        out().print(line, highlight=False, markup=False)
    for note in found.notes:
        say(note)
    if found.places:
        words = f"Take the first ones: setpoint projects import {called} --top 3"
        out().print(words, highlight=False, markup=False)

"""A connection, opened: its rights to be tried, and what recurs there to be listed. One entry per platform."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from setpoint.core.pricebook import Cloud, PriceBook
from setpoint.errors import InputError
from setpoint.platforms.recurring import Keeper, Recurrences
from setpoint.platforms.rights import Checked, Scope
from setpoint.settings import Connection, Settings
from setpoint.wiring import reported_book

__all__ = ["OPENERS", "Opened", "open_connection"]

CheckRights = Callable[[Scope, Sequence[str], str], Iterator[Checked]]
"""Takes the scope, ids of jobs that are to be changed, and a SQL warehouse, each of which may be empty."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A workspace or an account that can be asked."""

    connection: Connection
    """As it was found to be: host, region and kind of credentials filled in."""
    check_rights: CheckRights
    recurrences: Recurrences
    keeper: Keeper
    book: PriceBook


def open_connection(settings: Settings, asked: Connection) -> Opened:
    """Open a connection. Raises PlatformError, InputError."""
    return OPENERS[asked.platform](settings, asked)


def _open_databricks(settings: Settings, asked: Connection) -> Opened:
    from setpoint.platforms.databricks import CallFiles
    from setpoint.platforms.databricks.project import Store
    from setpoint.platforms.databricks.recurring import JobsOfWorkspace
    from setpoint.platforms.databricks.rights import check_rights
    from setpoint.platforms.databricks.signing_in import region_of, signed_in

    found = signed_in(asked.host or ("" if asked.profile else settings.databricks_host), asked.profile)
    on_aws = found.product == "aws-databricks"
    region = asked.region or (region_of(found.calls) or settings.region if on_aws else "")
    if not region:
        raise InputError(
            f"Databricks does not say where {found.host} is: add --region, for example --region westeurope."
        )
    book, files = reported_book(settings, _CLOUDS[found.product], region), CallFiles(found.calls)

    def tried(scope: Scope, jobs: Sequence[str], warehouse: str) -> Iterator[Checked]:
        return check_rights(found.calls, files, scope, jobs, warehouse)

    connection = Connection(
        platform="databricks",
        region=region,
        host=found.host,
        product=found.product,
        profile=asked.profile,
        auth=found.auth,
        rights=asked.rights,
    )
    jobs = JobsOfWorkspace(
        found.calls,
        files,
        book,
        found.product,
        Store(settings.home),
        found.host,
        asked.profile,
        lambda: int(time.time() * 1000),
    )
    return Opened(connection, tried, jobs, jobs, book)


def _open_emr(settings: Settings, asked: Connection) -> Opened:
    from setpoint.platforms.emr import EmrPlatform, connect
    from setpoint.platforms.emr.recurring import JobsOfAccount
    from setpoint.platforms.emr.rights import check_rights
    from setpoint.platforms.emr.signing_in import signed_in

    region, auth = signed_in(asked.region, asked.profile)
    platform = EmrPlatform(settings.home, partial(connect, profile=asked.profile or None))
    book = reported_book(settings, "aws", region)

    def tried(scope: Scope, _: Sequence[str], __: str) -> Iterator[Checked]:
        return check_rights(platform.calls, region, scope)

    connection = Connection(platform="emr", region=region, profile=asked.profile, auth=auth, rights=asked.rights)
    jobs = JobsOfAccount(platform, region, book)
    return Opened(connection, tried, jobs, jobs, book)


_CLOUDS: dict[str, Cloud] = {"aws-databricks": "aws", "azure-databricks": "azure", "gcp-databricks": "gcp"}
OPENERS: dict[str, Callable[[Settings, Connection], Opened]] = {
    "databricks": _open_databricks,
    "emr": _open_emr,
}
"""By the platform of a connection."""

"""Access reports of a workspace: each line is one question that was asked."""

from collections.abc import Callable, Iterator, Sequence

from setpoint.client.clouds import AccessLine
from setpoint.clouds.machines import Watch
from setpoint.errors import PlatformError
from setpoint.platforms.databricks import Calls
from setpoint.platforms.databricks.logs import LogFiles

__all__ = ["access_lines"]

OK, ADVISED, NEEDED = "OK", "Action recommended", "Action required"


def access_lines(calls: Calls, files: LogFiles, watch: Watch, log_url: str | None) -> Sequence[AccessLine]:
    """What may be done there; the questions change nothing."""
    return tuple(_lines(calls, files, watch, log_url))


def _lines(calls: Calls, files: LogFiles, watch: Watch, log_url: str | None) -> Iterator[AccessLine]:
    def me() -> str:
        return f"Signed in as {calls.read('/api/2.0/preview/scim/v2/Me').get('userName')}"

    def jobs() -> str:
        calls.read("/api/2.1/jobs/list", {"limit": 1})
        return "Jobs can be listed"

    def runs() -> str:
        calls.read("/api/2.1/jobs/runs/list", {"limit": 1})
        return "Runs can be listed"

    def hardware() -> str:
        return f"{len(calls.read('/api/2.0/clusters/list-node-types').get('node_types') or ())} types of machines"

    yield _line("Databricks", me)
    yield _line("Databricks jobs", jobs)
    yield _line("Databricks runs", runs)
    yield _line("Databricks clusters", hardware)
    if log_url:
        where = log_url
        yield _line("Event logs", lambda: f"{len(files.below(where))} files can be listed in {where.partition('?')[0]}")
    yield _line("Machines", lambda: _machines(watch), otherwise=ADVISED)


def _machines(watch: Watch) -> str:
    cloud = watch.cloud()
    try:
        cloud.seen("0000-000000-nobody")
    except Exception as error:  # noqa: BLE001 - boto3's tree or urllib's
        raise PlatformError(f"They cannot be listed, so reports rest on the agent alone: {str(error)[:200]}") from None
    return "Machines of clusters can be listed"


def _line(name: str, ask: Callable[[], str], otherwise: str = NEEDED) -> AccessLine:
    try:
        return AccessLine(name, OK, ask())
    except PlatformError as error:
        return AccessLine(name, otherwise, str(error))

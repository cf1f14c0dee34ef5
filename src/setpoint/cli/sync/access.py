"""Access reports: one line per permission; the service's own lines first."""

from collections.abc import Callable, Sequence

from setpoint.cli.sync.answers import tell, tell_json
from setpoint.cli.sync.session import configuration, service
from setpoint.client import account
from setpoint.client.clouds import AccessLine
from setpoint.errors import SetpointError

__all__ = ["print_access"]

OK = "OK"
NEEDED = "Action required"


def print_access(of_cloud: Callable[[], Sequence[AccessLine]], *, json: bool) -> None:
    """Print what may be done; raises the first error after all that could be told."""
    lines: list[AccessLine] = []
    error: SetpointError | None = None
    for look in (_service, of_cloud):
        try:
            lines += look()
        except SetpointError as found:
            lines.append(AccessLine("Service" if look is _service else "Cloud", NEEDED, str(found)))
            error = error or found
    if json:
        tell_json(lines)
    else:
        for line in lines:
            tell(f"{line.name}\n  {line.status}: {line.message}")
    if error is not None:
        raise error


def _service() -> Sequence[AccessLine]:
    now = configuration()
    with service(now) as client:
        client.call(account.products())
    name = now.key.id if now.key else ""
    return [AccessLine("Service", OK, f"Signed in at {now.url} with the key {name}")]

"""What `setpoint reconcile --json` learned from bills, read again."""

from typing import TYPE_CHECKING

from setpoint.errors import InputError

if TYPE_CHECKING:
    from setpoint.core.reconciliation import Corrections

__all__ = ["read_factors"]


def read_factors(name: str) -> "Corrections":
    """The factors in a file. Raises InputError."""
    import msgspec

    from setpoint.cli.cost import read_file
    from setpoint.core.reconciliation import Correction, Corrections

    class Learned(msgspec.Struct):
        """The parts of the answer that are used."""

        correction: Correction
        projects: dict[str, Correction]

    try:
        learned = msgspec.json.decode(read_file(name), type=Learned)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"--reconciled {name}: this is no answer of setpoint reconcile --json ({error}).") from None
    for each in (learned.correction, *learned.projects.values()):
        if not 0 < each.low <= each.factor <= each.high < float("inf"):
            raise InputError(f"--reconciled {name}: a factor of {each.factor:g} is none that bills may show.")
    return Corrections(learned.correction, learned.projects)

"""A hint: look at that place now. Nothing that it says is believed."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from setpoint.pace import LEAST_SECONDS
from setpoint.store import Store

__all__ = ["BY_THE_POLLER", "hint", "key_of", "moment"]

BY_THE_POLLER = "(the poller)"
"""Who did it, in the audit log."""


def key_of(place: str) -> str:
    """Key of the one task that looks at a place, for as long as it is connected."""
    return f"polling:{place}"


def moment(payload: Mapping[str, Any], name: str) -> datetime | None:
    """A time that a task keeps."""
    text = payload.get(name)
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None


def hint(store: Store, account: str, place: str, now: datetime) -> bool:
    """Have a place looked at soon; whether it is one that is looked at.

    Many at once are one look. A place that asked to be left alone, or was just looked at, is looked at after that.
    """
    row = store.tasks.of_key(account, key_of(place))
    if row is None:
        return False
    # Also where it is being looked at right now: what the call is about may have ended after the list.
    store.tasks.note(account, row.id, {"hinted": now.isoformat()})
    looked, not_before = moment(row.payload, "looked"), moment(row.payload, "not_before")
    due = max(
        now,
        not_before or now,
        now if looked is None else looked + timedelta(seconds=LEAST_SECONDS),
    )
    store.tasks.hasten(row, due)
    return True

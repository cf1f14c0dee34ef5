"""Where a project stands as data: its mode, what waits, who says what, what trying cost, how held-back ones did."""

from collections.abc import Sequence

from setpoint.core.autonomy.idempotency import is_idempotent
from setpoint.core.autonomy.ladder import KINDS, MODES, mode_of
from setpoint.core.history import Entry, fold
from setpoint.core.policies.ruling import Ruling
from setpoint.core.rollout import follow
from setpoint.core.shadow import shadow_grades
from setpoint.core.trying import by_month, tried

__all__ = ["standing_as_data"]


def standing_as_data(
    project: str, entries: Sequence[Entry], waits: str | None, rulings: Sequence[Ruling]
) -> dict[str, object]:
    """How a project stands, for programs; nothing but its name before it is under control."""
    history, rollout = fold(entries), follow(entries)
    if history is None or rollout is None:
        return {"project": project}
    every = tried(entries)
    return {
        "project": project,
        "mode": None if history.goal is None else history.goal.mode,
        "modes": {kind: mode_of(history, (kind,)) for kind in KINDS},
        "ladder": MODES,
        "decision": None if history.last_decided is None else history.last_decided.id,
        "waits": waits,
        "spec": str(history.spec),
        "known_good": str(rollout.known_good),
        "taken_back": [str(spec) for spec in rollout.taken_back],
        "restrictions": history.restrictions,
        "rulings": [
            {"field": it.field, "value": it.value, "from": [s or "project" for s in it.sources]} for it in rulings
        ],
        "is_idempotent": is_idempotent(history),
        "held_back": shadow_grades(entries),
        "trying": {
            "spent_dollars": sum(each.spent_dollars for each in every),
            "won_dollars": sum(each.won_dollars for each in every),
            "by_month": by_month(every),
        },
    }

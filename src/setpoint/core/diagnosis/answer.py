"""A profile and its diagnosis as one object of plain data: what `setpoint profile --json` prints."""

from setpoint.core.diagnosis import Diagnosis
from setpoint.core.profile import Profile
from setpoint.core.profile_json import Plain, as_data, every_field

__all__ = ["answer"]

_FIRST = ("application", "platform", "engine", "evidence", "counts", "wall_seconds", "completeness")
_DECIMALS = 6
"""More than the clock has, so that the parts of the splits add up."""


def answer(profile: Profile, diagnosis: Diagnosis) -> dict[str, Plain]:
    """All there is to say about one application attempt."""
    data = as_data(profile)
    return {
        **{name: data.pop(name) for name in _FIRST},
        "findings": [every_field(finding, _DECIMALS) for finding in diagnosis.findings],
        "time": _time(diagnosis),
        "input_bytes": profile.input_bytes,
        **data,
    }


def _time(diagnosis: Diagnosis) -> dict[str, Plain]:
    slots = every_field(diagnosis.slots, _DECIMALS)
    del slots["tasks"]
    return {
        "wall": every_field(diagnosis.wall, _DECIMALS),
        "slots": {**every_field(diagnosis.slots.tasks, _DECIMALS), **slots},
        "slot_count": diagnosis.slot_count,
        "has_cpu_times": diagnosis.has_cpu_times,
        "spilled_bytes": diagnosis.spilled_bytes,
        "straggling_seconds": round(diagnosis.straggling_seconds, _DECIMALS),
        "driver_gaps": [every_field(gap, _DECIMALS) for gap in diagnosis.driver_gaps],
        "top_stages": [every_field(share, _DECIMALS) for share in diagnosis.top_stages],
    }

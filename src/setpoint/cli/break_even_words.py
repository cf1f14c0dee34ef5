"""A break-even in words, for every command that shows one."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from setpoint.core.breakeven import BreakEven

__all__ = ["in_words"]


def in_words(found: "BreakEven") -> str:
    """The speed-up and what it means for the runtime."""
    if found.threshold is None:
        return "never: it costs more however fast it is"
    if found.runtime_cut is None:
        return "always: it costs nothing"
    way = "must fall by" if found.runtime_cut >= 0 else "may rise by"
    return f"{found.threshold:.3f} times as fast: the runtime {way} {abs(found.runtime_cut):.1%}"

"""Outlooks made of numbers, for the rules that decide on them."""

import numpy as np
from hypothesis import strategies as st

from setpoint.core.belief import Floats, Outlook

DRAWS = 48


def outlook(log_seconds: Floats, failure: Floats | None = None, measured: tuple[int, ...] = (0,)) -> Outlook:
    risks = np.zeros(log_seconds.shape[1]) if failure is None else failure
    return Outlook(log_seconds, noise=0.04, failure=risks, timeout_seconds=None, measured=measured)


def certain(*seconds: float, measured: tuple[int, ...] = (0,)) -> Outlook:
    """All draws agree."""
    return outlook(np.repeat(np.log(np.array([seconds])), DRAWS, axis=0), measured=measured)


@st.composite
def outlooks(draw: st.DrawFn) -> Outlook:
    """Up to ten specs of any level, doubt, likeness and failure risk; the first ones are measured."""
    size = draw(st.integers(2, 10))
    known = draw(st.integers(1, size - 1))
    chance = np.random.default_rng(draw(st.integers(0, 10_000)))
    doubt = np.where(np.arange(size) < known, 0.02, chance.uniform(0.05, 1.0, size))
    common = chance.standard_normal((DRAWS, 1)) * draw(st.floats(0.0, 1.0))
    drawn = chance.uniform(3.0, 6.0, size) + doubt * (common + chance.standard_normal((DRAWS, size)))
    risks = np.where(np.arange(size) < known, 0.0, chance.uniform(0.0, 0.3, size))
    return outlook(drawn, risks, tuple(range(known)))

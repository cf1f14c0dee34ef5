"""Fingerprints: equal for what is equal, and in every process."""

import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.core.made import PRICES

from setpoint.core.fingerprint import basis_of, fingerprint

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(plain, plain)
def test_what_is_written_alike_has_one_and_the_rest_has_others(one: object, other: object) -> None:
    assert fingerprint(one) == fingerprint(one)
    assert (fingerprint(one) == fingerprint(other)) == (repr(one) == repr(other)) or _same(one, other)


def _same(one: object, other: object) -> bool:
    """Mappings in another order are the same."""
    return one == other


def test_arrays_prices_and_sets_have_one_too() -> None:
    assert fingerprint(np.arange(3.0)) != fingerprint(np.arange(4.0))
    assert fingerprint(np.zeros((2, 3))) != fingerprint(np.zeros((3, 2)))
    assert fingerprint(PRICES) != fingerprint(PRICES.cores)
    assert fingerprint({"b", "a"}) == fingerprint(frozenset({"a", "b"}))
    assert len(basis_of(PRICES, "lessons").split()) == 2


def test_it_is_the_same_in_another_process() -> None:
    value = "{'a': {'x', 'y', 'z'}, 'b': (1.5, None)}"
    code = f"from setpoint.core.fingerprint import fingerprint; print(fingerprint({value}))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == fingerprint({"a": {"x", "y", "z"}, "b": (1.5, None)})

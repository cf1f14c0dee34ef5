"""Dollars are linear in time and in what is asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.cost import dollars_per_second, price
from setpoint.core.domain import ClusterSpec
from setpoint.core.pricebook import PriceBook

books = st.builds(PriceBook.of_cores, st.floats(0, 10), st.floats(0, 1), st.just("an example"))
specs = st.builds(ClusterSpec.local, st.integers(1, 64), st.integers(512, 65536))


@given(specs, st.floats(0, 1e6), books)
def test_the_price_is_the_rate_times_the_seconds(spec: ClusterSpec, seconds: float, book: PriceBook) -> None:
    cost = price(spec, seconds, book, "modelled")
    assert cost.dollars == pytest.approx(seconds * dollars_per_second(spec, book))
    assert cost.dollars == cost.of("vcpu") + cost.of("memory")
    assert cost.label == "modelled"


@given(specs, st.floats(1, 1e6), books, st.integers(1, 8))
def test_more_of_anything_is_never_cheaper(spec: ClusterSpec, seconds: float, book: PriceBook, more: int) -> None:
    larger = spec.with_size(spec.slots + more, spec.task_memory_mib + 1024 * more)
    assert price(larger, seconds, book, "modelled").dollars >= price(spec, seconds, book, "modelled").dollars

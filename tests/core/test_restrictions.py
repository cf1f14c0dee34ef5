import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.domain import ClusterSpec
from setpoint.core.restrictions import NO_RESTRICTIONS, Restrictions, forbidden

SPECS = st.builds(ClusterSpec.local, st.integers(1, 64), st.integers(256, 65536), st.none() | st.integers(1, 1000))


@given(SPECS)
def test_nothing_is_forbidden_where_nothing_is_said(spec: ClusterSpec) -> None:
    assert forbidden(NO_RESTRICTIONS, spec) is None


@given(SPECS, st.integers(1, 64), st.integers(0, 32))
def test_what_is_allowed_is_what_is_not_denied(spec: ClusterSpec, low: int, more: int) -> None:
    text = (f"slots {low}-{low + more}",)
    allowed, denied = forbidden(Restrictions(allow=text), spec), forbidden(Restrictions(deny=text), spec)
    assert (allowed is None) == (denied is not None) == (low <= spec.slots <= low + more)


@pytest.mark.parametrize(
    ("restrictions", "reason"),
    [
        (Restrictions(pins=("memory 2g",)), None),
        (Restrictions(pins=("memory 2048m", "slots 9")), "slots is pinned to 9"),
        (Restrictions(allow=("memory 4g", "memory 8g")), "memory is limited to 4g, 8g"),
        (Restrictions(deny=("partitions 100-300",)), "partitions 100-300 is denied"),
        (Restrictions(pins=("partitions 200",), deny=("slots 4",)), None),
        (Restrictions(allow=("memory plenty",)), "memory is limited to plenty"),
    ],
)
def test_the_reason_is_said(restrictions: Restrictions, reason: str | None) -> None:
    assert forbidden(restrictions, ClusterSpec.local(8, 2048, 200)) == reason

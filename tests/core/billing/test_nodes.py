from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.billing.bills import run

from setpoint.core.billing import NodeUse, utilisation

USES = st.lists(
    st.builds(
        NodeUse,
        st.sampled_from(["cluster-0", "cluster-1", "nobody's"]),
        st.booleans(),
        st.floats(1, 1e5),
        st.floats(0, 100),
        st.floats(0, 100),
        st.floats(0, 100),
    ),
    max_size=9,
)
RUNS = [("p", run(0)), ("p", run(1))]


def use(cluster: str, seconds: float, cpu: float, memory: float, peak: float, *, is_driver: bool) -> NodeUse:
    return NodeUse(cluster, is_driver, seconds, cpu, memory, peak)


@given(USES, st.integers())
def test_order_of_pieces_changes_nothing(uses: list[NodeUse], seed: int) -> None:
    mixed = list(uses)
    Random(seed).shuffle(mixed)
    for one, other in zip(utilisation(RUNS, uses), utilisation(RUNS, mixed), strict=True):
        assert one.worker_cpu_percent == pytest.approx(other.worker_cpu_percent)
        assert one.node_hours == pytest.approx(other.node_hours)


@given(USES)
def test_means_lie_between_the_pieces(uses: list[NodeUse]) -> None:
    for each in utilisation(RUNS, uses):
        pieces = [it.cpu_percent for it in uses if it.cluster_id == f"cluster-{each.run_id}" and not it.is_driver]
        if each.worker_cpu_percent is None:
            assert pieces == []
        else:
            assert min(pieces) - 1e-9 <= each.worker_cpu_percent <= max(pieces) + 1e-9


def test_workers_and_driver_are_apart_and_pieces_weigh_by_their_time() -> None:
    uses = [
        use("cluster-0", 3600, 10, 20, 30, is_driver=True),
        use("cluster-0", 7200, 90, 50, 60, is_driver=False),
        use("cluster-0", 3600, 30, 20, 70, is_driver=False),
    ]
    (found,) = utilisation(RUNS, uses)
    assert (found.worker_cpu_percent, found.worker_memory_percent, found.worker_peak_memory_percent) == (70, 40, 70)
    assert (found.driver_cpu_percent, found.node_hours, found.is_shared) == (10, 4, False)


def test_a_cluster_of_several_runs_is_marked() -> None:
    shared = [("p", run(1, 0.0, 1.0, "kept")), ("q", run(2, 1.0, 1.0, "kept"))]
    assert [each.is_shared for each in utilisation(shared, [use("kept", 1, 2, 3, 4, is_driver=False)])] == [True, True]

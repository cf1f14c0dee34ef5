"""What the runs of others say of a machine."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.made import entries, folded
from tests.core.made import run as made_run
from tests.core.prediction.test_contention import computing, pair

from setpoint.core.domain import ClusterSpec
from setpoint.core.prediction.contention import UNKNOWN
from setpoint.core.prediction.shared_contention import (
    FOLDS,
    PAIRS_OF_PROJECT,
    contention_for,
    learn_shared,
    pairs_of,
)
from setpoint.core.workload import Workload, identify

NAMES = [f"project-{number}" for number in range(20)]


def workload(*slots: int, cores: int | None = 2) -> Workload:
    runs = [made_run(n, ClusterSpec.local(each, 4096), made=computing(40.0, each)) for n, each in enumerate(slots)]
    runs = [replace(each, report=replace(each.report, host_cores=cores)) for each in runs]
    found = identify(folded(entries(*runs)))
    assert found is not None
    return found


@given(st.lists(st.sampled_from([1, 2, 3, 4, 6, 8]), min_size=1, max_size=8))
def test_pairs_are_neighbours_in_size_and_few(slots: list[int]) -> None:
    pairs = pairs_of(workload(*slots))
    assert len(pairs) == min(PAIRS_OF_PROJECT, len(set(slots)) - 1)
    assert all(one.spec.slots < other.spec.slots for one, other in pairs)
    assert pairs_of(workload(*slots, cores=None)) == ()


def test_a_project_is_told_what_others_showed_on_such_a_machine() -> None:
    shared = learn_shared({name: [pair(0.5, number)] for number, name in enumerate(NAMES)})
    told = contention_for("new", workload(2), shared)
    assert told.mean == pytest.approx(0.5, abs=0.1)
    assert contention_for("new", workload(2, cores=16), shared) == UNKNOWN
    assert contention_for("new", None, shared) == UNKNOWN
    assert contention_for("new", workload(2), {}) == UNKNOWN


@given(st.sampled_from(NAMES))
def test_nobody_is_told_what_its_own_runs_showed(own: str) -> None:
    alone = learn_shared({own: [pair(0.6, 1)]})
    assert contention_for(own, workload(2), alone) == UNKNOWN
    others = sum(contention_for(name, workload(2), alone) != UNKNOWN for name in NAMES)
    assert others >= len(NAMES) * (FOLDS - 2) / FOLDS

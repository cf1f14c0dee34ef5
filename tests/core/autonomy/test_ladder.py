"""The rungs of the ladder, and which of them a change is on."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.made import START, WIDE, registered

from setpoint.core.autonomy.ladder import (
    KINDS,
    MODES,
    ChangeKind,
    highest_mode,
    kinds_of,
    mode_of,
    mode_words,
    modes_said,
    written,
)
from setpoint.core.domain import ClusterSpec
from setpoint.core.history import GoalSet, History, Mode, Restricted, fold
from setpoint.core.restrictions import Restrictions

specs = st.builds(
    ClusterSpec.local, st.sampled_from([1, 2, 8]), st.sampled_from([1024, 4096]), st.sampled_from([None, 100, 200])
)
some_modes = st.dictionaries(st.sampled_from(KINDS), st.sampled_from(MODES))


def history_in(mode: Mode | None, own: dict[ChangeKind, Mode] | None = None) -> History:
    limits = Restrictions(modes=written(own or {}))
    goal = [] if mode is None else [GoalSet("minimise cost", mode, START)]
    found = fold([registered(), *goal, Restricted(limits, START)])
    assert found is not None
    return found


@given(specs, specs, st.booleans())
def test_every_change_has_a_kind(before: ClusterSpec, after: ClusterSpec, rescue: bool) -> None:  # noqa: FBT001 - drawn
    kinds = kinds_of(before, after, is_rescue=rescue)
    assert kinds
    assert rescue == (kinds == ("rescue",))
    assert not {"scale up", "scale down"} <= set(kinds) or before.slots == after.slots


def test_what_is_no_known_kind_is_as_careful_as_the_most_careful() -> None:
    assert kinds_of(WIDE, WIDE, is_rescue=False) == KINDS[:-1]
    other = replace(WIDE, shuffle_partitions=7)
    assert kinds_of(WIDE, other, is_rescue=False) == ("partitions",)


@given(some_modes)
def test_modes_are_read_as_they_are_written(modes: dict[ChangeKind, Mode]) -> None:
    assert modes_said(written(modes)) == modes


@pytest.mark.parametrize("text", ["", "rescue", "rescue maybe", "resize auto", "rescue auto now"])
def test_what_is_no_mode_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="rescue auto"):
        modes_said([text])


@given(st.sampled_from(MODES), some_modes, st.lists(st.sampled_from(KINDS), min_size=1))
def test_of_several_modes_the_lowest_counts(usual: Mode, own: dict[ChangeKind, Mode], kinds: list[ChangeKind]) -> None:
    history = history_in(usual, own)
    ranks = [MODES.index(own.get(kind, usual)) for kind in kinds]
    assert MODES.index(mode_of(history, kinds)) == min(ranks)
    every = [MODES.index(own.get(kind, usual)) for kind in KINDS]
    assert MODES.index(highest_mode(history)) == max(every)


def test_without_a_goal_nothing_but_measuring_is_done() -> None:
    assert mode_of(history_in(None), KINDS) == highest_mode(history_in(None)) == "observe"
    assert mode_words(history_in(None)) == "observe (no goal is set)"


def test_modes_in_words() -> None:
    assert mode_words(history_in("auto")) == "auto"
    assert mode_words(history_in("auto", {"rescue": "approve"})) == "auto (rescue: approve)"
    assert mode_words(history_in("auto", dict.fromkeys(KINDS, "propose"))) == "propose"

"""State is a fold of the ledger's entries."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.made import (
    GOAL_TEXT,
    SPACE,
    START,
    WIDE,
    applied,
    candidate,
    change,
    entries,
    folded,
    recorded,
    registered,
    roll_back,
    run,
)

from setpoint.core.domain import ClusterSpec, SearchSpace
from setpoint.core.history import Decided, Disturbed, Entry, GoalSet, entry_key, expected_of, fold
from setpoint.core.rollout import follow

NARROW = ClusterSpec.local(4, 4096)
KINDS = ("code change", "data growth", "data shrinkage", "unexplained shift")


@st.composite
def stories(draw: st.DrawFn) -> list[Entry]:
    """What a ledger may hold: a registration, then anything in any order, decisions before they are applied."""
    written: list[Entry] = [registered()]
    for number in range(1, draw(st.integers(1, 12))):
        at = START + timedelta(hours=number)
        spec = draw(st.sampled_from([WIDE, NARROW, ClusterSpec.local(2, 2048)]))
        match draw(st.sampled_from(["run", "failed", "drifted", "foreign", "goal", "change", "rollback", "again"])):
            case "run":
                written += recorded(run(number, spec))
            case "failed":
                written += recorded(run(number, spec, fault="memory"))
            case "drifted":
                written += recorded(run(number, spec))
                written.append(Disturbed(draw(st.sampled_from(KINDS)), "seen", f"run-{number}", at))
            case "foreign":
                written.append(Disturbed("foreign change", "theirs", None, at, spec))
            case "goal":
                written.append(GoalSet(GOAL_TEXT, "auto", at))
            case "change":
                written += applied(change(spec, kept=draw(st.sampled_from([None, spec]))), f"{number:06d}")
            case "rollback":
                written += applied(roll_back(spec), f"{number:06d}")
            case _:
                written.append(registered())
    return written


@given(stories())
def test_what_was_written_first_is_never_undone_by_what_comes_later(written: list[Entry]) -> None:
    states = [folded(written[:count]) for count in range(1, len(written) + 1)]
    for before, after in pairwise(states):
        assert after.runs[: len(before.runs)] == before.runs
        assert after.disturbances[: len(before.disturbances)] == before.disturbances
        assert before.expected.items() <= after.expected.items()
        assert before.applied.items() <= after.applied.items()
        assert 0 <= after.evidence - before.evidence <= 1
        assert after.registered == before.registered


@given(stories())
def test_a_fold_of_the_same_entries_is_the_same_state(written: list[Entry]) -> None:
    assert fold(iter(written)) == fold(tuple(written))
    assert follow(iter(written)) == follow(tuple(written))


@given(stories())
def test_every_run_has_a_regime_and_regimes_only_grow(written: list[Entry]) -> None:
    history = folded(written)
    numbers = [history.regimes[each.id] for each in history.runs]
    assert numbers == sorted(numbers)
    assert [each for number in sorted(set(numbers)) for each in history.runs_of(number)] == list(history.runs)


@given(stories())
def test_the_spec_in_place_is_the_last_that_anybody_put_there(written: list[Entry]) -> None:
    specs = [spec for entry in written if (spec := getattr(entry, "spec", None))]
    assert folded(written).spec == (specs[-1] if specs else WIDE)


@given(stories())
def test_entries_that_are_facts_of_their_own_have_keys_of_their_own(written: list[Entry]) -> None:
    facts = written[:1] + [entry for entry in written if entry != written[0]]
    assert len({entry_key(entry) for entry in facts}) == len(facts)
    assert [entry_key(entry) for entry in written] == [entry_key(replace(entry)) for entry in written]


def test_before_the_registration_there_is_nothing() -> None:
    assert fold([]) is None
    assert fold(recorded(run(1))) is None
    assert follow(recorded(run(1))) is None


@pytest.mark.parametrize("kind", ["code change", "unexplained shift"])
def test_a_run_with_which_the_plant_changed_begins_a_regime(kind: str) -> None:
    story = [*entries(run(1), run(2)), Disturbed(kind, "seen", "run-2", START), *recorded(run(3))]  # type: ignore[arg-type]
    history = folded(story)
    assert history.regimes == {"run-1": 0, "run-2": 1, "run-3": 1}
    assert history.regime == 1
    assert history.evidence == 4


@pytest.mark.parametrize("kind", ["data growth", "data shrinkage"])
def test_another_input_is_told_and_begins_no_regime(kind: str) -> None:
    story = [*entries(run(1), run(2)), Disturbed(kind, "seen", "run-2", START), *recorded(run(3))]  # type: ignore[arg-type]
    history = folded(story)
    assert set(history.regimes.values()) == {0}
    assert [each.kind for each in history.disturbances] == [kind]


def test_a_foreign_change_is_evidence_and_begins_no_regime() -> None:
    history = folded([*entries(run(1)), Disturbed("foreign change", "theirs", None, START, NARROW), *recorded(run(2))])
    assert (history.spec, history.regime, history.evidence) == (NARROW, 0, 4)


def test_a_goal_may_change_what_is_allowed_or_leave_it() -> None:
    space = SearchSpace((1,), (1024,))
    assert folded(entries()).space == SPACE
    later = START + timedelta(hours=1)
    assert folded([*entries(), GoalSet("minimise cost", "observe", later, space)]).space == space


def test_what_was_predicted_for_a_run_is_what_stood_there_before_it() -> None:
    chosen, current = candidate(NARROW, 30.0), candidate(WIDE, 20.0)
    decision = change(NARROW)
    decision = replace(decision, assessment=replace(decision.assessment, chosen=chosen, current=current))
    decided, done = applied(decision, "000002")
    story = [
        *entries(run(1)),
        decided,
        done,
        *recorded(run(2, NARROW), run(3, WIDE), run(4, ClusterSpec.local(1, 1024))),
    ]
    assert folded(story).expected == {"run-2": chosen, "run-3": current}
    assert expected_of(None, WIDE) is None


def test_a_decision_is_due_when_there_is_new_evidence() -> None:
    before = folded(entries(run(1)))
    decided, _ = applied(change(NARROW), before.decision_id)
    assert not before.is_decided
    assert folded([*entries(run(1)), decided]).is_decided
    assert not folded([*entries(run(1)), decided, *recorded(run(2))]).is_decided


def test_a_decision_written_late_does_not_hide_the_one_on_newer_evidence() -> None:
    """Two ticks race: the slower one has seen one run less, and writes last."""
    story = entries(run(1), run(2))
    newer, done = applied(roll_back(NARROW), folded(story).decision_id)
    late = Decided("000002", "run-1", GOAL_TEXT, WIDE, change(ClusterSpec.local(1, 1024), kept=NARROW), START)
    history, rollout = folded([*story, newer, done, late]), follow([*story, newer, done, late])
    assert history.last_decided == newer
    assert history.is_decided
    assert rollout == follow([*story, newer, done])

"""Importing: which jobs, under which names, once."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.onboarding.recurring_fakes import BOOK, Account, job, spec

from setpoint.core.domain import SearchSpace
from setpoint.core.history import GoalSet, Mode, Registered
from setpoint.errors import InputError
from setpoint.ledger.memory import MemoryLedger
from setpoint.loop import Loop
from setpoint.onboarding.candidates import candidates
from setpoint.onboarding.importing import Imported, Importing, Wanted, chosen
from setpoint.testing.memory_platform import MemoryPlatform

ALL = Wanted(every=True)


def loop() -> Loop:
    return Loop(MemoryPlatform({}), MemoryLedger(), BOOK, lambda: datetime(2026, 1, 1, tzinfo=UTC))


def imported(
    account: Account, over: Loop, goal: str = "", mode: Mode = "propose", *, is_dry: bool = False
) -> list[Imported]:
    found = candidates(account, 7.0, 0)
    importing = Importing(over, account, account, BOOK, "databricks", goal, mode)
    return list(importing.run(chosen(found, ALL, account.known()), is_dry=is_dry))


def outcomes(done: list[Imported]) -> dict[str, str]:
    return {each.project: each.outcome for each in done}


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.sampled_from(["a", "b", "c"])), unique_by=lambda it: it[0], max_size=8)
)
def test_importing_again_changes_nothing(found: list[tuple[int, str]]) -> None:
    account, over = Account(tuple(job(number, name) for number, name in found)), loop()
    first = imported(account, over)
    entries = {name: over.ledger.read(name) for name in over.ledger.projects()}
    assert sorted(entries) == sorted(each.project for each in first)
    assert len(entries) == len(found)
    again = imported(account, over)
    assert {each.outcome for each in again} <= {"known"}
    assert outcomes(again).keys() == entries.keys()
    assert {name: over.ledger.read(name) for name in over.ledger.projects()} == entries


def test_a_project_begins_with_the_cluster_of_its_job_and_is_only_proposed_for() -> None:
    over = loop()
    (done,) = imported(Account((job(1, "nightly"),)), over)
    assert (done.project, done.outcome) == ("nightly", "new")
    entries = over.ledger.read("nightly")
    registered, goal = entries
    assert isinstance(registered, Registered)
    assert isinstance(goal, GoalSet)
    assert (registered.platform, registered.baseline) == ("databricks", spec())
    assert registered.space.node_types
    assert (goal.goal, goal.mode) == ("minimise cost; runtime <= 2250s", "propose")


def test_a_goal_and_a_mode_of_ones_own_are_taken() -> None:
    over = loop()
    imported(Account((job(1, "nightly"),)), over, goal="minimise runtime", mode="observe")
    history = over.state("nightly").history
    assert history.goal is not None
    assert (history.goal.goal, history.goal.mode) == ("minimise runtime", "observe")


def test_a_dry_run_says_the_same_and_makes_nothing() -> None:
    account, over = Account((job(1), job(2, refusal="It is serverless."))), loop()
    dry = imported(account, over, is_dry=True)
    assert (over.ledger.projects(), account.kept) == ((), {})
    assert [each.outcome for each in dry] == ["would be new", "refused"]
    wet = imported(account, over)
    assert [(each.project, each.detail) for each in dry] == [(each.project, each.detail) for each in wet]


def test_one_that_cannot_be_taken_holds_up_no_other() -> None:
    done = imported(Account((job(1), job(2, "s", refusal="It is serverless."), job(3))), loop())
    assert {each.job.job_id: each.outcome for each in done} == {"1": "new", "2": "refused", "3": "new"}
    assert next(each.detail for each in done if each.outcome == "refused") == "It is serverless."


def test_a_project_that_another_one_has_the_name_of_gets_a_longer_one() -> None:
    over = loop()
    over.register("nightly", "spark", spec(), SearchSpace())
    (done,) = imported(Account((job(1, "nightly"),)), over)
    assert done.project == "nightly-1-main"


def test_a_name_that_is_taken_for_good_is_refused_and_the_other_project_stays() -> None:
    over = loop()
    for name in ("nightly", "nightly-1-main"):
        over.register(name, "spark", spec(), SearchSpace())
    account = Account((job(1, "nightly"), job(2)))
    assert outcomes(imported(account, over)) == {"nightly-1-main": "refused", "job-2": "new"}
    assert len(over.ledger.read("nightly-1-main")) == 1
    assert account.kept == {"2 main": "job-2"}


def test_what_the_platform_cannot_keep_comes_into_no_ledger() -> None:
    account, over = Account((job(1), job(2)), fails_at="job-1"), loop()
    assert outcomes(imported(account, over)) == {"job-1": "refused", "job-2": "new"}
    assert over.ledger.projects() == ("job-2",)


def test_killed_between_platform_and_ledger_it_goes_on_under_the_same_name() -> None:
    account, over = Account((job(1, "nightly"),)), loop()
    account.kept["1 main"] = "nightly"
    (done,) = imported(account, over)
    assert (done.project, done.outcome) == ("nightly", "new")
    assert over.ledger.projects() == ("nightly",)


def test_jobs_are_chosen_by_id_pattern_tag_and_place_in_the_order() -> None:
    jobs = (
        job(1, "sales-a", dollars=1.0, tags={"team": "sales", "tier": "1"}),
        job(2, "sales-b", dollars=3.0, tags={"team": "sales"}),
        job(3, "etl", dollars=2.0),
        job(4, "never", runs=()),
    )
    found = candidates(Account(jobs), 7.0, 0)

    def ids(wanted: Wanted, known: dict[str, str] | None = None) -> list[str]:
        return [it.job_id for it in chosen(found, wanted, known or {})]

    assert ids(Wanted(jobs=("3",))) == ["3"]
    assert ids(Wanted(jobs=("sales-*", "4"))) == ["2", "1", "4"]
    assert ids(Wanted(tags={"team": "sales"})) == ["2", "1"]
    assert ids(Wanted(tags={"team": "sales", "tier": "1"})) == ["1"]
    assert ids(Wanted(top=2)) == ["2", "3"]
    # Those that are projects already do not use up the places.
    assert ids(Wanted(top=2), {"2 main": "sales-b"}) == ["3", "1"]
    assert ids(ALL) == ["2", "3", "1", "4"]
    with pytest.raises(InputError, match="has a tag"):
        chosen(candidates(Account((job(1),)), 7.0, 0), Wanted(tags={"team": "sales"}), {})
    with pytest.raises(InputError, match="no job '9'"):
        ids(Wanted(jobs=("9",)))

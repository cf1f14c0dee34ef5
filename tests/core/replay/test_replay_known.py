from dataclasses import fields, replace

import pytest
from tests.core.replay.worlds import Script, grid, some_of

from setpoint.core.replay import METHODS, Grid, Rules, Space, Task, Trial, by_size, is_comparable, known_for, play_bout
from setpoint.core.replay.bout import Bout

FOUR = (
    grid([100, 40, 30], workload="sort-small", algorithm="sort"),
    grid([200, 80, 60], workload="sort-large", algorithm="sort"),
    grid([50, 40, 35], workload="grep", algorithm="grep"),
    replace(grid([9, 8, 7], workload="other", algorithm="other"), dataset="elsewhere"),
)


def test_a_space_holds_no_answers() -> None:
    names = {field.name for field in fields(Space)}
    assert not {"seconds", "completed", "dollars", "runtime", "cost"} & names
    assert {field.name for field in fields(Grid)} - names >= {"seconds", "completed"}


@pytest.mark.parametrize(("leave_out", "left"), [("algorithm", {"grep"}), ("workload", {"sort-large", "grep"})])
def test_leave_one_out_leaves_out(leave_out: str, left: set[str]) -> None:
    known = known_for(FOUR[0], FOUR[:3], leave_out)  # type: ignore[arg-type]
    assert {each.workload for each in known} == left


def test_comparable_is_the_same_dataset_or_half_of_the_configurations() -> None:
    assert is_comparable(FOUR[0], of_size(1))
    elsewhere = FOUR[3]
    assert is_comparable(FOUR[0], elsewhere)
    assert is_comparable(FOUR[0], some_of(elsewhere, [0, 1]))
    assert not is_comparable(FOUR[0], some_of(elsewhere, [0]))


def test_names_are_one_whichever_way_they_are_written() -> None:
    (one,) = FOUR[:1]
    louder = replace(one, dataset="MADE", workload=one.workload.upper())
    assert known_for(one, [louder], "workload") == ()
    assert known_for(one, [replace(louder, workload="x", algorithm=one.algorithm.upper())], "algorithm") == ()
    upper = replace(one.space, configs=tuple(config.upper() for config in one.space.configs))
    assert is_comparable(one, replace(one, dataset="elsewhere", space=upper))


def test_a_workload_given_as_known_is_left_out_under_its_own_name_too() -> None:
    renamed = replace(FOUR[0], algorithm="another")
    assert known_for(FOUR[0], [renamed], "algorithm") == ()


def test_a_method_hears_the_space_and_what_is_known_and_nothing_else() -> None:
    spy = Script([1])
    bout = Bout(FOUR[0], known_for(FOUR[0], FOUR[:3], "algorithm"), "spy", spy, Rules(risk=0.1, horizon=9))
    play_bout(bout)
    ((space, known, task, seed),) = spy.heard
    assert isinstance(space, Space)
    assert [each.workload for each in known] == ["grep"]
    assert (task, seed) == (Task("cost", None, 9, 0.1), FOUR[0].seed(0))


def test_the_seed_is_the_workload_s_own() -> None:
    assert FOUR[0].seed(0) != FOUR[1].seed(0) != FOUR[1].seed(1)


@pytest.mark.parametrize("name", METHODS)
def test_every_method_gives_the_same_answer_to_the_same_question(name: str) -> None:
    seen = (Trial(0, 100.0, completed=True), Trial(2, 30.0, completed=True))
    answers = [METHODS[name].begin(FOUR[0].space, FOUR[2:3], Task(), 5).choose(seen, 5).index for _ in range(3)]
    assert len(set(answers)) == 1
    assert 0 <= answers[0] < 3


def of_size(size: int, number: int = 0) -> Grid:
    return grid(range(10, 10 + size), workload=f"{size} {number}")


def test_workloads_of_very_different_sizes_have_figures_of_their_own() -> None:
    mixed = [*(of_size(6, number) for number in range(3)), *(of_size(18, number) for number in range(2))]
    assert {name: len(grids) for name, grids in by_size(mixed).items()} == {"made (6)": 3, "made (18)": 2}
    ranges = [of_size(6), of_size(7), of_size(18), of_size(20)]
    assert list(by_size(ranges)) == ["made (6-7)", "made (18-20)"]


@pytest.mark.parametrize("sizes", [(47, 61, 72), (1, 9, 9, 8), (5,)])
def test_other_datasets_stay_one(sizes: tuple[int, ...]) -> None:
    grids = [of_size(size, number) for number, size in enumerate(sizes)]
    assert list(by_size(grids)) == ["made"]

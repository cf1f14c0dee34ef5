from dataclasses import replace
from pathlib import Path

import pytest
from tests.core.replay.worlds import grid
from tests.replays.absurd import Absurd, Dying, Failing, Telling
from tests.replays.files import grid_file

from setpoint.core.replay import METHODS, Rules
from setpoint.errors import InputError, SetpointError
from setpoint.replays import Asked, play_all, read_grids

RULES = Rules(horizon=6, most_parents=3, noise=0.1, seeds=2)


def test_figures_do_not_depend_on_the_number_of_processes(tmp_path: Path) -> None:
    asked = Asked(grids=read_grids([grid_file(tmp_path)]).grids, methods=METHODS, rules=RULES, with_oracle=True)
    told: list[tuple[int, int]] = []
    alone, together = play_all(asked, 1, lambda done, of_all: told.append((done, of_all))), play_all(asked, 2)
    assert alone == together
    assert told == [(number, 4 * (len(METHODS) + 1)) for number in range(1, 4 * (len(METHODS) + 1) + 1)]
    assert [each["method"] for each in alone.summaries] == [*METHODS, "oracle"]
    assert {each["episodes"] for each in alone.summaries} == {4 * 3 * 2}


def test_a_workload_alone_has_the_same_figures_as_among_others(tmp_path: Path) -> None:
    grids = [replace(each, dataset=each.workload) for each in read_grids([grid_file(tmp_path)]).grids]
    methods = {"random": METHODS["random"]}
    among = play_all(Asked(grids=grids, methods=methods, rules=RULES), 1)
    assert play_all(Asked(grids=grids[2:3], methods=methods, rules=RULES), 1).summaries == among.summaries[2:3]


def test_datasets_without_anything_known_are_told(tmp_path: Path) -> None:
    grids = read_grids([grid_file(tmp_path)]).grids
    methods = {"stay": METHODS["stay"]}
    assert play_all(Asked(grids=grids, methods=methods, rules=RULES), 1).without_prior == ()
    assert play_all(Asked(grids=grids[:1], methods=methods, rules=RULES), 1).without_prior == ("made",)
    assert play_all(Asked(grids=grids[:1], methods=methods, known=(), rules=RULES), 1).without_prior == ()


def test_what_a_method_may_know(tmp_path: Path) -> None:
    grids = read_grids([grid_file(tmp_path)]).grids
    other = [replace(each, dataset="other") for each in grids]
    # A method that complains of what it hears: the known workloads.
    for asked, heard in (
        (Asked(grids=grids[:2], methods={"spy": Telling()}), "made grep-spark"),
        (Asked(grids=[*grids[:2], *other], methods={"spy": Telling()}), "made grep-spark"),
        (
            Asked(grids=grids[:1], known=grids, methods={"spy": Telling()}),
            "made grep-spark made join-spark made sgd-spark",
        ),
        (Asked(grids=grids[:1], known=other[1:2], methods={"spy": Telling()}), "other grep-spark"),
        (Asked(grids=grids[:2], known=(), methods={"spy": Telling()}), "nothing"),
    ):
        with pytest.raises(InputError, match=f"^{heard}$"):
            play_all(asked, 1)


def test_a_method_that_fails_is_told_in_one_sentence() -> None:
    with pytest.raises(SetpointError, match=r"KeyError: 'lost' \(at absurd\.py:\d+\)"):
        play_all(Asked(grids=[grid([100, 40])], methods={"failing": Failing()}), 1)


def test_an_error_of_a_worker_is_raised_here() -> None:
    with pytest.raises(InputError, match="configuration -1 of 2"):
        play_all(Asked(grids=[grid([100, 40])], methods={"absurd": Absurd()}), 1)


def test_a_worker_that_dies_is_told_with_what_it_was_at() -> None:
    with pytest.raises(SetpointError, match="nightly"):
        play_all(Asked(grids=[grid([100, 40])], methods={"dying": Dying()}), 2)

import os
import pickle
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from threading import Timer

import numpy as np
import pytest
from tests.core.replay.worlds import grid
from tests.replays.absurd import Absurd, Dying, Failing, Pricing, Sleeping, Telling
from tests.replays.files import grid_file
from tests.replays.test_rates import billed

from setpoint.core.replay import METHODS, Bout, Rules
from setpoint.errors import InputError, SetpointError
from setpoint.replays import Asked, play_all, read_grids
from setpoint.replays.team import Team

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


def test_what_runs_under_test_cost_is_not_told() -> None:
    """Where no list says what a configuration costs, other workloads do; each knows its own bills once it is known."""
    grids = [billed("one", [1, 2, 3]), billed("other", [4, 5, 6]), billed("third", [6, 7, 8])]
    heard = "5.000 6.000 7.000; 4.000 5.000 6.000; 6.000 7.000 8.000"
    with pytest.raises(InputError, match=f"^{heard}$"):
        play_all(Asked(grids=grids, methods={"spy": Pricing()}), 1)


def test_rates_that_only_the_runs_under_test_know_are_named() -> None:
    asked = Asked(grids=[billed("one", [1, 2, 3])], methods={"stay": METHODS["stay"]}, rules=RULES)
    assert play_all(asked, 1).with_own_rates == ("made",)
    assert play_all(replace(asked, known=[billed("other", [4, 5, 6])]), 1).with_own_rates == ()


def test_bills_are_charged_and_what_a_space_tells_is_not() -> None:
    fee = replace(grid([100, 40, 50]), charged=np.array([0.01, 0.025, 0.02]))
    (figures,) = play_all(Asked(grids=[fee], methods={"random": METHODS["random"]}, rules=Rules()), 1).summaries
    assert figures["online"]["cum25_mean"] == pytest.approx(1.0)  # type: ignore[index]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_replay_that_is_ended_ends_its_workers_as_ctrl_c_does(number: signal.Signals) -> None:
    killer = Timer(1.5, os.kill, (os.getpid(), number))
    killer.start()
    with pytest.raises(KeyboardInterrupt), Team(2) as team:
        team.play([Bout(grid([100, 40]), (), "sleeping", Sleeping(), RULES)] * 2, lambda: None)
    assert signal.getsignal(number) is signal.SIG_DFL
    killer.join()


def test_a_worker_whose_parent_is_gone_says_nothing() -> None:
    command = [sys.executable, "-c", "from setpoint.replays.worker import main; main()"]
    bout = Bout(grid([100, 40]), (), "stay", METHODS["stay"], RULES)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        assert worker.stderr is not None
        worker.stdout.close()
        pickle.dump(bout, worker.stdin)
        worker.stdin.close()
        assert (worker.stderr.read(), worker.wait()) == (b"", 0)


def test_a_method_that_fails_is_told_in_one_sentence() -> None:
    with pytest.raises(SetpointError, match=r"KeyError: 'lost' \(at absurd\.py:\d+\)"):
        play_all(Asked(grids=[grid([100, 40])], methods={"failing": Failing()}), 1)


def test_an_error_of_a_worker_is_raised_here() -> None:
    with pytest.raises(InputError, match="configuration -1 of 2"):
        play_all(Asked(grids=[grid([100, 40])], methods={"absurd": Absurd()}), 1)


def test_a_worker_that_dies_is_told_with_what_it_was_at() -> None:
    with pytest.raises(SetpointError, match="nightly"):
        play_all(Asked(grids=[grid([100, 40])], methods={"dying": Dying()}), 2)

"""Questions whose answers are no sums, asked of lives made up for them."""

from dataclasses import replace

from tests.fleet.made import spec

from setpoint.core.domain import Assessment, ClusterSpec, Phase, Rollback
from setpoint.testing.fleet.closed import Lived, LivedDay, LivedRun, Lost
from setpoint.testing.fleet.judging import (
    adjusted_to_code_change,
    falsely_alarmed,
    met_the_cliff,
    repeated_ooms,
    unfit_rollbacks,
    worst_window,
)
from setpoint.testing.fleet.projects import draw_project
from setpoint.testing.fleet.yardsticks import DayOutcome, Terms

PROJECT = replace(draw_project("code-change", 0, 0, 10), change_day=3)


def run(day: int, ending: str = "well", *, scale: float = 1.0, mib: int = 8192, risk: float = 0.0) -> LivedRun:
    on: ClusterSpec = spec(mib=mib)
    return LivedRun(day, 0, on, scale, 1, 100.0, 1.0, ending, risk, 4096.0, 0.0, None, None, on, 0.0)


def life(*runs: LivedRun) -> Lived:
    return Lived(PROJECT, Terms(100.0, 0.05), runs, ())


def test_an_oom_is_repeated_at_the_same_input_whatever_the_heap() -> None:
    first = run(1, "memory")
    assert repeated_ooms([first, run(2, "memory", scale=1.04, mib=16384)]) == 1
    assert repeated_ooms([first, run(2, "memory", scale=1.2)]) == 0
    assert repeated_ooms([first, replace(run(2, "memory"), version=2)]) == 0
    assert repeated_ooms([first, run(2)]) == 0


def test_a_cliff_is_met_where_no_proven_heap_failed_for_growth() -> None:
    def needing(mib: float, it: LivedRun) -> LivedRun:
        return replace(it, needed_mib=mib)

    last, failed = needing(9000, run(9, mib=16384)), needing(8300, run(2, "memory"))
    assert met_the_cliff([run(1), last]) == "met"
    assert met_the_cliff([run(1), failed, last]) == "failed"
    assert met_the_cliff([needing(8250, run(1)), failed, run(9)]) == ""
    assert met_the_cliff([run(1), replace(failed, version=2), replace(last, version=2)]) == ""
    assert met_the_cliff([run(1), needing(5000, run(2, "memory", mib=4096)), last]) == "met"
    assert met_the_cliff([run(1), run(9)]) == ""


def test_runs_out_of_the_goal_are_counted_from_the_change_of_code() -> None:
    before, broken, back = run(2), run(3, risk=0.9), run(5, risk=0.05)
    assert adjusted_to_code_change(life(before, broken, replace(broken, day=4), back)) == 2
    assert adjusted_to_code_change(life(before, back)) is None
    assert adjusted_to_code_change(life(before, broken)) == 1


def test_alarms_are_false_where_nothing_changed() -> None:
    said = ("code change", "data growth")
    assert falsely_alarmed(life(replace(run(1), disturbances=said), run(3), run(4))) == 1
    assert falsely_alarmed(life(run(1), replace(run(3), disturbances=said), run(4))) == 0


def test_a_rollback_is_unfit_where_the_spec_would_fail() -> None:
    decision = Rollback(spec(), spec(2), "why", blamed=True, assessment=Assessment(Phase.OPTIMIZING))
    back = replace(run(1), decision=decision)
    assert unfit_rollbacks(life(replace(back, next_risk=0.9), back, replace(run(2), next_risk=0.9))) == 1


def test_the_worst_window_is_found_wherever_it_is() -> None:
    def day(dollars: float) -> LivedDay:
        usual = DayOutcome(1.0, 1.0, is_done=True)
        return LivedDay(replace(usual, dollars=dollars), usual, usual, spec(), Lost(0, 0, 0))

    share, dollars = worst_window([day(0.5)] * 40 + [day(2.0)] * 30 + [day(0.5)] * 20)
    assert (share, dollars) == (1.0, 30.0)
    assert worst_window([day(0.5)] * 3) == (-0.5, -1.5)

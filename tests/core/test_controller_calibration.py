"""decide(): intervals that past predictions widened."""

from dataclasses import replace

import pytest
from tests.core.made import PRICES, WIDE, applied, change, entries, folded, followed, recorded, run

from setpoint.core.belief.calibration import WIDEST
from setpoint.core.controller import CALIBRATED_FROM, decide
from setpoint.core.domain import Candidate, Decision, Hold, Prediction, Rollback
from setpoint.core.goals import parse_goal
from setpoint.core.prediction import Lessons

GOAL = parse_goal("minimise cost")


def current(count: int, lessons: Lessons) -> Prediction:
    """What is predicted after so many runs, each of which took half as long again as a sure prediction said."""
    runs = [run(number) for number in range(count + 2)]
    story = entries(*runs)
    said = Prediction(runs[0].seconds / 1.5, 0.05, 8.0, 0.001, log_doubt=0.02)
    wrong = {each.id: Candidate(WIDE, said, each.cost, miss_risk=0.1, loss=1.0) for each in runs[2:]}
    history = replace(folded(story), expected=wrong)
    candidate = decide(history, followed(story), GOAL, PRICES, lessons=lessons).assessment.current
    assert candidate is not None
    return candidate.prediction


def test_a_project_is_calibrated_on_its_own_predictions_once_they_are_enough() -> None:
    assert current(CALIBRATED_FROM - 1, Lessons()).calibration == 1.0
    assert current(CALIBRATED_FROM, Lessons()).calibration > 1.5


@pytest.mark.parametrize(("scale", "factor"), [(0.1, 1.0), (1.0, 1.0), (1.7, 1.7), (10.0, WIDEST)])
def test_what_others_say_never_makes_intervals_narrower_nor_endless(scale: float, factor: float) -> None:
    assert current(0, Lessons(scale=scale)).calibration == pytest.approx(factor)


@pytest.mark.parametrize(("scale", "decision"), [(1.0, Rollback), (3.0, Hold)])
def test_where_predictions_were_far_off_a_change_is_not_judged_by_one_run(
    scale: float, decision: type[Decision]
) -> None:
    half = WIDE.with_size(WIDE.slots // 2, WIDE.task_memory_mib)
    before = entries(*(run(number, WIDE, 13.0, has_profile=False) for number in range(4)))
    story = [*before, *applied(change(half)), *recorded(run(4, half, 27.0, has_profile=False))]
    found = decide(folded(story), followed(story), GOAL, PRICES, lessons=Lessons(scale=scale))
    assert isinstance(found, decision)

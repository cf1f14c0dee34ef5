from dataclasses import replace

import numpy as np
from tests.core.replay.worlds import grid

from setpoint.core.replay import Grid
from setpoint.replays.rates import Rates


def billed(workload: str, charged: list[float], listed: tuple[bool, ...] = (False,) * 3) -> Grid:
    made = grid([100, 40, 50], workload=workload, algorithm=workload)
    own = np.array(charged)
    return replace(made, space=replace(made.space, dollars_per_second=own), charged=own, listed=np.array(listed))


ONE, OTHER, THIRD = billed("one", [1, 2, 3]), billed("other", [4, 5, 6]), billed("third", [6, 7, 8])


def told(grids: list[Grid], one: Grid = ONE) -> tuple[list[float], bool]:
    seen, is_fair = Rates.of(grids).without_answers(one)
    assert seen.dollars.tolist() == one.dollars.tolist()
    return seen.space.dollars_per_second.tolist(), is_fair


def test_others_say_what_a_configuration_costs() -> None:
    assert told([ONE, OTHER, THIRD]) == ([5, 6, 7], True)
    assert told([ONE, OTHER]) == ([4, 5, 6], True)


def test_what_a_list_says_stands() -> None:
    listed = billed("one", [1, 2, 3], (True,) * 3)
    assert told([listed, OTHER], listed) == ([1, 2, 3], True)
    partly = billed("one", [1, 2, 3], (True, False, True))
    assert told([partly, OTHER], partly) == ([1, 5, 3], True)


def test_where_nobody_else_paid_its_own_bills_are_told_and_it_is_said() -> None:
    assert told([ONE]) == ([1, 2, 3], False)
    assert told([ONE, replace(OTHER, workload="ONE")]) == ([1, 2, 3], False)
    assert told([ONE, replace(OTHER, dataset="elsewhere")]) == ([1, 2, 3], False)

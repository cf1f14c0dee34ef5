from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core import knapsack
from setpoint.core.hull import ladder, steepest
from setpoint.core.portfolio import Allocation, Offer, OutOfBudget, allocate

Portfolio = list[list[Offer]]
KINDS = ("free", "falling returns", "value near cost", "negative", "equal")


def portfolio(seed: int, projects: int = 12) -> Portfolio:
    """Costs in whole dollars, so that the best can be found by going through all sums."""
    chance, kind = Random(seed), KINDS[seed % len(KINDS)]
    worth: Callable[[int], float] = {
        "free": lambda _: 10 * chance.random(),
        "falling returns": lambda cost: cost**0.5 * (1 + 0.1 * chance.random()),
        "value near cost": lambda cost: cost + 0.01 * chance.random(),
        "negative": lambda cost: -100 / cost - chance.random(),
        "equal": lambda _: 1.0,
    }[kind]
    costs = [
        [chance.randint(0 if kind == "free" else 1, 60) for _ in range(chance.randint(1, 8))] for _ in range(projects)
    ]
    return [[Offer(float(cost), worth(cost)) for cost in each] for each in costs]


def least(made: Portfolio) -> float:
    return sum(min(offer.cost for offer in each) for each in made)


def most(made: Portfolio) -> float:
    return sum(max(offer.cost for offer in each) for each in made)


def optimum(made: Portfolio, budget: int) -> float:
    best = {0: 0.0}
    for each in made:
        grown: dict[int, float] = {}
        for spent, value in best.items():
            for offer in each:
                total = spent + int(offer.cost)
                if total <= budget:
                    grown[total] = max(grown.get(total, -1e300), value + offer.value)
        best = grown
    return max(best.values())


def allocated(made: Portfolio, budget: float) -> Allocation:
    found = allocate(made, budget)
    assert isinstance(found, Allocation)
    return found


@pytest.mark.parametrize("seed", range(60))
def test_twelve_projects_come_within_two_percent_of_the_optimum(seed: int) -> None:
    made = portfolio(seed)
    budget = int(least(made) + Random(seed).random() * (most(made) - least(made)))
    found, best = allocated(made, budget), optimum(made, budget)
    assert found.cost <= budget * (1 + 1e-9)
    assert found.value <= best + 1e-9
    assert found.bound >= best - 1e-9
    # Of what the budget buys beyond the cheapest choice: a bar that also means something where values are negative.
    floor = allocated(made, least(made)).value
    assert best - found.value <= 0.001 * (best - floor) + 1e-9


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_what_is_answered_is_a_choice_that_can_be_paid(seed: int, share: float) -> None:
    made = portfolio(seed, projects=1 + seed % 5)
    budget = least(made) + share * (most(made) - least(made))
    found = allocated(made, budget)
    taken = [offers[each.offer] for offers, each in zip(made, found.shares, strict=True)]
    assert sum(offer.cost for offer in taken) == pytest.approx(found.cost)
    assert sum(offer.value for offer in taken) == pytest.approx(found.value)
    assert found.cost <= budget + 1e-9
    assert found.price >= 0


@given(st.integers(0, 10_000), st.floats(0, 1), st.floats(0, 1))
def test_more_money_never_buys_less(seed: int, one: float, other: float) -> None:
    made = portfolio(seed, projects=4)
    low, high = (least(made) + share * (most(made) - least(made)) for share in sorted((one, other)))
    fewer, more = allocated(made, low), allocated(made, high)
    # Both are at most a hundred thousandth of what is at stake below their optimum.
    assert more.value >= fewer.value - 1e-5 * (more.bound - allocated(made, least(made)).value) - 1e-9


@given(st.integers(0, 10_000))
def test_a_budget_that_is_too_small_says_by_how_much(seed: int) -> None:
    made = portfolio(seed, projects=3)
    short = allocate(made, least(made) - 2.5)
    assert isinstance(short, OutOfBudget)
    assert (short.cheapest, short.missing) == (least(made), 2.5)


def test_with_plenty_everybody_gets_the_most_valuable_and_money_is_worth_nothing() -> None:
    made = portfolio(0)
    found = allocated(made, most(made))
    assert found.value == pytest.approx(sum(max(offer.value for offer in each) for each in made))
    assert found.price == 0
    assert all(share.next is None for share in found.shares)


def test_a_share_says_what_further_money_would_buy() -> None:
    slow, fast, fastest = Offer(1.0, 0.0), Offer(3.0, 4.0), Offer(9.0, 5.0)
    (share,) = allocated([[slow, fast, fastest]], 2.0).shares
    assert share.offer == 0
    assert share.next is not None
    assert (share.next.offer, share.next.cost, share.next.value, share.next.slope) == (1, 2.0, 4.0, 2.0)


def test_no_projects_need_no_money() -> None:
    assert allocated([], 0.0).shares == ()


def test_hundreds_of_projects_come_next_to_the_bound() -> None:
    for seed in range(5):
        made = portfolio(seed, projects=300)
        budget = least(made) + 0.4 * (most(made) - least(made))
        found = allocated(made, budget)
        assert found.bound - found.value <= 1e-3 * abs(found.bound)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(-50, 50)), min_size=1, max_size=12))
def test_a_ladder_grows_less_steep_and_stays_above_all_points(points: list[tuple[int, int]]) -> None:
    rungs = ladder(points)
    slopes = [rung.slope for rung in rungs[1:]]
    assert slopes == sorted(slopes, reverse=True)
    assert all(rung.cost > 0 and rung.value > 0 for rung in rungs[1:])
    assert points[rungs[0].offer][0] == min(cost for cost, _ in points)
    assert points[rungs[-1].offer][1] == max(value for _, value in points)
    for row in range(len(points)):
        rung = steepest(points, row)
        dearer = [it for it in points if it[0] > points[row][0] and it[1] > points[row][1]]
        assert (rung is None) == (not dearer)


def test_where_too_many_choices_are_open_the_most_promising_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knapsack, "MOST_STATES", 5)
    for seed in range(10):
        made = portfolio(seed)
        budget = int((least(made) + most(made)) / 2)
        found, best = allocated(made, budget), optimum(made, budget)
        assert found.cost <= budget * (1 + 1e-9)
        assert found.value <= best + 1e-9


def test_nothing_better_than_what_is_known_is_said_so() -> None:
    assert knapsack.best_within([[(1, 1), (2, 2)]], 2, 1.0, 2.0) is None
    assert knapsack.best_within([], 2, 1.0, 2.0) is None


def test_where_going_through_finds_nothing_the_climbed_choice_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("setpoint.core.portfolio.best_within", lambda *_: None)
    made = portfolio(2)
    budget = (least(made) + most(made)) / 2
    assert allocated(made, budget).cost <= budget

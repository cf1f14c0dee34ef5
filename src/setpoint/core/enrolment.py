"""From the first report of a project to its control, and from a decision back to what a client fetches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from setpoint.core.cloud_space import cloud_space
from setpoint.core.configurations import ask_for, reported_cluster
from setpoint.core.cost import price
from setpoint.core.domain import Candidate, ClusterSpec, Decision, Hold, Run, SearchSpace
from setpoint.core.pricebook import Missing, PriceBook
from setpoint.core.wishes import NO_WISHES, Wishes, goal_text

__all__ = ["Enrolment", "FetchedCluster", "enrolment", "fetched", "fetched_again"]

_COVERAGE = 0.9
"""Of the interval between the lower and the upper cost."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What brings a project under control: for the loop's `register` and `set_goal`."""

    baseline: ClusterSpec
    space: SearchSpace
    goal: str


@dataclass(frozen=True, slots=True)
class FetchedCluster:
    """A decided cluster as a client fetches it."""

    configuration: Mapping[str, object]
    minutes: float
    """Expected of a run, from when Spark can start."""
    dollars: float
    least_dollars: float
    most_dollars: float
    """In 90 of 100 cases a run costs between the two."""


def enrolment(
    report: Mapping[str, object], product_code: str, book: PriceBook, wishes: Wishes = NO_WISHES
) -> Enrolment | Missing:
    """What the report of one run and the wishes of its owner come to; Missing where its machines are not known.

    Raises InputError where the report cannot be used.
    """
    found = reported_cluster(report, product_code, book)
    if isinstance(found, Missing):
        return found
    machines = found.run.usage.machines
    began = min((use.began for use in machines), default=found.run.began)
    ended = max((use.ended for use in machines), default=found.run.ended)
    goal = goal_text(wishes, ended - began)
    return Enrolment(found.spec, cloud_space(found.spec, book, wishes), goal)


def fetched(
    decision: Decision,
    report: Mapping[str, object],
    product_code: str,
    book: PriceBook,
    tags: Mapping[str, str] | None = None,
    *,
    is_held_back: bool = False,
) -> FetchedCluster | None:
    """What a decision asks for: its spec, or the present one where it holds; None before anything can be predicted.

    `report` is the newest one: what is not of the spec is taken from it. A decision that is held back asks for the
    present spec.
    """
    candidate = _meant(decision, is_held_back=is_held_back)
    if candidate is None or candidate.spec.cloud is None:
        return None
    seconds, startup = candidate.prediction.median_seconds, candidate.spec.cloud.startup_seconds
    low, high = candidate.prediction.interval(_COVERAGE)
    return FetchedCluster(
        configuration=ask_for(candidate.spec, report, product_code, tags),
        minutes=max(0.0, seconds - startup) / 60,
        dollars=candidate.cost.dollars,
        least_dollars=price(candidate.spec, low, book, "modelled").dollars,
        most_dollars=price(candidate.spec, high, book, "modelled").dollars,
    )


def fetched_again(
    spec: ClusterSpec,
    runs: Sequence[Run],
    report: Mapping[str, object],
    product_code: str,
    tags: Mapping[str, str] | None = None,
) -> FetchedCluster | None:
    """A spec on which a run has succeeded, as that run measured it; None where none has."""
    run = next((run for run in reversed(runs) if run.succeeded and run.spec == spec), None)
    if run is None or spec.cloud is None:
        return None
    return FetchedCluster(
        configuration=ask_for(spec, report, product_code, tags),
        minutes=max(0.0, run.seconds - spec.cloud.startup_seconds) / 60,
        dollars=run.cost.dollars,
        least_dollars=run.cost.dollars,
        most_dollars=run.cost.dollars,
    )


def _meant(decision: Decision, *, is_held_back: bool) -> Candidate | None:
    numbers = decision.assessment
    return numbers.current if is_held_back or isinstance(decision, Hold) else numbers.chosen

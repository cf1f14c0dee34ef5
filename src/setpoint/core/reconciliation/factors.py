"""The factor by which estimates are off, over all runs and for each project.

Learned from the logarithms of billed ÷ estimated: their median, so that one odd bill does not move it, drawn towards 1
while runs are few. The factor of a project is drawn towards the one over all (partial pooling: normal prior and normal
likelihood, its spread from the data; Gelman et al., Bayesian Data Analysis, 2.5 and 5.4).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

__all__ = ["Correction", "Corrections", "correction", "corrections"]

_PRIOR_DEVIATION = 0.3
"""Of the logarithm of the factor among accounts: contracts take off up to half of the list price."""
_PRIOR_NOISE = 0.3
"""Of a single run, before any is known; worth one run."""
_PRIOR_BETWEEN = 0.15
"""Among the projects of an account, before any is known. They share a contract, not the spot mix."""
_PRIOR_WORTH = 4
"""Projects, or runs of a project, beyond the first, that what is expected counts as: few tell little of a spread."""
_LEAST_SHARE_BETWEEN = 0.25
"""Of the spread that is seen among projects; what chance makes of it is not known well enough to leave nothing."""
_TO_DEVIATION = 1.4826
"""From the median absolute deviation of normal values to their standard deviation."""
_OF_FEW = {2: 1.196, 3: 1.495, 4: 1.363, 5: 1.206, 6: 1.200, 7: 1.140, 8: 1.129, 9: 1.107}
"""What that of so many values is to be multiplied by, too (Croux and Rousseeuw 1992); of more, n / (n - 0.8)."""
_OF_MEDIAN = 1.2533
"""Standard error of a median over that of a mean: sqrt(pi / 2)."""
_NINETY_PERCENT = 1.6449
_FARTHEST = 20.0
"""Of a logarithm: what is further apart is no bill of this run, and must not overflow."""


@dataclass(frozen=True, slots=True)
class Correction:
    """The factor by which estimates are to be multiplied to be like the bills, with its 90 % interval."""

    factor: float
    low: float
    high: float
    runs: int
    """How many it was learned from."""


@dataclass(frozen=True, slots=True)
class Corrections:
    """The factor over all runs, and that of each project."""

    over_all: Correction
    projects: Mapping[str, Correction]

    def of(self, project: str) -> Correction:
        """The factor of a project; over all where it is not known."""
        return self.projects.get(project, self.over_all)


@dataclass(frozen=True, slots=True)
class _Belief:
    """A logarithm of a factor, normally distributed."""

    centre: float
    variance: float


def correction(pairs: Iterable[tuple[float, float]]) -> Correction:
    """The factor from pairs of estimated and billed dollars; pairs without either are left out.

    >>> correction([]).factor
    1.0
    >>> learned = correction([(10, 7), (20, 14.2), (30, 20.9), (8, 5.6), (10, 70)])
    >>> 0.7 < learned.factor < 0.75
    True
    """
    logs = _logs(pairs)
    return _in_dollars(_over_all(logs), len(logs))


def corrections(runs: Iterable[tuple[str, float, float]]) -> Corrections:
    """The factors from (project, estimated, billed); "" is no project, and its runs count over all only.

    >>> found = corrections([("a", 10, 9)] * 20 + [("b", 10, 8)] * 10 + [("c", 10, 5)])
    >>> [round(found.projects[name].factor, 2) for name in "abc"], round(found.over_all.factor, 2)
    ([0.9, 0.8, 0.52], 0.9)
    """
    groups: dict[str, list[tuple[float, float]]] = {}
    for project, estimated, billed in runs:
        groups.setdefault(project, []).append((estimated, billed))
    logs = {name: _logs(pairs) for name, pairs in groups.items()}
    every = [each for found in logs.values() for each in found]
    account = _over_all(every)
    known = {name: found for name, found in logs.items() if name}
    noise = _noise_within(known.values())
    errors = {name: _error(found, noise) for name, found in known.items() if found}
    between = _between([median(known[name]) for name in errors], list(errors.values()))
    # A few projects are a sample of those that an account may have.
    account_of_any = replace(account, variance=account.variance + _OF_MEDIAN**2 * between / max(1, len(errors)))
    projects = {
        name: _in_dollars(
            _pooled(account_of_any, between, median(found) if found else 0.0, errors.get(name)), len(found)
        )
        for name, found in known.items()
    }
    return Corrections(_in_dollars(account, len(every)), projects)


def _logs(pairs: Iterable[tuple[float, float]]) -> list[float]:
    found = (math.log(billed) - math.log(estimated) for estimated, billed in pairs if estimated > 0 and billed > 0)
    return [min(_FARTHEST, max(-_FARTHEST, each)) for each in found]


def _over_all(logs: Sequence[float]) -> _Belief:
    if not logs:
        return _Belief(0.0, _PRIOR_DEVIATION**2)
    noise = math.sqrt((_PRIOR_NOISE**2 + len(logs) * _spread(logs) ** 2) / (1 + len(logs)))
    error = _OF_MEDIAN * noise / math.sqrt(len(logs))
    weight = _PRIOR_DEVIATION**2 / (_PRIOR_DEVIATION**2 + error**2)
    return _Belief(weight * median(logs), weight * error**2)


def _spread(values: Sequence[float]) -> float:
    """Standard deviation, by the median absolute deviation."""
    centre, count = median(values), len(values)
    of_few = _OF_FEW.get(count) or count / (count - 0.8)
    return of_few * _TO_DEVIATION * median(abs(each - centre) for each in values)


def _noise_within(groups: Iterable[Sequence[float]]) -> float:
    """How far runs of one project differ, over all projects; a project tells as often as it has runs beyond one."""
    told = [(len(logs) - 1, _spread(logs) ** 2) for logs in groups if len(logs) > 1]
    weight = sum(count for count, _ in told)
    return math.sqrt((_PRIOR_NOISE**2 + math.fsum(count * spread for count, spread in told)) / (1 + weight))


def _error(logs: Sequence[float], noise: float) -> float:
    """Standard error of a project's median; `noise` of all projects stands in for runs of its own."""
    beyond = len(logs) - 1
    own = math.sqrt((_PRIOR_WORTH * noise**2 + beyond * _spread(logs) ** 2) / (_PRIOR_WORTH + beyond))
    # The median of two is their mean.
    return (_OF_MEDIAN if beyond > 1 else 1.0) * own / math.sqrt(len(logs))


def _between(centres: Sequence[float], errors: Sequence[float]) -> float:
    """Variance among projects: that of their medians, less what chance alone makes of it."""
    if not centres:
        return _PRIOR_BETWEEN**2
    seen, beyond = _spread(centres) ** 2, len(centres) - 1
    theirs = max(_LEAST_SHARE_BETWEEN * seen, seen - median(error**2 for error in errors))
    return (_PRIOR_WORTH * _PRIOR_BETWEEN**2 + beyond * theirs) / (_PRIOR_WORTH + beyond)


def _pooled(account: _Belief, between: float, centre: float, error: float | None) -> _Belief:
    """A project's own median drawn towards the factor over all; without bills there is nothing of its own."""
    if error is None:
        return _Belief(account.centre, account.variance + between)
    weight = between / (between + error**2)
    variance = weight * error**2 + (1 - weight) ** 2 * account.variance
    return _Belief(account.centre + weight * (centre - account.centre), variance)


def _in_dollars(belief: _Belief, runs: int) -> Correction:
    margin = _NINETY_PERCENT * math.sqrt(belief.variance)
    low, high = math.exp(belief.centre - margin), math.exp(belief.centre + margin)
    return Correction(math.exp(belief.centre), low, high, runs)

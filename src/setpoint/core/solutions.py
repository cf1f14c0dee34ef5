"""One event log and one cluster report in; what the run took and three better clusters out, in the platform's words."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, cast

from setpoint.core.agreement import CLOCKS_DIFFER
from setpoint.core.cloud_space import cloud_space
from setpoint.core.configurations import Reported, ask_for, basis_of, reported_cluster, reported_run
from setpoint.core.cost import LEAST_BILLED_SECONDS, hourly_dollars, meter
from setpoint.core.domain import ClusterReport, ClusterSpec, Cost, Outcome, Run, SearchSpace, Unpriceable
from setpoint.core.goals import FAILURE_RISK
from setpoint.core.history import Entry, History, Registered, RunRecorded, fold
from setpoint.core.places import usual_region
from setpoint.core.prediction import fit
from setpoint.core.pricebook import Cloud, Missing, PriceBook
from setpoint.core.profile import Profile
from setpoint.core.reports import Terms
from setpoint.core.space import specs
from setpoint.core.wishes import NO_WISHES, Wishes
from setpoint.core.workload import Workload, identify
from setpoint.errors import InputError

__all__ = ["PREFERENCES", "Metered", "Preference", "Solved", "Unsolvable", "as_data", "place_of", "solve"]

Preference = Literal["performance", "balanced", "economy"]
PREFERENCES: tuple[Preference, ...] = ("performance", "balanced", "economy")
SANE = 1.5
"""Dollars of the fastest cluster over those of the present one, at the most."""
_OTHER_RUN = "the log is longer than the cluster of the report lived: what the run cost is modelled from the log's time"
_DISK_ROOM = 1.5
"""Disks over what a run leaves on them: it does not spread evenly. What sufficed once is enough in any case."""
_GIB_PER_GB = 0.93
_MOST_MISSED = 3.0
"""What a run cost over what the model says of its own cluster carries over to others, up to this factor: machines that
were replaced, or got for less than the list says."""


@dataclass(frozen=True, slots=True)
class Metered:
    """A cluster with the time and the money of a run on it."""

    configuration: Mapping[str, object]
    """As the platform writes it: a partial Databricks cluster, or all arguments of EMR's `run_job_flow`."""
    minutes: float
    """Of the Spark application, the start of machines not counted."""
    dollars: float
    """All that is paid, the start of machines included."""
    spec: ClusterSpec
    failure_risk: float = 0.0


@dataclass(frozen=True, slots=True)
class Solved:
    """What a run took, and what it is expected to take on three other clusters."""

    basis: Metered
    by_preference: Mapping[Preference, Metered]
    notes: tuple[str, ...] = ()
    """What was assumed, in words."""


@dataclass(frozen=True, slots=True)
class Unsolvable:
    """Why there is no solution, in words."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Option:
    """One cluster as it is expected to do."""

    spec: ClusterSpec
    seconds: float
    dollars: float
    failure_risk: float


def place_of(report: Mapping[str, object], product_code: str, usual: str = "") -> tuple[Cloud, str]:
    """Cloud and region of a report, whose prices `solve` needs; the usual region of the cloud where it says none.

    Raises InputError where the document is no cluster report of the product.
    """
    usage = reported_run(report, product_code).usage
    return usage.cloud, usage.region or usual_region(usage.cloud, usual)


def solve(
    profile: Profile,
    report: Mapping[str, object],
    product_code: str,
    book: PriceBook,
    *,
    terms: Terms | None = None,
    wishes: Wishes = NO_WISHES,
    tags: Mapping[str, str] | None = None,
) -> Solved | Unsolvable:
    """Three clusters for the work of one run: the fastest at a sane price, the balanced one and the cheapest.

    `product_code` is one of PRODUCTS; `book` holds the prices of the report's region (see `place_of`); `tags` are put
    on each of the clusters.
    """
    if not profile.stages or profile.wall_seconds <= 0:
        return Unsolvable(("The event log has no finished tasks, so nothing can be predicted from it.",))
    try:
        reported = reported_cluster(report, product_code, book, terms)
        if isinstance(reported, Missing):
            return Unsolvable((_sentence(reported.reason),))
        paid = meter(reported.run.usage, book, "list-estimated")
        if isinstance(paid, Unpriceable):
            return Unsolvable(tuple(map(_sentence, paid.reasons)))
        fits = _is_of(profile, reported)
        expected = _modelled(profile, reported, book)
        dollars = paid.dollars if fits else expected
        options = _options(profile, reported, book, wishes)
        missed = max(1 / _MOST_MISSED, min(_MOST_MISSED, dollars / expected)) if expected > 0 else 1.0
        options = [replace(option, dollars=option.dollars * missed) for option in options]
        by_preference = _chosen(options, reported.spec, wishes)
        basis = Metered(
            basis_of(reported.spec, report, product_code), profile.wall_seconds / 60, dollars, reported.spec
        )
        return Solved(
            basis=basis,
            by_preference={
                preference: _metered(option, report, product_code, tags) for preference, option in by_preference.items()
            },
            notes=tuple(dict.fromkeys((*paid.assumptions, *_doubts(profile), *(() if fits else (_OTHER_RUN,))))),
        )
    except InputError as error:
        return Unsolvable((str(error),))


def as_data(solved: Solved) -> dict[str, object]:
    """Basis and solutions as existing clients read them: minutes are `runtime` and dollars `cost`."""
    solutions = {preference: _as_data(each) for preference, each in solved.by_preference.items()}
    return {"basis": _as_data(solved.basis), "solutions": solutions}


def _as_data(metered: Metered) -> dict[str, object]:
    metrics = {"runtime": metered.minutes, "cost": metered.dollars}
    return {"configuration": dict(metered.configuration), "metrics": metrics}


def _metered(
    option: _Option, report: Mapping[str, object], product_code: str, tags: Mapping[str, str] | None
) -> Metered:
    asked = ask_for(option.spec, report, product_code, tags)
    return Metered(asked, option.seconds / 60, option.dollars, option.spec, option.failure_risk)


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _doubts(profile: Profile) -> tuple[str, ...]:
    return () if profile.completeness.state == "complete" else profile.completeness.reasons


def _alive_seconds(reported: Reported) -> float:
    machines = reported.run.usage.machines
    return max(use.ended for use in machines) - min(use.began for use in machines) if machines else 0.0


def _is_of(profile: Profile, reported: Reported) -> bool:
    """Whether a cluster lived long enough for the log to be of it."""
    return _alive_seconds(reported) >= CLOCKS_DIFFER * profile.wall_seconds


def _modelled(profile: Profile, reported: Reported, book: PriceBook) -> float:
    startup, idle = _overheads(profile, reported)
    dollars = _dollars(reported.spec, profile.wall_seconds + idle, startup, book)
    return math.nan if dollars is None else dollars


def _options(profile: Profile, reported: Reported, book: PriceBook, wishes: Wishes) -> list[_Option]:
    """The present cluster first, then every other one that the wishes allow, predicted and priced."""
    workload = _workload(profile, reported.spec)
    allowed = specs(cloud_space(reported.spec, book, wishes), reported.spec)
    candidates = list(dict.fromkeys((reported.spec, *allowed)))
    outlook = fit(workload, candidates).predict(candidates)
    startup, idle = _overheads(profile, reported)
    needed = _DISK_ROOM * _kept_gib(profile)
    found = []
    for spec, seconds, risk in zip(candidates, outlook.median.tolist(), outlook.failure.tolist(), strict=True):
        if spec != reported.spec and _disk_gib(spec) < min(needed, _disk_gib(reported.spec)):
            continue
        dollars = _dollars(spec, seconds + idle, startup, book)
        if dollars is not None:
            found.append(_Option(spec, seconds, dollars, risk))
    return found


def _kept_gib(profile: Profile) -> float:
    """What the run left on its disks: shuffle files stay there to its end, what was spilled for a while."""
    totals = [stage.totals for stage in profile.stages]
    return sum(each.shuffle_write_bytes + each.disk_spilled_bytes for each in totals) / 2**30


def _disk_gib(spec: ClusterSpec) -> float:
    """Disks of all workers that Spark can write to; infinite where the cloud does not say."""
    if spec.cloud is None or not spec.workers:
        return math.inf
    node, cluster = spec.cloud.worker, spec.cloud.cluster
    attached = sum(disk.gib for disk in cluster.node_disks)
    if cluster.cloud != "aws":
        return math.inf
    return cluster.workers * (node.local_disk_gb * _GIB_PER_GB + attached)


def _overheads(profile: Profile, reported: Reported) -> tuple[float, float]:
    """Seconds before Spark could start, and those in which the cluster was there without the application."""
    alive = _alive_seconds(reported)
    startup = min(reported.startup_seconds, alive)
    return startup, max(0.0, alive - startup - profile.wall_seconds)


def _dollars(spec: ClusterSpec, seconds: float, startup: float, book: PriceBook) -> float | None:
    """Of a run that takes so long from when Spark can start; None where a price is missing."""
    if spec.cloud is None:
        return None
    try:
        held, units = hourly_dollars(spec.cloud.cluster, book)
    except InputError:
        return None
    return (held * max(LEAST_BILLED_SECONDS, startup + seconds) + units * seconds) / 3600


def _workload(profile: Profile, spec: ClusterSpec) -> Workload:
    """What one run tells; its application is looked at, and not the machines' start."""
    began = datetime.fromtimestamp(profile.application.started_epoch_seconds, UTC)
    ended = began + timedelta(seconds=profile.wall_seconds)
    report = ClusterReport(spec, began, ended, exit_code=0, host_cores=None)
    run = Run(profile.application.id, report, Outcome.SUCCEEDED, None, profile, Cost((), "modelled"))
    entries: list[Entry] = [Registered("pushed", spec, SearchSpace(), began), RunRecorded(run, ended)]
    history = cast("History", fold(entries))  # a registered project has a history
    return cast("Workload", identify(history))  # one run succeeded


def _chosen(options: Sequence[_Option], now: ClusterSpec, wishes: Wishes) -> dict[Preference, _Option]:
    """All on one front: none is dearer and slower than another, so cheaper is slower and faster dearer."""
    present = next((option for option in options if option.spec == now), None)
    if present is None:
        raise InputError("The cluster that ran cannot be priced, so nothing can be compared with it.")
    front = _front(_safe(options, wishes) or [present])
    economy = front[0]
    most = SANE * max(present.dollars, economy.dollars)
    sane = [option for option in front if option.dollars <= most]
    balanced = min(sane, key=lambda option: (option.dollars * option.seconds, option.dollars))
    return {"performance": sane[-1], "balanced": balanced, "economy": economy}


def _safe(options: Sequence[_Option], wishes: Wishes) -> list[_Option]:
    """Those that hardly ever fail, and keep the longest runtime where any does."""
    safe = [option for option in options if option.failure_risk <= FAILURE_RISK]
    if wishes.force_ondemand_workers:
        safe = [option for option in safe if option.spec.cloud and option.spec.cloud.cluster.first_on_demand is None]
    most = math.inf if wishes.sla_minutes is None else 60 * wishes.sla_minutes
    return [option for option in safe if option.seconds <= most] or safe


def _front(options: Sequence[_Option]) -> list[_Option]:
    """Those that no other beats in both, the cheapest first."""
    found: list[_Option] = []
    fastest = math.inf
    for option in sorted(options, key=lambda each: (each.dollars, each.seconds)):
        if option.seconds < fastest:
            found.append(option)
            fastest = option.seconds
    return found

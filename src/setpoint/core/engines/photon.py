"""Photon, or plain Spark where Photon ran: the question turned round."""

from dataclasses import replace

from setpoint.core.breakeven import ClusterRates, break_even, cluster_rates
from setpoint.core.cloud import CloudSpec
from setpoint.core.domain import Unpriceable
from setpoint.core.engines.evidence import Coverage, WorkSplit, coverage_of, split_of
from setpoint.core.engines.speedup import Belief, MeasuredPair, speed_up
from setpoint.core.engines.verdict import Alternative, EngineAnswer, Evidence, NoAnswer, RunTerms, weigh
from setpoint.core.pricebook import PriceBook
from setpoint.core.profile import Profile

__all__ = ["PHOTON", "judge_photon"]

PHOTON = Belief(
    median=2.0,
    log_deviation=0.42,
    source="Databricks names 3 to 5 times for analytical queries and 40 % fewer compute hours for ETL (Data + AI "
    "Summit 2022); a vendor shows its best, so the part that Photon carries out is taken to be 1 to 4 times as fast in "
    "90 of 100 cases, 2 in the middle",
)
_MODEL_ERROR = (0.03, 0.12)
"""Deviation of the logarithm that the model leaves out: of any run, and of the part with tasks."""
_MODEL_ERROR_IN_DOUBT = 0.25
"""The same where the log cannot tell what Photon would take over, or what was computing."""
_UNTIMED = 0.65
"""Logs without CPU times count waiting as computing; so much of it is expected to be computing."""
_UNTIMED_EVIDENCE = 3.0


def judge_photon(
    profile: Profile,
    spec: CloudSpec,
    book: PriceBook,
    terms: RunTerms,
    pairs: tuple[MeasuredPair, ...] = (),
) -> EngineAnswer | NoAnswer:
    """Whether Photon pays for a run on a cluster; where it ran on Photon, whether to leave it pays."""
    undo = profile.engine == "photon"
    name = "plain" if undo else "photon"
    now, then = replace(spec, photon=undo), replace(spec, photon=not undo)
    rates = [cluster_rates(each, book, terms.factor) for each in (now, then)]
    reasons = [reason for each in rates if isinstance(each, Unpriceable) for reason in each.reasons]
    known = [each for each in rates if isinstance(each, ClusterRates)]
    if spec.service != "databricks":
        return NoAnswer(name, ("Photon is an engine of Databricks",))
    if reasons:
        return NoAnswer(name, tuple(dict.fromkeys(reasons)))
    compared = Alternative(name, now, then, known[0], known[1])
    return weigh(compared, terms, _evidence(profile, compared, book, terms, pairs))


def _evidence(
    profile: Profile, compared: Alternative, book: PriceBook, terms: RunTerms, pairs: tuple[MeasuredPair, ...]
) -> Evidence:
    split, coverage = split_of(profile), _known_as_far(coverage_of(profile), split_of(profile))
    most, undo = split.stage_share * split.computing, compared.name == "plain"
    error = _MODEL_ERROR[0] + _MODEL_ERROR[1] * split.stage_share
    if coverage.doubt is not None or not split.has_cpu_times:
        error = _MODEL_ERROR_IN_DOUBT
    prior = speed_up(most, coverage.mean, coverage.evidence, PHOTON, error, undo=undo)
    own = any(pair.similarity >= 1 for pair in pairs)
    return Evidence(
        speed_up=prior.given(pairs),
        share=most * coverage.mean,
        most_share=most,
        doubt=None if own else coverage.doubt,
        changes=(*_prices(compared, book, terms), *_work(compared, terms, most, coverage, own=own)),
        assumptions=_assumptions(profile, split, coverage, pairs),
    )


def _known_as_far(coverage: Coverage, split: WorkSplit) -> Coverage:
    if split.has_cpu_times:
        return coverage
    return replace(coverage, mean=coverage.mean * _UNTIMED, evidence=min(coverage.evidence, _UNTIMED_EVIDENCE))


def _prices(compared: Alternative, book: PriceBook, terms: RunTerms) -> list[str]:
    """Where the threshold stands on the other market."""
    is_spot = compared.now.first_on_demand is not None
    market = None if is_spot else 1
    others = [
        cluster_rates(replace(each, first_on_demand=market), book, terms.factor)
        for each in (compared.now, compared.then)
    ]
    known = [each for each in others if isinstance(each, ClusterRates)]
    if len(known) < len(others) or not compared.now.workers:
        return []
    other = break_even(known[0], known[1], terms.run_seconds, terms.startup_seconds).threshold
    where = "with all nodes on demand" if is_spot else "with spot workers"
    return [] if other is None else [f"{where} the break-even speed-up is {other:.2f}"]


def _work(compared: Alternative, terms: RunTerms, most: float, coverage: Coverage, *, own: bool) -> list[str]:
    said = []
    now, then = compared.now_rates, compared.then_rates
    if compared.name == "photon":
        goal = break_even(now, then, terms.run_seconds, terms.startup_seconds).threshold
        if goal is not None and goal > 1:
            needed = (1 - 1 / goal) / (1 - 1 / PHOTON.median)
            said.append(_needed(needed, most * coverage.mean, most))
            typical = 1 / (1 - most * coverage.mean * (1 - 1 / PHOTON.median))
            said.append(_factor(typical, now, then))
    if coverage.left_out:
        said.append(f"work that stays with Spark: {', '.join(coverage.left_out)}")
    if not own:
        said.append("one run on the other engine with the same input would settle it (--measured LOG)")
    return said


def _factor(typical: float, now: ClusterRates, then: ClusterRates) -> str:
    # Machines are the same on both sides, so where a speed-up is needed at all it is units that cost more.
    factor = (typical * (now.machines + now.disks + now.units) - then.machines - then.disks) / now.units
    return f"at the speed-up of a middling case it would pay up to a Photon factor of {max(0.0, factor):.2f}"


def _needed(needed: float, share: float, most: float) -> str:
    have = f"now about {share:.0%}, at most {most:.0%}"
    if needed > 1:
        return (
            f"even if Photon carried out all of the run it would take more than twice the speed to pay ({have} of it)"
        )
    return f"it would pay if Photon carried out {needed:.0%} of the run at twice the speed ({have})"


def _assumptions(
    profile: Profile, split: WorkSplit, coverage: Coverage, pairs: tuple[MeasuredPair, ...]
) -> tuple[str, ...]:
    said = [PHOTON.source, f"{split.fixed_share:.0%} of the run (driver, start, waiting for slots) gets no shorter"]
    if not split.has_cpu_times:
        said.append("the log has no CPU times: how much of the tasks' time was computing is a guess")
    if coverage.doubt is None:
        said.append("operators share the time of their query by number and kind; no log has their own times")
    if profile.runs_python:
        said.append("Python workers are left as they are, and count as waiting")
    if profile.completeness.state != "complete":
        said.append(f"the log is {profile.completeness.state.replace('_', ' ')}: the numbers cover what is in it")
    said += [f"measured: {pair.speed_up:.2f} times as fast ({pair.source})" for pair in pairs]
    return tuple(said)

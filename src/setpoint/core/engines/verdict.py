"""Is it worth it: the probability that a change pays, what it saves per run, and what would change the answer."""

import math
from dataclasses import dataclass
from typing import Literal

from setpoint.core.breakeven import BreakEven, ClusterRates, break_even
from setpoint.core.cloud import CloudSpec
from setpoint.core.cost import LEAST_BILLED_SECONDS
from setpoint.core.distributions import Interval
from setpoint.core.engines.speedup import SpeedUp

__all__ = ["SURE", "Alternative", "Answer", "EngineAnswer", "NoAnswer", "RunTerms", "weigh"]

Answer = Literal["worth it", "not worth it", "undecided"]
SURE = 0.8
"""Probability from which on an answer is given; below 1 − SURE it is the opposite."""

_NAMED_PERCENT = 0.01
"""No model is surer than that."""


@dataclass(frozen=True, slots=True)
class RunTerms:
    """Under which terms a run would take place."""

    run_seconds: float
    startup_seconds: float = 0.0
    factor: float | None = None
    """What Photon multiplies Databricks units by; None: as the book has it."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """What is compared: the cluster as it is and as it would be."""

    name: str
    """photon, plain, or the other node type."""
    now: CloudSpec
    then: CloudSpec
    now_rates: ClusterRates
    then_rates: ClusterRates


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineAnswer:
    """Whether another engine or processor pays for one project."""

    name: str
    now: CloudSpec
    then: CloudSpec
    answer: Answer
    reason: str
    pays: float
    """Probability that a run costs less."""
    break_even: BreakEven
    """Of machines and units, as `setpoint breakeven` has it."""
    break_even_with_disks: BreakEven
    """What the answer goes by."""
    median_speed_up: float
    speed_up: Interval
    """In 90 of 100 cases."""
    share: float
    """Of the run, expected to be sped up."""
    most_share: float
    """Of the run, that could be at most."""
    dollars_now: float
    """Of a run as it is."""
    saving_dollars: float
    """Expected, per run; below zero it costs more."""
    saving_interval: Interval
    now_rates: ClusterRates
    then_rates: ClusterRates
    changes: tuple[str, ...] = ()
    """What would change the answer."""
    risks: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    is_minimum_billed: bool = False
    """Whether the minute that machines are billed at least is in `break_even_with_disks`."""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """What cannot be judged, and why."""

    name: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the answer rests on besides prices."""

    speed_up: SpeedUp
    share: float
    most_share: float
    doubt: str | None = None
    """Why no answer can be given whatever the numbers say."""
    changes: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()


def weigh(compared: Alternative, terms: RunTerms, evidence: Evidence) -> EngineAnswer:
    """Put prices and speed-up together."""
    now, then = compared.now_rates, compared.then_rates
    seconds, startup = terms.run_seconds, terms.startup_seconds
    whole = break_even(now, then, seconds, startup)
    speed = evidence.speed_up
    pays, between = speed.probability_above(whole.threshold), speed.interval()
    dollars = now.dollars(seconds, startup)
    answer, reason = _answer(pays, whole, speed.median, evidence.doubt)
    return EngineAnswer(
        name=compared.name,
        now=compared.now,
        then=compared.then,
        answer=answer,
        reason=reason,
        pays=pays,
        break_even=_formula(now, then, terms),
        break_even_with_disks=whole,
        median_speed_up=speed.median,
        speed_up=between,
        share=evidence.share,
        most_share=evidence.most_share,
        dollars_now=dollars,
        saving_dollars=dollars - then.dollars(seconds * speed.mean_time, startup),
        saving_interval=Interval(
            dollars - then.dollars(seconds / between.low, startup),
            dollars - then.dollars(seconds / between.high, startup),
        ),
        now_rates=now,
        then_rates=then,
        changes=evidence.changes,
        risks=evidence.risks,
        assumptions=(*evidence.assumptions, *_least_billed(terms)),
        is_minimum_billed=_is_minimum_billed(terms, whole),
    )


def _formula(now: ClusterRates, then: ClusterRates, terms: RunTerms) -> BreakEven:
    """Of machines and units; of a run of an hour where no start-up is known, so that no minimum is in it."""
    parts = now.without_disks(), then.without_disks()
    return break_even(*parts, terms.run_seconds, terms.startup_seconds) if terms.startup_seconds else break_even(*parts)


def _least_billed(terms: RunTerms) -> tuple[str, ...]:
    if terms.run_seconds + terms.startup_seconds >= LEAST_BILLED_SECONDS:
        return ()
    return ("machines are billed for at least a minute: say with --startup-seconds how long a cluster takes to start",)


def _is_minimum_billed(terms: RunTerms, whole: BreakEven) -> bool:
    shortest = terms.run_seconds / max(1.0, whole.threshold or math.inf)
    return shortest + terms.startup_seconds < LEAST_BILLED_SECONDS


def _answer(pays: float, whole: BreakEven, median: float, doubt: str | None) -> tuple[Answer, str]:
    if whole.threshold is None:
        return "not worth it", "it costs more however fast it is: start-up alone is dearer than the whole run now"
    needed = f"it pays from a speed-up of {whole.threshold:.2f} on, about {median:.2f} is expected"
    chance = f"{needed}; with a probability of {_percent(pays)} a run costs less"
    if doubt is not None:
        return "undecided", f"{doubt}; {needed}"
    if pays >= SURE:
        return "worth it", chance
    return ("not worth it", chance) if pays <= 1 - SURE else ("undecided", chance)


def _percent(probability: float) -> str:
    if probability < _NAMED_PERCENT:
        return "under 1 %"
    return "over 99 %" if probability > 1 - _NAMED_PERCENT else f"{100 * probability:.0f} %"

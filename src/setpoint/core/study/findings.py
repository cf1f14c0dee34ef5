"""What a study found, in sentences."""

from collections.abc import Iterator, Sequence
from statistics import median

from setpoint.core.cloud import CloudSpec
from setpoint.core.study import Comparison, Noise, Place, Study, StudyView
from setpoint.core.words import counted, dollars, duration, percent

__all__ = ["findings"]

_NAMED = 4
"""Names in one sentence; further ones are counted."""


def findings(study: Study) -> tuple[str, ...]:
    """Cheapest, fastest, the knee, what Photon and ARM did, how the ranking depends on the view, and what is chance."""
    found: list[str] = []
    if study.total is not None:
        found += _best(study.total, study.noise)
    for comparison in (study.photon, study.arm):
        if comparison is not None:
            found.append(_compared(comparison, study))
    if study.total is not None and study.dbu is not None:
        found += _ranking(study.total, study.dbu)
    found.append(_chance(study))
    return (*found, *_left_out(study))


def _best(view: StudyView, noise: Noise | None) -> Iterator[str]:
    first, fastest = view.cheapest, view.fastest
    if len(view.places) == 1:
        yield f"{first.label} is the only spec with a price: {_figures(first)}"
        return
    if first is fastest:
        yield f"Cheapest and fastest at once: {first.label}, {_figures(first)}; nothing else need be weighed against it"
    else:
        yield f"Cheapest: {first.label}, {_figures(first)}{_ties(view.places, first, view.cost_noise, 'dollars')}"
        yield f"Fastest: {fastest.label}, {_figures(fastest)}{_ties(view.places, fastest, noise, 'seconds')}"
    if view.knee is not None:
        yield _knee(view.knee, first, fastest)


def _figures(place: Place) -> str:
    return f"{dollars(place.dollars)} in {duration(place.seconds)}"


def _ties(places: Sequence[Place], best: Place, noise: Noise | None, measure: str) -> str:
    if noise is None:
        return ""
    tied = [
        it.label
        for it in places
        if it is not best and noise.is_tie(getattr(it, measure), getattr(best, measure), it.runs, best.runs)
    ]
    return f"; a tie, the difference being within the noise, with {_listed(tied)}" if tied else ""


def _listed(names: Sequence[str]) -> str:
    shown = list(names[:_NAMED])
    if len(names) > _NAMED:
        shown.append(f"{len(names) - _NAMED} more")
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _knee(bend: Place, cheapest: Place, fastest: Place) -> str:
    return (
        f"The front bends at {bend.label}, {_figures(bend)}: {_change(bend.seconds / cheapest.seconds)} time for "
        f"{_change(bend.dollars / cheapest.dollars)} dollars against the cheapest; beyond it the fastest has "
        f"{_change(fastest.seconds / bend.seconds)} time for {_change(fastest.dollars / bend.dollars)} dollars"
    )


def _change(ratio: float) -> str:
    """A ratio as a change, such as −20 %."""
    sign = "+" if ratio > 1 else "−" if ratio < 1 else "±"
    return f"{sign}{percent(abs(ratio - 1))}"


def _changes(ratios: Sequence[float]) -> str:
    middle = _change(median(ratios))
    if len(ratios) == 1:
        return middle
    return f"{middle} (from {_change(ratios[0])} to {_change(ratios[-1])})"


def _compared(comparison: Comparison, study: Study) -> str:
    count = len(comparison.pairs)
    parts = [f"runtime {_changes(comparison.runtime_ratios)}"]
    costs = comparison.cost_ratios
    if costs:
        parts.append(f"total cost {_changes(costs)}")
        cheaper = sum(ratio < 1 for ratio in costs)
        parts.append(f"cheaper in {cheaper} of {len(costs)}" if len(costs) > 1 else _verdict(costs[0]))
    ties = _cost_ties(comparison, study)
    if ties:
        parts.append(f"{counted(ties, 'difference')} of cost within the noise")
    return f"{_named(comparison)} at equal hardware ({counted(count, 'pair')}): {', '.join(parts)}"


def _verdict(ratio: float) -> str:
    return "so it paid" if ratio < 1 else "so it did not pay"


def _cost_ties(comparison: Comparison, study: Study) -> int:
    noise = study.total.cost_noise if study.total is not None else None
    if noise is None:
        return 0
    return sum(
        one.dollars is not None
        and other.dollars is not None
        and noise.is_tie(one.dollars, other.dollars, len(one.samples.runs), len(other.samples.runs))
        for one, other in comparison.pairs
    )


def _named(comparison: Comparison) -> str:
    if comparison.change == "photon":
        return "Photon"
    clouds = {row.spec.cloud for pair in comparison.pairs for row in pair if isinstance(row.spec, CloudSpec)}
    return "Graviton" if clouds == {"aws"} else "ARM processors"


def _ranking(total: StudyView, dbu: StudyView) -> Iterator[str]:
    """Over the specs that have a price in both views."""
    shared = {it.label for it in total.places} & {it.label for it in dbu.places}
    by_total, by_dbu = _ranks(total, shared), _ranks(dbu, shared)
    if len(shared) < 2:  # noqa: PLR2004 - one alone has no rank
        return
    moved = sorted(
        (it for it in shared if by_total[it] != by_dbu[it]), key=lambda it: (-abs(by_total[it] - by_dbu[it]), it)
    )
    if not moved:
        yield "By Databricks units alone the ranking is the same as by the total"
        return
    farthest, first_by_total, first_by_dbu = moved[0], next(iter(by_total)), next(iter(by_dbu))
    winner = "the cheapest stays the same"
    if first_by_total != first_by_dbu:
        winner = f"the cheapest would be {first_by_dbu} and not {first_by_total}"
    yield (
        f"By Databricks units alone, {winner}: {len(moved)} of {len(shared)} specs change their rank, {farthest} "
        f"most: number {by_dbu[farthest]} by units, number {by_total[farthest]} by the total"
    )


def _ranks(view: StudyView, labels: set[str]) -> dict[str, int]:
    """Positions by cost among these specs only, cheapest first."""
    shared = (place.label for place in view.places if place.label in labels)
    return {label: rank for rank, label in enumerate(shared, start=1)}


def _chance(study: Study) -> str:
    if study.noise is None:
        return "No spec was run twice, so how much of a difference is chance is not known: repeat the close ones"
    repeated = sum(len(row.samples.runs) > 1 for row in study.rows)
    said = (
        f"Repeats of one spec differ by {percent(study.noise.share)} in time "
        f"({counted(repeated, 'spec')} with more than one run)"
    )
    view = study.total
    if view is None or len(view.places) < 2:  # noqa: PLR2004 - nothing to compare
        return said
    spread = max(it.seconds for it in view.places) / view.fastest.seconds
    neighbours = list(zip(view.places, view.places[1:], strict=False))
    noise = view.cost_noise
    ties = 0 if noise is None else sum(noise.is_tie(a.dollars, b.dollars, a.runs, b.runs) for a, b in neighbours)
    return (
        f"{said}; the slowest spec takes {spread:.2f} times the time of the fastest, and {ties} of "
        f"{counted(len(neighbours), 'step')} between neighbours in cost are ties"
    )


def _left_out(study: Study) -> Iterator[str]:
    unpriced = [row.label for row in study.rows if row.seconds is not None and row.dollars is None]
    if unpriced:
        yield f"Without a price, and so not compared: {_listed(unpriced)}; the table says why"
    broken = [row.label for row in study.rows if row.seconds is None]
    if broken:
        yield f"No run did its work on {_listed(broken)}"
    partly = [row.label for row in study.rows if row.seconds is not None and row.samples.failures]
    if partly:
        yield f"Some runs failed on {_listed(partly)}; what they cost is not counted"

"""The study: one workload on many specs, what each took and cost, and what that teaches.

Data in, data out: the samples and the prices make the same study whatever order they come in.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from setpoint.core.study.noise import Noise, noise_of
from setpoint.core.study.pairs import Comparison, arm_comparison, photon_comparison
from setpoint.core.study.rows import BookOf, StudyRow, rows_of
from setpoint.core.study.samples import Sample, SpecSamples, StudySpec, by_spec
from setpoint.core.study.views import Place, StudyView, view_of

__all__ = [
    "BookOf",
    "Comparison",
    "Noise",
    "Place",
    "Sample",
    "SpecSamples",
    "Study",
    "StudyRow",
    "StudySpec",
    "StudyView",
    "study",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """What runs of one workload on many specs say."""

    rows: tuple[StudyRow, ...]
    """The cheapest first; then those without a price, by time; then those that did not work."""
    total: StudyView | None
    """All that a run costs; None where nothing has a price."""
    dbu: StudyView | None
    """Databricks units alone; None where there are none."""
    photon: Comparison | None
    arm: Comparison | None
    noise: Noise | None
    """Of the time of a run; None where no spec was run twice."""
    prices: tuple[str, ...]
    """Where the prices are from."""

    @property
    def runs(self) -> int:
        """All, failed ones included."""
        return sum(len(row.samples.runs) + len(row.samples.failures) for row in self.rows)


def study(samples: Iterable[Sample], book_of: BookOf) -> Study:
    """Price, compare and sort."""
    rows = sorted(rows_of(by_spec(samples), book_of), key=_order)
    return Study(
        rows=tuple(rows),
        total=view_of("total", rows),
        dbu=view_of("dbu", rows),
        photon=photon_comparison(rows),
        arm=arm_comparison(rows),
        noise=noise_of(row.samples.run_seconds for row in rows),
        prices=tuple(sorted({book_of(row.spec).source for row in rows})),
    )


def _order(row: StudyRow) -> tuple[bool, bool, float, float, str]:
    return row.seconds is None, row.dollars is None, row.dollars or 0.0, row.seconds or 0.0, row.label

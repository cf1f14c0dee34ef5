"""What a study is made of: runs of one workload on many specs, and the runs of each spec taken together."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from setpoint.core.cloud import CloudSpec
from setpoint.core.domain import ClusterSpec, Outcome

__all__ = ["Sample", "SpecSamples", "StudySpec", "by_spec", "spec_words"]

StudySpec = CloudSpec | ClusterSpec
"""Machines rented from a cloud, or what was asked of the platform `spark`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One run of the workload on one spec."""

    spec: StudySpec
    name: str = ""
    """How its owner calls the spec."""
    seconds: float | None
    """Of the run without the start-up of machines; None where it failed and nobody knows."""
    startup_seconds: float = 0.0
    """From asking for the machines until Spark could begin; machines are paid meanwhile."""
    outcome: Outcome = Outcome.SUCCEEDED
    repeat: int | None = None
    dbu: float | None = None
    """Databricks units as the platform counted them; None: worked out from the book."""
    billed_dollars: float | None = None
    """What the bill says, all together; shown beside the estimate."""
    error: str = ""
    """Why it failed."""

    @property
    def counts(self) -> bool:
        """Whether its time says something about the spec."""
        return self.outcome is Outcome.SUCCEEDED and self.seconds is not None


@dataclass(frozen=True, slots=True)
class SpecSamples:
    """The runs of one spec, in an order that does not depend on who wrote them down when."""

    label: str
    """Unlike that of any other spec of the study."""
    spec: StudySpec
    runs: tuple[Sample, ...]
    """Those that did their work."""
    failures: tuple[Sample, ...]

    @property
    def run_seconds(self) -> tuple[float, ...]:
        """Of the runs that did their work, ascending."""
        return tuple(sorted(run.seconds for run in self.runs if run.seconds is not None))

    @property
    def seconds(self) -> float | None:
        """The median; None where no run did its work."""
        return median(self.run_seconds) if self.runs else None

    @property
    def startup_seconds(self) -> float:
        """The median."""
        return median(run.startup_seconds for run in self.runs) if self.runs else 0.0

    @property
    def dbu(self) -> float | None:
        """The median of what the platform counted; None where it is not known of every run."""
        return _median([run.dbu for run in self.runs])

    @property
    def billed_dollars(self) -> float | None:
        """The median of what the bills say; None where it is not known of every run."""
        return _median([run.billed_dollars for run in self.runs])


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known and len(known) == len(values) else None


def by_spec(samples: Iterable[Sample]) -> tuple[SpecSamples, ...]:
    """The samples of each spec together, under a label of its own."""
    groups: dict[tuple[str, StudySpec], list[Sample]] = {}
    for sample in samples:
        groups.setdefault((sample.name, _unnamed(sample.spec)), []).append(sample)
    labels = _labels(sorted(groups, key=repr))
    together = [_together(labels[key], key[1], group) for key, group in groups.items()]
    return tuple(sorted(together, key=lambda each: each.label))


def _unnamed(spec: StudySpec) -> StudySpec:
    return replace(spec, name="") if isinstance(spec, CloudSpec) else spec


def _together(label: str, spec: StudySpec, samples: list[Sample]) -> SpecSamples:
    ordered = sorted(samples, key=repr)
    runs = tuple(sample for sample in ordered if sample.counts)
    return SpecSamples(label, spec, runs, tuple(sample for sample in ordered if not sample.counts))


def _labels(keys: Sequence[tuple[str, StudySpec]]) -> Mapping[tuple[str, StudySpec], str]:
    """The shortest words for each that no other has."""
    ways: tuple[Callable[[tuple[str, StudySpec]], str], ...] = (
        lambda key: key[0] or _short_words(key[1]),
        lambda key: key[0] or str(key[1]),
        lambda key: f"{key[0]} ({key[1]})" if key[0] else spec_words(key[1]),
        lambda key: f"{key[0]} ({spec_words(key[1])})" if key[0] else spec_words(key[1]),
    )
    found: dict[tuple[str, StudySpec], str] = {}
    for way in ways:
        open_keys = [key for key in keys if key not in found]
        met = Counter([*map(way, open_keys), *found.values()])
        found |= {key: way(key) for key in open_keys if met[way(key)] == 1}
    for number, key in enumerate((key for key in keys if key not in found), start=1):
        found[key] = f"{ways[-1](key)} #{number}"
    return found


def _short_words(spec: StudySpec) -> str:
    """What tells specs of a usual study: the instance type and the engine."""
    if isinstance(spec, ClusterSpec):
        return str(spec)
    return f"{spec.node_type}{' Photon' if spec.photon else ''}"


def spec_words(spec: StudySpec) -> str:
    """All of a spec that tells it from others, disks left out.

    >>> spec_words(CloudSpec(cloud="aws", region="us-east-1", node_type="m5.xlarge", workers=2, service="emr"))
    'm5.xlarge × 2 + driver · EMR · us-east-1'
    """
    if isinstance(spec, ClusterSpec):
        return str(spec)
    databricks = f"Databricks {spec.plan} {spec.compute.replace('_', ' ')}"
    service = {"databricks": databricks, "emr": "EMR", "machines": "no service"}[spec.service]
    return f"{spec} · {service} · {spec.region}"

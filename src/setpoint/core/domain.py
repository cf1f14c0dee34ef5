"""The nouns: what the controller reads and what it answers with. Frozen values, no behaviour beyond arithmetic."""

import math
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal

from setpoint.core.cloud import CloudShape
from setpoint.core.distributions import student_cdf, student_quantile
from setpoint.core.pricebook import NodeType
from setpoint.core.profile import Fault, Profile
from setpoint.core.usage import Usage
from setpoint.core.words import counted

_COMPARED_SLOTS = 4
"""Of the smallest machines that are usual."""
CostLabel = Literal["billed", "list-estimated", "modelled"]
CostKind = Literal["vm_on_demand", "vm_spot", "dbu", "disk", "emr_fee", "vcpu", "memory", "storage", "other"]
"""What dollars are spent on; `vcpu`, `memory` and `storage` where no machines are billed but what is asked of them."""


class Outcome(StrEnum):
    """How a run ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    KILLED = "killed"
    """Stopped from outside (signal, lost machine): says nothing about the spec."""


class Phase(StrEnum):
    """What the loop is doing with a project."""

    LEARNING = "LEARNING"
    OPTIMIZING = "OPTIMIZING"
    MONITORING = "MONITORING"


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """What we may set for one run. `workers` = 0 is local mode: the driver runs the tasks itself."""

    workers: int
    worker_cores: int
    """Task slots of each worker; 0 in local mode."""
    worker_memory_mib: int
    """Heap of each worker; 0 in local mode."""
    driver_cores: int
    """In local mode the task slots (`local[n]`)."""
    driver_memory_mib: int
    shuffle_partitions: int | None = None
    """`spark.sql.shuffle.partitions`; None leaves the application's own value alone."""
    cloud: CloudShape | None = None
    """The machines that are rented for it; None where cores and memory are asked for and not machines."""

    @classmethod
    def local(cls, slots: int, memory_mib: int, shuffle_partitions: int | None = None) -> "ClusterSpec":
        """Spec of `local[slots]` with a heap of `memory_mib`."""
        return cls(0, 0, 0, slots, memory_mib, shuffle_partitions)

    @property
    def is_local(self) -> bool:
        """Whether the driver runs the tasks itself."""
        return self.workers == 0

    @property
    def slots(self) -> int:
        """Tasks that run at the same time."""
        return self.workers * self.worker_cores or self.driver_cores

    @property
    def task_memory_mib(self) -> int:
        """Heap of the process that runs tasks: the driver in local mode, else one worker.

        Of rented machines, as if `sharing` slots had it: executors of different sizes compare by what a slot has.
        """
        heap = self.driver_memory_mib if self.workers == 0 else self.worker_memory_mib
        if self.cloud is None:
            return heap
        return round(heap * _COMPARED_SLOTS / max(1, self.worker_cores or self.driver_cores))

    @property
    def sharing(self) -> int:
        """Slots that share `task_memory_mib`."""
        if self.cloud is not None:
            return _COMPARED_SLOTS
        return max(1, self.slots if self.workers == 0 else self.worker_cores)

    @property
    def vcpus(self) -> int:
        """Cores asked for, the driver's included."""
        return self.driver_cores + self.workers * self.worker_cores

    @property
    def memory_gib(self) -> float:
        """Memory asked for, the driver's included."""
        return (self.driver_memory_mib + self.workers * self.worker_memory_mib) / 1024

    def with_size(self, slots: int, task_memory_mib: int, shuffle_partitions: int | None = None) -> "ClusterSpec":
        """The same kind of spec with another number of slots (whole workers) and heap per task process.

        `shuffle_partitions` stay as they are where None. Built at once, not by `replace`: spaces have thousands.
        """
        partitions = shuffle_partitions or self.shuffle_partitions
        if self.cloud is not None:
            return self._with_nodes(self.cloud, slots, partitions)
        if self.is_local:
            return ClusterSpec(0, 0, 0, slots, task_memory_mib, partitions)
        workers = max(1, slots // self.worker_cores)
        driver = (self.driver_cores, self.driver_memory_mib)
        return ClusterSpec(workers, self.worker_cores, task_memory_mib, *driver, partitions)

    def _with_nodes(self, cloud: CloudShape, slots: int, partitions: int | None) -> "ClusterSpec":
        """With so many of the same machines; their memory is what it is. A single node stays one."""
        if self.workers == 0:
            return replace(self, shuffle_partitions=partitions)
        per_node = max(1, self.workers // max(1, cloud.cluster.workers))
        nodes = max(1, slots // (self.worker_cores * per_node))
        shape = cloud.with_workers(nodes)
        return replace(self, workers=nodes * per_node, shuffle_partitions=partitions, cloud=shape)

    def __str__(self) -> str:
        """Words for people: `4 slots · 2 GiB`."""
        partitions = "" if self.shuffle_partitions is None else f" · {self.shuffle_partitions} partitions"
        if self.cloud is not None:
            return f"{self.cloud.cluster}{partitions}"
        if self.is_local:
            return f"{counted(self.driver_cores, 'slot')} · {_gib(self.driver_memory_mib)}{partitions}"
        workers = f"{self.workers} × ({self.worker_cores} cores, {_gib(self.worker_memory_mib)})"
        return f"{workers} + driver {_gib(self.driver_memory_mib)}{partitions}"


def _gib(mib: int) -> str:
    return f"{mib / 1024:g} GiB"


@dataclass(frozen=True, slots=True)
class SearchSpace:
    """The specs the operator allows: values per axis. An empty axis keeps what the current spec has."""

    slots: tuple[int, ...] = ()
    task_memory_mib: tuple[int, ...] = ()
    shuffle_partitions: tuple[int, ...] = ()
    node_types: tuple[NodeType, ...] = ()
    """Machines that workers may be, or a single node, of specs that rent them; as all below."""
    driver_types: tuple[NodeType, ...] = ()
    """Machines that the driver may be; empty: it stays, or goes with the workers where it was as they are."""
    node_counts: tuple[int, ...] = ()
    """How many workers."""
    most_slots: int | None = None
    """Of all workers together, whatever their number and size; None: any."""
    least_slots: int = 0
    first_on_demand: tuple[int | None, ...] = ()
    """How many nodes are on-demand, the driver first, the others being spot; None: all are."""
    photon: tuple[bool, ...] = ()
    """Engines. Another one than now is only right to allow where runs on it are known: no log tells its speed."""


@dataclass(frozen=True, slots=True)
class CostPart:
    """Dollars of one thing that was paid for."""

    kind: CostKind
    item: str
    """Instance type, kind of disk, plan …"""
    quantity: float | None
    """None where it was not recorded."""
    unit: str
    """What the quantity counts: instance-hours, DBU, GiB-hours …"""
    dollars: float
    price_origin: str = ""
    """Where the unit price is from, in words."""
    is_estimated: bool = False
    """Whether nobody lists the unit price."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Dollars of one run or one prediction, by what they were spent on."""

    parts: tuple[CostPart, ...]
    label: CostLabel
    assumptions: tuple[str, ...] = ()
    """What was not known and how it was filled in, in words."""

    @property
    def dollars(self) -> float:
        """The total."""
        return math.fsum(part.dollars for part in self.parts)

    def of(self, *kinds: CostKind) -> float:
        """Dollars of these kinds."""
        return math.fsum(part.dollars for part in self.parts if part.kind in kinds)


@dataclass(frozen=True, slots=True)
class Unpriceable:
    """What cannot be priced whole: a price is missing."""

    reasons: tuple[str, ...]
    parts: tuple[CostPart, ...] = ()
    """What does have a price."""


@dataclass(frozen=True, slots=True)
class ClusterReport:
    """What the platform says really ran."""

    spec: ClusterSpec
    started_at: datetime
    finished_at: datetime
    exit_code: int | None
    """None where the process was lost and nobody saw it end."""
    host_cores: int | None
    """Physical cores behind the slots of one machine, where known; more slots than this share them."""
    error: str | None = None
    """The line that says why it failed, as the platform saw it."""
    retry: bool = False
    """Whether this was a repeat of a failed run."""
    stopped: bool = False
    """Whether it was stopped from outside (a signal to us), which says nothing about the spec."""
    usage: Usage | None = None
    """What was charged for, where the platform tells; otherwise all of the spec is, from start to end."""

    @property
    def seconds(self) -> float:
        """From start to end; never below a millisecond, since clocks are set back now and then."""
        return max(0.001, (self.finished_at - self.started_at).total_seconds())


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a project."""

    id: str
    report: ClusterReport
    outcome: Outcome
    fault: Fault | None
    """Whose fault a failure was; None where it succeeded or was stopped from outside."""
    profile: Profile | None
    """None where there was no usable event log."""
    cost: Cost
    note: str = ""
    """What was unusual about recording it, in words: a cut-off log, a lost process."""
    kwh: float | None = None
    """Energy it is reckoned to have taken, at the data centre's meter; None where no coefficients were at hand."""
    gco2e: float | None = None
    """What that electricity emitted, in grams of CO2 equivalents; None where the grid is not known."""

    @property
    def spec(self) -> ClusterSpec:
        """The spec it ran with."""
        return self.report.spec

    @property
    def seconds(self) -> float:
        """Wall time of the whole run, start-up included."""
        return self.report.seconds

    @property
    def succeeded(self) -> bool:
        """Whether it did its work."""
        return self.outcome is Outcome.SUCCEEDED


ODD_SHARE = 0.01
"""Of all runs, those that are odd, before a project's own runs say more or less."""
ODDNESS = 0.5
"""Mean log of the factor by which an odd run takes longer: three of four less than twice as long, 1 of 100 tenfold."""
_HALVINGS = 30


@dataclass(frozen=True, slots=True)
class Prediction:
    """Runtime under a spec: the logarithm of the seconds is Student-t distributed, but for a few runs that are odd.

    An odd run takes longer by a factor whose logarithm is exponentially distributed with the mean `ODDNESS`.

    >>> p = Prediction(median_seconds=60.0, log_scale=0.1, degrees_of_freedom=5.0, failure_risk=0.01)
    >>> round(p.quantile(0.95), 1)
    73.4
    >>> round(p.probability_above(60.0), 2)
    0.5
    """

    median_seconds: float
    log_scale: float
    degrees_of_freedom: float
    failure_risk: float
    """Probability that the run fails because of the spec (memory)."""
    log_doubt: float = 0.0
    """Standard deviation of the logarithm of the expected runtime: the scale without the noise of a single run."""
    calibration: float = 1.0
    """By how much the scale was widened for what past predictions got wrong; it is in the scale already."""
    input_bytes: float | None = None
    """What the run was expected to read; None where that was not known."""
    odd_share: float = 0.0
    """Share of the runs that take far longer than the rest of them would have it: a lost machine, a busy neighbour."""

    def quantile(self, probability: float) -> float:
        """Seconds that the run stays below with this probability."""
        deviation = student_quantile(self.degrees_of_freedom, probability)
        if self.odd_share > 0 and probability > 0.5:  # noqa: PLR2004 - odd runs are long ones
            deviation = self._with_odd(probability, max(1.0, deviation))
        return self.median_seconds * math.exp(self.log_scale * deviation)

    def probability_above(self, seconds: float) -> float:
        """Probability that a run which does not fail takes longer than this."""
        if seconds <= 0:
            return 1.0
        if math.isinf(seconds):
            return 0.0
        return self._above(math.log(seconds / self.median_seconds) / self.log_scale)

    def _above(self, deviation: float) -> float:
        usual = 1.0 - student_cdf(self.degrees_of_freedom, deviation)
        if self.odd_share == 0 or deviation <= 0:
            return usual
        # The median stays the median: what the tail has more, the part above the median that is not odd has less.
        return (1 - 2 * self.odd_share) * usual + self.odd_share * math.exp(-deviation * self.log_scale / ODDNESS)

    def _with_odd(self, probability: float, most: float) -> float:
        """The deviation, above the median's, that a run stays below with this probability; `most` is a first guess."""
        least = 0.0
        while self._above(most) > 1 - probability:
            most *= 2
        for _ in range(_HALVINGS):
            middle = (least + most) / 2
            least, most = (middle, most) if self._above(middle) > 1 - probability else (least, middle)
        return most

    def interval(self, coverage: float = 0.9) -> tuple[float, float]:
        """Central interval of the seconds."""
        return self.quantile((1 - coverage) / 2), self.quantile((1 + coverage) / 2)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A metric of the goal other than cost and runtime, as predicted for a spec: in the unit of the metric."""

    name: str
    median: float
    low: float
    """The low and high ends hold nine of ten runs."""
    high: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A spec with what it is expected to do."""

    spec: ClusterSpec
    prediction: Prediction
    cost: Cost
    """At the median runtime, failures not counted."""
    miss_risk: float
    """Probability that a run on it breaks a limit of the goal or fails."""
    loss: float
    """What the goal minimises, failures counted in: dollars or seconds per run."""
    strain: float | None = None
    """The largest share that a limit of the goal takes up of the misses it allows: up to 1 all are kept. None where
    that was not recorded; then the miss risk tells."""
    spot_risk: float = 0.0
    """Probability that a run on it is lost, or late, because the cloud takes workers away; of goals that limit that."""
    foreseen: tuple[Foreseen, ...] = ()
    """Of the metrics that the goal names."""

    @property
    def failing(self) -> float:
        """Probability that a run on it fails because of it."""
        return 1 - (1 - self.prediction.failure_risk) * (1 - self.spot_risk)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The best candidate that was not taken, and why."""

    candidate: Candidate
    reason: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """The numbers behind a decision."""

    phase: Phase
    current: Candidate | None = None
    chosen: Candidate | None = None
    refused: Refusal | None = None
    considered: int = 0
    """Specs that were predicted and priced."""
    kept: ClusterSpec | None = None
    """The spec on trial that this evidence confirmed: from now on the known-good one."""

    @property
    def named(self) -> dict[str, Candidate]:
        """The `current` spec, the `chosen` one and the best that was `refused`, as far as there are any."""
        refused = self.refused.candidate if self.refused else None
        found = {"current": self.current, "chosen": self.chosen, "refused": refused}
        return {name: candidate for name, candidate in found.items() if candidate is not None}


@dataclass(frozen=True, slots=True)
class Hold:
    """Change nothing, and why."""

    reason: str
    assessment: Assessment


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Run the next time on another spec, and why."""

    spec: ClusterSpec
    reason: str
    feasible: bool
    """False: no allowed spec reaches the goal, this one is nearest; it is shown and never applied by itself."""
    rescue: bool
    """Whether the current spec misses the goal: such a change is not held back by dead bands or pauses."""
    assessment: Assessment
    trying: bool = False
    """Whether its run is for what it may tell, and is expected to cost more: going back from it is no failure."""
    repeating: bool = False
    """Whether it is for the repeat of a lost run alone, which has less time left: the known-good spec follows it."""


@dataclass(frozen=True, slots=True)
class Rollback:
    """Return to the known-good spec, and why."""

    spec: ClusterSpec
    failed_spec: ClusterSpec
    reason: str
    blamed: bool
    """Whether the failed spec is at fault and leaves the search."""
    assessment: Assessment


Decision = Hold | Recommendation | Rollback

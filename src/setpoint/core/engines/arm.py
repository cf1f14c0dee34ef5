"""ARM processors (Graviton and the like): the sibling types of a node type, and whether they pay."""

import math
import re
from collections.abc import Iterator
from dataclasses import replace

from setpoint.core.breakeven import ClusterRates, cluster_rates
from setpoint.core.cloud import CloudSpec
from setpoint.core.domain import Unpriceable
from setpoint.core.engines.evidence import WorkSplit, split_of
from setpoint.core.engines.speedup import Belief, MeasuredPair, speed_up
from setpoint.core.engines.verdict import Alternative, EngineAnswer, Evidence, NoAnswer, RunTerms, weigh
from setpoint.core.pricebook import NodeType, PriceBook
from setpoint.core.profile import Profile

__all__ = ["judge_siblings", "native_code_risks", "processor_belief", "siblings"]

_SHOWN = 3
_MEMORY_TOLERANCE = 0.1
_DISK_TOLERANCE = 0.75
"""Local disks of siblings differ in size; one with less than a quarter of the space is no sibling."""
_EVIDENCE = 20.0
_MODEL_ERROR = 0.05
_LEAST_DEVIATION = 0.1
_UNKNOWN_DEVIATION = 0.2
_CARRIED_OVER = 0.5
"""Exponent that turns a ratio of CoreMarks into one of Spark's computing: Graviton2 has 1.3 times the CoreMark of m5
per vCPU, and AWS measured up to 1.15 times the speed for Spark on EMR (2020): ln 1.15 / ln 1.30 = 0.53."""
_PYTHON_WAITING = 0.5
"""Share of the tasks' waiting that is taken to be computing of Python workers where there are some."""
_FAMILY = re.compile(r"[a-z]+", re.IGNORECASE)
_NATIVE = {
    "spark.submit.pyFiles": "Python packages sent along",
    "spark.jars": "jars sent along",
    "spark.jars.packages": "jars from a repository",
    "spark.archives": "archives sent along",
    "spark.files": "files sent along",
    "spark.driver.extraLibraryPath": "native libraries of the driver",
    "spark.executor.extraLibraryPath": "native libraries of the executors",
}


def judge_siblings(
    profile: Profile, spec: CloudSpec, book: PriceBook, terms: RunTerms, pairs: tuple[MeasuredPair, ...] = ()
) -> tuple[EngineAnswer | NoAnswer, ...]:
    """Whether a type of the other processor architecture pays: up to three siblings, the best first."""
    node = book.nodes.get(spec.node_type)
    if node is None:
        return (NoAnswer("arm", (f"the processors and the memory of {spec.node_type} are not known",)),)
    other = "arm" if node.arch == "x86_64" else "x86"
    found = [_judge(profile, spec, each, book, terms, pairs) for each in siblings(node, spec, book)]
    answered = sorted((each for each in found if isinstance(each, EngineAnswer)), key=lambda it: -it.saving_dollars)
    if answered:
        return tuple(answered[:_SHOWN])
    reasons = [reason for each in found if isinstance(each, NoAnswer) for reason in each.reasons]
    size = f"{node.vcpus} vCPUs and {node.memory_gib:g} GiB"
    none = f"no {other} type with {size} is known for {spec.service} in {book.cloud} {book.region}"
    return (NoAnswer(other, tuple(dict.fromkeys(reasons))[:_SHOWN] or (none,)),)


def siblings(node: NodeType, spec: CloudSpec, book: PriceBook) -> Iterator[NodeType]:
    """Types of the other architecture with as many vCPUs and about as much memory and local disk, that may be used."""
    for other in book.nodes.values():
        has_service = {"databricks": other.on_databricks, "emr": other.on_emr}.get(spec.service, True)
        alike = other.vcpus == node.vcpus and abs(other.memory_gib - node.memory_gib) <= (
            _MEMORY_TOLERANCE * node.memory_gib
        )
        disks = other.local_disk_gb >= (1 - _DISK_TOLERANCE) * node.local_disk_gb
        if other.arch != node.arch and has_service and alike and disks and not other.gpus and not _is_burstable(other):
            yield other


def _is_burstable(node: NodeType) -> bool:
    """Whether it runs at full speed only for a while (AWS t types)."""
    family = _FAMILY.match(node.name)
    return family is not None and family[0] == "t" and "." in node.name


def processor_belief(now: NodeType, then: NodeType) -> Belief:
    """How much faster the other processor computes, from CoreMark per vCPU."""
    if not now.coremark or not then.coremark:
        return Belief(1.0, _UNKNOWN_DEVIATION, "no CoreMark of both types is known: taken to be equally fast, ±30 %")
    ratio = (then.coremark / then.vcpus) / (now.coremark / now.vcpus)
    deviation = max(_LEAST_DEVIATION, _CARRIED_OVER * abs(math.log(ratio)) / 1.645)
    source = (
        f"CoreMark per vCPU is {ratio:.2f} times as high; of that, Spark gains about the square root, 1 to all of it"
    )
    return Belief(ratio**_CARRIED_OVER, deviation, source)


def native_code_risks(profile: Profile) -> tuple[str, ...]:
    """What in a log tells of code that has to be built for the other processor."""
    said = [f"{what} ({name}): native code in them must be there for it" for name, what in _NATIVE.items()
            if profile.property_value(name)]  # fmt: skip
    if profile.runs_python:
        said.append("Python workers ran: wheels with native code must be there for it")
    if not said:
        said.append("native code in wheels and jars is not visible in the log: check what the job installs")
    if profile.platform == "databricks":
        said.append("init scripts are not visible in the log: those that install packages must fit the processor")
    return tuple(said)


def _judge(
    profile: Profile,
    spec: CloudSpec,
    other: NodeType,
    book: PriceBook,
    terms: RunTerms,
    pairs: tuple[MeasuredPair, ...],
) -> EngineAnswer | NoAnswer:
    node = book.nodes[spec.node_type]
    now = replace(spec, photon=profile.engine == "photon")
    driver = other.name if spec.driver == spec.node_type else spec.driver
    then = replace(now, node_type=other.name, driver_node_type=driver)
    rates = [cluster_rates(each, book, terms.factor) for each in (now, then)]
    reasons = [reason for each in rates if isinstance(each, Unpriceable) for reason in each.reasons]
    known = [each for each in rates if isinstance(each, ClusterRates)]
    if reasons:
        return NoAnswer(other.name, tuple(dict.fromkeys(reasons)))
    belief = processor_belief(node, other)
    most = _computing_share(split_of(profile), python=profile.runs_python)
    compared = Alternative(other.name, now, then, known[0], known[1])
    evidence = Evidence(
        speed_up=speed_up(1.0, most, _EVIDENCE, belief, _MODEL_ERROR).given(pairs),
        share=most,
        most_share=most,
        changes=_changes(compared, book, other),
        risks=native_code_risks(profile),
        assumptions=(belief.source, "driver and start-up compute for half of their time"),
    )
    return weigh(compared, terms, evidence)


def _computing_share(split: WorkSplit, *, python: bool) -> float:
    """Share of the run in which processors set the pace."""
    tasks = split.computing + split.overhead
    tasks += _PYTHON_WAITING * max(0.0, 1 - tasks) if python else 0.0
    return min(1.0, split.stage_share * min(1.0, tasks) + split.driver_share / 2)


def _changes(compared: Alternative, book: PriceBook, other: NodeType) -> tuple[str, ...]:
    now, then = compared.now_rates, compared.then_rates
    said = []
    if now.machines > 0:
        said.append(f"machines cost {then.machines / now.machines - 1:+.0%}")
    if now.units > 0:
        said.append(f"Databricks units cost {then.units / now.units - 1:+.0%}")
    taken = book.interruption_percent.get(other.name), book.interruption_percent.get(compared.now.node_type)
    if compared.now.first_on_demand is not None and taken[0] is not None and taken[1] is not None:
        said.append(f"spot instances are taken back {taken[0]:g} % a month instead of {taken[1]:g} %")
    return tuple(said)

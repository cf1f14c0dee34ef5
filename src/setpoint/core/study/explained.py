"""What is in the cost of a study and what is not, in words that hold for its specs."""

from collections.abc import Iterator

from setpoint.core.cloud import CloudSpec
from setpoint.core.domain import ClusterSpec
from setpoint.core.study import Study
from setpoint.core.study.views import ViewKind

__all__ = ["counted_in", "left_out"]


def counted_in(study: Study, kind: ViewKind) -> tuple[str, ...]:
    """What the dollars of a view are spent on."""
    if kind == "dbu":
        return ("Databricks units from the start of Spark to its end, of driver and workers, at the list price",)
    return tuple(_all_counted(study))


def _all_counted(study: Study) -> Iterator[str]:
    rented = _rented(study)
    has_startup = any(row.samples.startup_seconds for row in study.rows)
    if rented:
        since = "from the first second of their start-up" if has_startup else "while the run lasts"
        yield f"instances {since}, per second with a minimum of one minute, each in its market"
    if any(spec.service == "databricks" for spec in rented):
        yield "Databricks units once Spark runs, not while instances start"
    if any(spec.node_disks for spec in rented):
        yield "the disks that the service attaches to every instance"
    if any(spec.service == "emr" for spec in rented):
        yield "the EMR fee, the same for spot instances"
    if any(isinstance(row.spec, ClusterSpec) for row in study.rows):
        yield "cores and memory that were asked for, from start to end, used or not"


def left_out(study: Study, kind: ViewKind) -> tuple[str, ...]:
    """What costs money too and is not in it."""
    if kind == "dbu":
        return (
            "the cloud's own bill: instances, their start-up and their market, disks",
            "discounts and contract rates that the settings do not have",
        )
    return tuple(_all_left_out(study))


def _all_left_out(study: Study) -> Iterator[str]:
    rented = _rented(study)
    if rented and not any(row.samples.startup_seconds for row in study.rows):
        yield "start-up of instances: the measurements do not give it"
    if any(spec.first_on_demand is not None for spec in rented):
        yield "what a spot instance that is taken back makes a run repeat; spot prices are those of the book's day"
    if any(not spec.node_disks for spec in rented):
        yield "disks (EBS and the like) of specs whose service attaches none by itself"
    if rented:
        yield "discounts and contract rates that the settings do not have"
    yield "failed runs"
    yield "stored data, network traffic, support and taxes"


def _rented(study: Study) -> list[CloudSpec]:
    return [row.spec for row in study.rows if isinstance(row.spec, CloudSpec)]

"""A study as plain values: the rows of a CSV file, and the whole as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass

from setpoint.core.domain import ClusterSpec, Cost
from setpoint.core.study import Noise, Place, Study, StudyRow, StudySpec, StudyView
from setpoint.core.study.findings import findings
from setpoint.core.study.rows import PARTS

__all__ = ["COLUMNS", "Value", "answer", "table"]

Value = str | int | float | bool | None

COLUMNS = (
    "rank", "spec", "group", "cloud", "region", "service", "plan", "compute", "node_type", "driver_node_type",
    "workers", "first_on_demand", "photon", "slots", "memory_mib", "shuffle_partitions",
    "runs", "failed_runs", "runtime_seconds", "least_seconds", "most_seconds", "startup_seconds",
    *(f"{key}_dollars" for key in PARTS), "total_dollars", "label",
    "cost_to_cheapest", "runtime_to_fastest", "on_front", "dbu_only_dollars", "on_dbu_front",
    "measured_dbu", "billed_dollars", "reason",
)  # fmt: skip


def table(study: Study) -> tuple[dict[str, Value], ...]:
    """One row per spec, in the order of the study."""
    standing = _Standing.of(study)
    return tuple(_line(row, rank, standing) for rank, row in enumerate(study.rows, start=1))


@dataclass(frozen=True, slots=True)
class _Standing:
    """What rows are held against."""

    least_dollars: float | None
    least_seconds: float | None
    total: Mapping[str, Place]
    dbu: Mapping[str, Place]

    @classmethod
    def of(cls, study: Study) -> "_Standing":
        times = [row.seconds for row in study.rows if row.seconds is not None]
        total, dbu = _places(study.total), _places(study.dbu)
        return cls(study.total.cheapest.dollars if study.total else None, min(times, default=None), total, dbu)

    def values(self, row: StudyRow) -> dict[str, Value]:
        place, units = self.total.get(row.label), self.dbu.get(row.label)
        return {
            "cost_to_cheapest": _ratio(row.dollars, self.least_dollars),
            "runtime_to_fastest": _ratio(row.seconds, self.least_seconds),
            "on_front": place.on_front if place else None,
            "dbu_only_dollars": units.dollars if units else None,
            "on_dbu_front": units.on_front if units else None,
        }


def _places(view: StudyView | None) -> dict[str, Place]:
    return {} if view is None else {place.label: place for place in view.places}


def _line(row: StudyRow, rank: int, standing: _Standing) -> dict[str, Value]:
    samples, cost = row.samples, row.cost
    times = samples.run_seconds
    values: dict[str, Value] = {
        "rank": rank if row.dollars is not None else None,
        "spec": row.label,
        "group": row.group.name,
        **_of_spec(row.spec),
        "runs": len(samples.runs),
        "failed_runs": len(samples.failures),
        "runtime_seconds": row.seconds,
        "least_seconds": times[0] if times else None,
        "most_seconds": times[-1] if times else None,
        "startup_seconds": samples.startup_seconds if times else None,
        **{f"{key}_dollars": row.part(key) for key in PARTS},
        "total_dollars": row.dollars,
        "label": cost.label if isinstance(cost, Cost) else None,
        **standing.values(row),
        "measured_dbu": samples.dbu,
        "billed_dollars": samples.billed_dollars,
        "reason": row.reason,
    }
    return {name: values[name] for name in COLUMNS}


def _of_spec(spec: StudySpec) -> dict[str, Value]:
    found: dict[str, Value] = dict.fromkeys(COLUMNS[3:16])
    if isinstance(spec, ClusterSpec):
        sizes = {"workers": spec.workers, "slots": spec.slots, "memory_mib": spec.task_memory_mib}
        return found | sizes | {"service": "spark", "shuffle_partitions": spec.shuffle_partitions}
    is_databricks = spec.service == "databricks"
    found |= {name: getattr(spec, name) for name in ("cloud", "region", "service", "node_type", "workers", "photon")}
    found |= {"driver_node_type": spec.driver, "first_on_demand": spec.first_on_demand}
    return found | ({"plan": spec.plan, "compute": spec.compute} if is_databricks else {})


def _ratio(value: float | None, least: float | None) -> float | None:
    return value / least if value is not None and least else None


def answer(study: Study) -> dict[str, object]:
    """All of a study for programs."""
    return {
        "prices": list(study.prices),
        "specs": len(study.rows),
        "runs": study.runs,
        "rows": [
            values | {"parts": list(row.cost.parts) if row.cost else [], "assumptions": _assumptions(row)}
            for values, row in zip(table(study), study.rows, strict=True)
        ],
        "total": _view(study.total),
        "dbu_only": _view(study.dbu),
        "noise": _noise(study.noise),
        "findings": list(findings(study)),
    }


def _assumptions(row: StudyRow) -> list[str]:
    return list(row.cost.assumptions) if isinstance(row.cost, Cost) else []


def _view(view: StudyView | None) -> dict[str, object] | None:
    if view is None:
        return None
    return {
        "cheapest": view.cheapest.label,
        "fastest": view.fastest.label,
        "knee": view.knee.label if view.knee else None,
        "front": [place.label for place in view.front],
        "ranking": [place.label for place in view.places],
        "cost_noise": _noise(view.cost_noise),
    }


def _noise(noise: Noise | None) -> dict[str, object] | None:
    if noise is None:
        return None
    return {"usual_difference": noise.share, "degrees_of_freedom": noise.degrees_of_freedom}

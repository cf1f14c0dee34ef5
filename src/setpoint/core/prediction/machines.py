"""What rented machines of another type do to each section of a run, and to its driver."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from setpoint.core.domain import ClusterSpec
from setpoint.core.prediction.hardware import SAME_HARDWARE, driver_speed, hardware_between, section_factors
from setpoint.core.prediction.sections import Plan

if TYPE_CHECKING:
    import numpy as np

__all__ = ["MachineFactors", "Machines"]


@dataclass(frozen=True, slots=True)
class MachineFactors:
    """Time there over time here."""

    driver: float
    sections: "np.ndarray"


class Machines:
    """The machines of one run against those of others, each worked out once."""

    def __init__(self, base: ClusterSpec, plan: Plan) -> None:
        self._base, self._plan = base, plan
        self._known: dict[tuple[str, str, bool], MachineFactors] = {}

    def factors(self, spec: ClusterSpec) -> MachineFactors | None:
        """Of the machines of a spec; None where they are the same, or none are rented."""
        there, here = spec.cloud, self._base.cloud
        if there is None or here is None or (there.worker == here.worker and there.driver == here.driver):
            return None
        key = (there.worker.name, there.driver.name, there.cluster.photon)
        if key not in self._known:
            self._known[key] = self._worked_out(spec)
        return self._known[key]

    def _worked_out(self, spec: ClusterSpec) -> MachineFactors:
        import numpy as np

        there, here = spec.cloud, self._base.cloud
        if there is None or here is None:
            return MachineFactors(1.0, self._same)
        hardware = hardware_between(spec, self._base)
        sections = self._same
        if hardware != SAME_HARDWARE:
            inside = [section.stages for section in self._plan.sections]
            sections = np.array(section_factors(self._plan.stages, inside, hardware))
        return MachineFactors(1 / driver_speed(there.driver, here.driver), sections)

    @cached_property
    def _same(self) -> "np.ndarray":
        import numpy as np

        return np.ones(len(self._plan.sections))

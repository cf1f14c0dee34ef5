"""How much longer or shorter a stage's tasks take on other hardware, part by part."""

from dataclasses import dataclass

from setpoint.core.profile import Stage

__all__ = ["SAME_HARDWARE", "Hardware", "hardware_factor"]


@dataclass(frozen=True, slots=True)
class Hardware:
    """Speed of a machine relative to where the log is from; 1.0 means equal or not known."""

    cpu: float = 1.0
    """Of one core, as CoreMark measures it."""
    disk: float = 1.0
    """Bytes per second and slot: input, output, shuffle files, spilling."""
    network: float = 1.0
    """Bytes per second and slot: shuffle blocks of other machines."""


SAME_HARDWARE = Hardware()


def hardware_factor(stage: Stage, hardware: Hardware) -> float:
    """Task time there over task time here.

    Three parts of the run scale, each by its own speed: CPU time (garbage collection and the overhead around the run
    with it), waiting for shuffle blocks, and writing shuffle files. What is left, run time without CPU, is taken for
    disk where bytes were read or written outside of Spark, and else for waiting that no hardware shortens.
    """
    totals = stage.totals
    overhead = totals.overhead_seconds
    fetch = min(totals.fetch_wait_seconds, totals.run_seconds)
    cpu = min(totals.cpu_seconds, totals.run_seconds - fetch)
    rest = max(0.0, totals.run_seconds - fetch - cpu)
    moved = totals.input_bytes or totals.output_bytes or totals.disk_spilled_bytes
    disk = rest if moved else min(rest, totals.shuffle_write_seconds)
    whole = overhead + totals.run_seconds
    if whole <= 0:
        return 1.0
    there = (overhead + cpu) / hardware.cpu + fetch / hardware.network + disk / hardware.disk + rest - disk
    return there / whole

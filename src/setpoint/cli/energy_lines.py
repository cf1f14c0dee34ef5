"""Energy and carbon of a run, in words and as data; for every command that shows them."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from setpoint.core.energy import Footprint
    from setpoint.core.pricebook import Missing

__all__ = ["energy_as_data", "energy_line"]


def energy_line(found: "Footprint | Missing") -> str:
    """A range of both, or what is not known."""
    from setpoint.core.pricebook import Missing

    if isinstance(found, Missing):
        return f"Energy      not known: {found.reason}"
    if isinstance(found.gco2e, Missing):
        carbon = f"carbon not known: {found.gco2e.reason}"
    else:
        carbon = f"{found.gco2e.low:,.0f}–{found.gco2e.high:,.0f} gCO2e"
    estimated = "; one source estimated" if found.is_estimated else ""
    busy = f"processors {found.utilisation:.0%} busy"
    return f"Energy      {found.kwh.low:.3g}–{found.kwh.high:.3g} kWh, {carbon} as it ran ({busy}{estimated})"


def energy_as_data(found: "Footprint | Missing") -> object:
    """For JSON: low and high of each, what each source says; what is missing has a `reason` in its place."""
    from setpoint.core.pricebook import Missing

    return {"reason": found.reason} if isinstance(found, Missing) else found

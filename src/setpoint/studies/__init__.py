"""Studies from outside: measurements read from a file, or made here run by run, priced with the books there are."""

from setpoint.studies.measurements import Defaults, Imported, read_measurements
from setpoint.studies.pricing import priced

__all__ = ["Defaults", "Imported", "priced", "read_measurements"]

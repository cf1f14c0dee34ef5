"""What comes in from elsewhere: event logs fetched from addresses that clients name, and from nowhere that is ours."""

from setpoint.intake.addresses import Allowed
from setpoint.intake.fetching import Fetching, FetchLimits, fetch

__all__ = ["Allowed", "FetchLimits", "Fetching", "fetch"]

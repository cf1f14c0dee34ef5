"""Looking for runs that have ended where accounts run theirs: the truth, which webhooks only hint at."""

from setpoint.processing.polling.hints import hint
from setpoint.processing.polling.looking import POLLING, Polling, polled, watch, watch_all
from setpoint.processing.polling.places import Brought, Found, Place, TooEarly

__all__ = ["POLLING", "Brought", "Found", "Place", "Polling", "TooEarly", "hint", "polled", "watch", "watch_all"]

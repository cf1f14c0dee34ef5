"""One profile for all properties: the same examples on every machine, and no opinion on speed."""

from hypothesis import settings

settings.register_profile("setpoint", derandomize=True, deadline=None, database=None, print_blob=True)
settings.load_profile("setpoint")

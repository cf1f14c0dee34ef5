"""One profile for all properties: the same examples on every machine, and no opinion on speed."""

import signal

from hypothesis import settings

settings.register_profile("setpoint", derandomize=True, deadline=None, database=None, print_blob=True)
settings.load_profile("setpoint")

# What a shell puts into the background is deaf to Ctrl-C, and so would be all that the tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

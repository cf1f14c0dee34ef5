"""One profile for all properties: the same examples on every machine, and no opinion on speed."""

import signal

from hypothesis import settings
from tests.postgresql import new_postgresql, postgresql, url  # noqa: F401 - fixtures of all tests

settings.register_profile("setpoint", derandomize=True, deadline=None, database=None, print_blob=True)
settings.load_profile("setpoint")

# What a shell puts into the background is deaf to Ctrl-C, and what `nohup` starts to the end of its terminal; and so
# would be all that the tests start and interrupt.
for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, usual)

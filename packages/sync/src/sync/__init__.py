"""The names of the Sync Library, over a Setpoint service."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("setpoint-sync-compat")
except PackageNotFoundError:  # read from a checkout
    __version__ = "0"

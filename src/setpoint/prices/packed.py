"""The tables that come with the package: JSON under gzip, one file for each cloud and one for each of its regions.

`tools/build_price_book.py` makes them; nothing of them is written by hand.
"""

import pkgutil
import zlib

from setpoint.errors import InputError

__all__ = ["load_packed"]

# Not Zstandard and importlib.resources: importing those two took half of the 50 ms that a cold book may.
_GZIP = 31


def load_packed(name: str) -> bytes:
    """The JSON of one table, such as `aws` or `aws-us-east-1`. Raises InputError where there is none."""
    try:
        packed = pkgutil.get_data("setpoint.prices", f"data/{name}.json.gz")
    except FileNotFoundError:
        packed = None
    if packed is None:
        raise InputError(f"There is no table “{name}” in this installation of Setpoint.")
    return zlib.decompress(packed, _GZIP)

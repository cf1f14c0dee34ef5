"""Memory sizes as Spark writes them."""

import re

from setpoint.errors import InputError

_SIZE = re.compile(r"([0-9]+)\s*([a-z]*)")
_SUFFIX_BYTES = {
    suffix: 1024**power
    for power, suffixes in enumerate((("b",), *((u, f"{u}b") for u in "kmgtp")))
    for suffix in suffixes
}


def parse_mib(text: str, name: str) -> int:
    """Whole MiB of a size; a plain number counts MiB, as in Spark's JavaUtils.byteStringAs for heap sizes.

    >>> parse_mib("2g", "spark.executor.memory"), parse_mib("512M", "…"), parse_mib("1536", "…")
    (2048, 512, 1536)
    """
    found = _SIZE.fullmatch(text.strip().lower())
    factor = _SUFFIX_BYTES.get((found[2] or "m") if found else "")
    mib = int(found[1]) * factor // 2**20 if found and factor else 0
    if mib < 1:
        raise InputError(f"{name}={text} is no memory size that Spark takes: write it like 512m or 2g.")
    return mib


def format_mib(mib: int) -> str:
    """The size as Spark reads it.

    >>> format_mib(1536)
    '1536m'
    """
    return f"{mib}m"

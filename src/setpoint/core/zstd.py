"""Zstandard: Python's own module since 3.14, its backport before. Import it where it is used: not every command is."""

import sys

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["zstd"]

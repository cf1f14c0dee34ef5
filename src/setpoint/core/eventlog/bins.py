"""Histograms whose merge is exact: counts of integers in bins of equal relative width.

A value below 2^(bits+1) has a bin of its own; above, each octave has 2^bits bins, so that a bin is at most 2^-bits of
its values wide (the layout of HdrHistogram). Counts are integers, so that the order in which parts are merged does not
matter. Bins are computed for many values at once with NumPy, or one by one where that is not worth its import.
"""

from array import array
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MOST = 2**52 - 1
"""Larger values count as this one: a float, which NumPy's exponents go through, holds no more exactly."""
_MANTISSA_BITS, _EXPONENT_BIAS = 52, 1023
"""Of an IEEE 754 double."""


def bin_of(value: int, bits: int) -> int:
    """Number of the bin of a value that is not negative.

    >>> [bin_of(value, 2) for value in (0, 7, 8, 9, 10, 100)]
    [0, 7, 8, 8, 9, 22]
    """
    kept = min(value, _MOST)
    shift = max(0, kept.bit_length() - bits - 1)
    return (shift << bits) + (kept >> shift)


def bins_of(values: "NDArray[np.int64]", bits: int) -> "NDArray[np.int64]":
    """`bin_of` for every value of an array: the upper bits of a float are exponent and octave's part in one number."""
    import numpy as np

    kept = np.minimum(values, _MOST)
    upper = kept.astype(np.float64).view(np.int64) >> (_MANTISSA_BITS - bits)
    return np.where(kept < 1 << bits, kept, upper - ((_EXPONENT_BIAS + bits - 1) << bits))


def middle_of(number: int, bits: int) -> float:
    """Middle of the values that fall into a bin.

    >>> middle_of(22, 2), [value for value in range(200) if bin_of(value, 2) == 22]
    (103.5, [96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111])
    """
    if number < 2 << bits:
        return float(number)
    shift = (number >> bits) - 1
    first = (number - (shift << bits)) << shift
    return first + ((1 << shift) - 1) / 2


class Tally:
    """How often each key was seen, held in the way that suits: loose, dense while many are added, packed at rest."""

    __slots__ = ("_dense", "_loose", "_packed")

    def __init__(self) -> None:
        self._loose: dict[int, int] = {}
        self._dense: NDArray[np.int64] | None = None
        """Counts by key."""
        self._packed = array("q")
        """Keys ascending, each followed by its count: a sixth of a dict's memory."""

    def add(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Take in keys with how often each was seen."""
        loose = self._loose
        for key, count in pairs:
            loose[key] = loose.get(key, 0) + count

    def add_dense(self, counts: "NDArray[np.int64]") -> None:
        """Take in how often each key from zero on was seen; the array is not ours to keep."""
        if self._dense is None or len(self._dense) < len(counts):
            known, self._dense = self._dense, counts.copy()
            counts = known if known is not None else counts[:0]
        self._dense[: len(counts)] += counts

    def items(self) -> Iterator[tuple[int, int]]:
        """Keys ascending, each with its count."""
        self.pack()
        return zip(self._packed[::2], self._packed[1::2], strict=True)

    def pack(self) -> None:
        """Give back memory."""
        dense, self._dense = self._dense, None
        if dense is not None:
            found = dense.nonzero()[0]
            if not self._loose and not self._packed:
                self._packed.frombytes(_alternating(found, dense[found]))
                return
            self.add(zip(found.tolist(), dense[found].tolist(), strict=True))
        if self._loose:
            loose, self._loose = self._loose, {}
            for key, count in zip(self._packed[::2], self._packed[1::2], strict=True):
                loose[key] = loose.get(key, 0) + count
            self._packed = array("q", [number for pair in sorted(loose.items()) for number in pair])


def _alternating(keys: "NDArray[np.int64]", counts: "NDArray[np.int64]") -> bytes:
    import numpy as np

    pairs = np.empty(2 * len(keys), dtype=np.int64)
    pairs[::2], pairs[1::2] = keys, counts
    return pairs.tobytes()

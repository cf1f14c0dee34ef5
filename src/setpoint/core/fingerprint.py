"""A short text that two equal values share, and hardly two others: so that a ledger can say what it does not hold."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

__all__ = ["basis_of", "fingerprint"]

_DIGITS = 16


def fingerprint(*values: object) -> str:
    """Of dataclasses, mappings, sequences, arrays and plain values, whatever they hold.

    >>> fingerprint((1, 2.0), {"b": None, "a": "x"}) == fingerprint([1, 2.0], {"a": "x", "b": None})
    True
    >>> fingerprint(("ab", "c")) == fingerprint(("a", "bc"))
    False
    """
    digest = hashlib.sha256()
    for value in values:
        for part in _parts(value):
            digest.update(len(part).to_bytes(8))
            digest.update(part)
    return digest.hexdigest()[:_DIGITS]


def basis_of(*values: object) -> str:
    """The fingerprint of each of what something rests on, so that what has changed since can be named.

    >>> basis_of("prices", "lessons").startswith(basis_of("prices"))
    True
    """
    return " ".join(fingerprint(value) for value in values)


def _parts(value: object) -> Iterator[bytes]:
    if is_dataclass(value):
        for each in fields(value):
            yield from _parts(getattr(value, each.name))
    elif isinstance(value, Mapping):
        for key in sorted(value, key=repr):
            yield repr(key).encode()
            yield from _parts(value[key])
    elif isinstance(value, set | frozenset):
        yield from _parts(sorted(value, key=repr))  # their order is another one in each process
    elif isinstance(value, list | tuple):
        yield len(value).to_bytes(8)
        for item in value:
            yield from _parts(item)
    elif callable(tobytes := getattr(value, "tobytes", None)) and getattr(value, "ndim", None):
        yield repr(getattr(value, "shape", ())).encode()
        yield tobytes()
    else:
        yield repr(value).encode("utf-8", "backslashreplace")

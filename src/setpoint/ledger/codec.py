"""Entries as rows: kind, key, time, and a body in JSON that later versions can still read.

A body is `{"version": 2, "entry": {…}}`. Unknown fields are ignored and missing ones take their default, so a field
with a default may be added on either side. What cannot be read back exactly is refused before it is written.
"""

from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Generic, TypeVar, get_type_hints

import msgspec

from setpoint.core.domain import Decision, Hold, Recommendation, Rollback
from setpoint.core.history import (
    Applied,
    Approved,
    Billed,
    Decided,
    Described,
    Disturbed,
    Entry,
    GoalSet,
    PoliciesApplied,
    Registered,
    Restricted,
    RollbackAsked,
    RunRecorded,
    entry_key,
)
from setpoint.errors import LedgerError
from setpoint.ledger.upgrade import as_version_2

BODY_VERSION = 2
"""Raised only when old software must not read a new body; an added field with a default needs no new version."""

COMPRESSED_FROM_BYTES = 4096
"""Smaller bodies stay plain text, for people with `sqlite3`; of a run's profile zstd leaves less than half."""

_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"

KINDS: dict[str, type[Entry]] = {
    "registered": Registered,
    "goal": GoalSet,
    "run": RunRecorded,
    "disturbed": Disturbed,
    "decided": Decided,
    "applied": Applied,
    "approved": Approved,
    "rollback": RollbackAsked,
    "described": Described,
    "restricted": Restricted,
    "policies": PoliciesApplied,
    "billed": Billed,
}
"""What the `kind` of a row stands for. A word here is in every ledger ever written: never rename one."""

_DECISION_TAGS: dict[type[Decision], str] = {Hold: "hold", Recommendation: "recommendation", Rollback: "rollback"}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Row:
    """One entry as it is stored."""

    kind: str
    key: str
    at: str
    """ISO 8601 in UTC with microseconds: text that sorts like the time."""
    body: bytes


def encode(entry: Entry) -> Row:
    """The row of an entry. Raises LedgerError where it would not read back as it is."""
    kind = _KIND_OF[type(entry)]
    key = entry_key(entry)
    local = next((path for path, value in _leaves(entry, times_only=True) if _is_local(value)), None)
    if local is not None:
        raise LedgerError(f"The {kind} entry {key!r} cannot be stored: {local} is a time that is not in UTC.")
    try:
        body = _ENCODER.encode(_Body(BODY_VERSION, _to_wire(entry)))
        exact = decode(kind, body) == entry
    except (LedgerError, TypeError, UnicodeEncodeError) as error:
        raise LedgerError(_not_exact(kind, key, entry)) from error
    if not exact:
        raise LedgerError(_not_exact(kind, key, entry))
    return Row(kind, key, entry.at.isoformat(timespec="microseconds"), body)


def decode(kind: str, body: bytes) -> Entry:
    """The entry of a row. Raises LedgerError for what a newer Setpoint wrote or something else damaged."""
    if kind not in KINDS:
        raise LedgerError(f"The ledger has an entry of a kind {kind!r}: use the newer Setpoint that wrote it.")
    try:
        read = _DECODERS[kind].decode(as_version_2(body))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise LedgerError(_unreadable(kind, body, error)) from error
    if read.version > BODY_VERSION:
        raise LedgerError(_newer(kind, read.version))
    return _from_wire(read.entry)


def compress(body: bytes) -> bytes:
    """The body as the bytes to store: zstd where that is worth it."""
    if len(body) < COMPRESSED_FROM_BYTES:
        return body
    from setpoint.core.zstd import zstd

    return zstd.compress(body)


def decompress(stored: bytes) -> bytes:
    """The body from the bytes that were stored."""
    if not stored.startswith(_ZSTD_MAGIC):
        return stored
    from setpoint.core.zstd import zstd

    try:
        return zstd.decompress(stored)
    except zstd.ZstdError as error:
        raise LedgerError("The ledger has an entry whose bytes are damaged: restore the ledger from a copy.") from error


class _Body(msgspec.Struct, Generic[T]):
    version: int
    entry: T


class _Head(msgspec.Struct):
    version: int


def _struct_of(cls: type, tag: str | None = None, **replaced: object) -> type[msgspec.Struct]:
    """A Struct with the fields of a dataclass: msgspec tells the members of a union apart only for Structs."""
    hints = get_type_hints(cls)
    wire_fields = [(f.name, replaced.get(f.name, hints[f.name]), _default_of(f)) for f in fields(cls)]
    # Keywords only: a default before a required field is allowed then, as in the dataclass with kw_only fields.
    return msgspec.defstruct(
        cls.__name__, wire_fields, tag=tag, tag_field="type" if tag else None, kw_only=True, frozen=True
    )


def _default_of(declared: "Field[object]") -> object:
    if declared.default is not MISSING:
        return declared.default
    if declared.default_factory is not MISSING:
        return msgspec.field(default_factory=declared.default_factory)
    return msgspec.NODEFAULT


def _copied(source: object, cls: Callable[..., T], names: tuple[str, ...], **replaced: object) -> T:
    return cls(**{name: getattr(source, name) for name in names} | replaced)


def _names(cls: type) -> tuple[str, ...]:
    return tuple(f.name for f in fields(cls))


_DECISION_STRUCTS = {cls: _struct_of(cls, tag) for cls, tag in _DECISION_TAGS.items()}
_DECISION_CLASSES = {struct: cls for cls, struct in _DECISION_STRUCTS.items()}
_DECIDED_STRUCT = _struct_of(Decided, decision=reduce(or_, _DECISION_STRUCTS.values()))


def _to_wire(entry: Entry) -> object:
    if not isinstance(entry, Decided):
        return entry
    cls = type(entry.decision)
    decision = _copied(entry.decision, _DECISION_STRUCTS[cls], _names(cls))
    return _copied(entry, _DECIDED_STRUCT, _names(Decided), decision=decision)


def _from_wire(wire: object) -> Entry:
    if not isinstance(wire, _DECIDED_STRUCT):
        return wire  # type: ignore[return-value]  # the decoder of its kind has checked it
    tagged = wire.decision  # type: ignore[attr-defined]  # a field made by `_struct_of`
    cls = _DECISION_CLASSES[type(tagged)]
    return _copied(wire, Decided, _names(Decided), decision=_copied(tagged, cls, _names(cls)))


def _plain_number(value: object) -> object:
    """Numbers of numerical libraries as Python's own: what computing leaves behind in a Prediction."""
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "ndim", None) == 0:
        return item()
    raise TypeError(f"a value of type {type(value).__name__} has no place in an entry")


_KIND_OF = {cls: kind for kind, cls in KINDS.items()}
_ENCODER = msgspec.json.Encoder(enc_hook=_plain_number)
_DECODERS: "dict[str, msgspec.json.Decoder[_Body[object]]]" = {
    kind: msgspec.json.Decoder(_Body[_DECIDED_STRUCT if cls is Decided else cls])  # type: ignore[misc]  # known at run time
    for kind, cls in KINDS.items()
}


def _leaves(value: object, path: str = "", *, times_only: bool = False) -> Iterator[tuple[str, object]]:
    """Every plain value in an entry with the path to it; `times_only` passes by tuples of plain values."""
    if is_dataclass(value):
        for f in fields(value):
            inner = getattr(value, f.name)
            if isinstance(inner, datetime) or not times_only or isinstance(inner, tuple) or is_dataclass(inner):
                yield from _leaves(inner, f"{path}.{f.name}".lstrip("."), times_only=times_only)
    elif isinstance(value, tuple):
        if value and (not times_only or is_dataclass(value[0]) or isinstance(value[0], datetime | tuple)):
            for i, item in enumerate(value):
                yield from _leaves(item, f"{path}[{i}]", times_only=times_only)
    else:
        yield path, value


def _is_local(value: object) -> bool:
    return isinstance(value, datetime) and value.utcoffset() != timedelta(0)


def _not_exact(kind: str, key: str, entry: Entry) -> str:
    reason = "it would not read back as it is"
    for path, value in _leaves(entry):
        if isinstance(value, float) and not float("-inf") < value < float("inf"):
            reason = f"{path} is {value}, which is not a number"
            break
        if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
            reason = f"{path} is text with half a character in it"
            break
    return f"The {kind} entry {key!r} cannot be stored: {reason}."


def _unreadable(kind: str, body: bytes, error: Exception) -> str:
    try:
        version = msgspec.json.decode(body, type=_Head).version
    except (msgspec.DecodeError, UnicodeDecodeError):
        version = 0
    if version > BODY_VERSION:
        return _newer(kind, version)
    return f"The ledger has a {kind} entry that cannot be read ({error}): restore the ledger from a copy."


def _newer(kind: str, version: int) -> str:
    return (
        f"The ledger has a {kind} entry in version {version} of its format, this Setpoint reads up to {BODY_VERSION}: "
        "use the newer Setpoint that wrote it."
    )

"""A value in somebody else's JSON that knows its place, so that whatever is wrong with it can be said by name."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NoReturn, TypeVar

import msgspec

from setpoint.errors import InputError

__all__ = ["Field", "parse_document"]

_LATEST = 7_258_118_400.0
"""Start of the year 2200: a later time is a mistake."""
_MILLISECONDS_FROM = 1e11
"""A number of seconds since the epoch would be of the year 5138; a number of milliseconds is of 1973."""
_LARGEST = 1e18
_MOST = 1e9
_MOST_COUNTED = 100_000
"""No cluster has so many of anything."""
_LONGEST_TEXT = 4096
_SHOWN = 40
_LINE = re.compile(r"[^\x00-\x1f\x7f]*")

T = TypeVar("T")


def parse_document(document: bytes, largest_bytes: int, what: str) -> "Field":
    """The root of a JSON document. Raises InputError where it is too large or no JSON object."""
    if len(document) > largest_bytes:
        raise InputError(
            f"The {what} is {len(document) / 2**20:.0f} MiB; at most {largest_bytes / 2**20:.0f} are read."
        )
    try:
        root = Field("", msgspec.json.decode(document.removeprefix(b"\xef\xbb\xbf")))
    except RecursionError:
        raise InputError(f"The {what} is nested too deeply to be one.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"The {what} is no JSON: {str(error)[:200]}.") from None
    if not root.is_object:
        raise InputError(f"The {what} is {root.shown}; a JSON object is needed.")
    return root


class Field:
    """One value and the path to it; every reader returns what was asked for or raises InputError with the path."""

    __slots__ = ("path", "value")

    def __init__(self, path: str, value: object) -> None:
        self.path = path
        self.value = value

    @property
    def is_missing(self) -> bool:
        """Whether it is absent or null."""
        return self.value is None

    @property
    def is_object(self) -> bool:
        """Whether it is a JSON object."""
        return isinstance(self.value, dict)

    @property
    def is_list(self) -> bool:
        """Whether it is a JSON list."""
        return isinstance(self.value, list)

    @property
    def shown(self) -> str:
        """The value in words, short."""
        match self.value:
            case None:
                return "missing"
            case dict():
                return "an object"
            case list():
                return "a list"
            case str() as text:
                return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
            case other:
                return str(other).lower()[:_SHOWN]

    def __getitem__(self, key: str) -> "Field":
        """A member of an object; missing where there is none. The field itself may be missing too."""
        path = f"{self.path}.{key}" if self.path else key
        if self.value is None:
            return Field(path, None)
        if not isinstance(self.value, dict):
            self.refuse("an object")
        return Field(path, self.value.get(key))

    def has(self, *keys: str) -> bool:
        """Whether it is an object with all these members, null or not."""
        return isinstance(self.value, dict) and all(key in self.value for key in keys)

    def items(self) -> Iterator["Field"]:
        """Members of a list; nothing where it is missing."""
        if self.value is None:
            return
        if not isinstance(self.value, list):
            self.refuse("a list")
        yield from (Field(f"{self.path}[{number}]", each) for number, each in enumerate(self.value))

    def text(self, default: str = "") -> str:
        """A text; numbers are taken too, since ids are written both ways."""
        if self.value is None:
            return default
        if isinstance(self.value, int) and not isinstance(self.value, bool):
            return str(self.value)
        if not isinstance(self.value, str):
            self.refuse("a text")
        if len(self.value) > _LONGEST_TEXT or not _LINE.fullmatch(self.value):
            self.refuse("a line of text")
        return self.value

    def flag(self) -> bool:
        """Whether it is true; missing is false."""
        if self.value is None:
            return False
        if not isinstance(self.value, bool):
            self.refuse("true or false")
        return self.value

    def number(self, default: float | None = None) -> float:
        """A number from zero."""
        if self.value is None and default is not None:
            return default
        found = self._number()
        if not 0 <= found <= _MOST:
            self.refuse(f"a number from 0 to {_MOST:.0e}")
        return found

    def count(self) -> int | None:
        """A whole number from zero, or None where it is missing."""
        if self.value is None:
            return None
        found = self.number()
        if found != int(found) or found > _MOST_COUNTED:
            self.refuse(f"a whole number from 0 to {_MOST_COUNTED}")
        return int(found)

    def one_of(self, words: Mapping[str, T]) -> T | None:
        """What a word stands for, whatever its case; None where it is missing."""
        if self.value is None:
            return None
        found = words.get(self.value.strip().lower().replace("-", " ")) if isinstance(self.value, str) else None
        if found is None:
            self.refuse(f"one of {', '.join(words)}")
        return found

    def needed(self, words: Mapping[str, T]) -> T:
        """As `one_of`, and it must be there."""
        found = self.one_of(words)
        if found is None:
            self.refuse(f"one of {', '.join(words)}")
        return found

    def moment(self) -> float | None:
        """Seconds since the epoch, from ISO 8601, seconds or milliseconds; None where it is missing, empty or 0."""
        if self.value is None or self.value == "" or (self.value == 0 and self.value is not False):
            return None
        found = self._of_iso(self.value) if isinstance(self.value, str) else self._number()
        seconds = found / 1000 if found >= _MILLISECONDS_FROM else found
        if not 0 < seconds < _LATEST:
            self.refuse("a time")
        return seconds

    def needed_moment(self) -> float:
        """As `moment`, and it must be there."""
        found = self.moment()
        if found is None:
            self.refuse("a time")
        return found

    def after(self, began: float | None, other: str) -> float | None:
        """As `moment`, and not before the other one."""
        found = self.moment()
        if found is not None and began is not None and found < began:
            raise InputError(f"The cluster report is not usable: {self.path} lies before {other}.")
        return found

    def refuse(self, wanted: str) -> NoReturn:
        """Raise what is wrong with it."""
        where = self.path or "the document"
        raise InputError(f"The cluster report is not usable: {where} is {self.shown}, where {wanted} is needed.")

    def _number(self) -> float:
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            self.refuse("a number")
        if not -_LARGEST <= self.value <= _LARGEST:
            self.refuse("a number that can be meant")
        return float(self.value)

    def _of_iso(self, text: str) -> float:
        try:
            found = datetime.fromisoformat(text)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            self.refuse("a time such as 2026-01-31T12:00:00Z")

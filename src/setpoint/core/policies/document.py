"""YAML as somebody wrote it: a small, plain part of the language, and for everything the place where it stands.

Policies come from anywhere: nothing is built but mappings, lists and text; anchors, aliases and tags are refused, and
so is what is too large or too deep, before it is built.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from setpoint.errors import PolicyError

if TYPE_CHECKING:
    import yaml

__all__ = ["MOST_BYTES", "Lines", "Table", "Text", "Value", "read_documents"]

MOST_BYTES = 256 * 1024
"""Of one file; a policy is some 300 bytes."""
MOST_VALUES = 20_000
DEEPEST = 12
_LONGEST_WORD = 60


@dataclass(frozen=True, slots=True)
class Text:
    """A word, number or sentence, as it is written."""

    place: str
    """`file:line:column`."""
    text: str

    def wrong(self, problem: str) -> NoReturn:
        """Say what is wrong with it, and where."""
        word = " ".join(self.text.split())
        shown = word if len(word) <= _LONGEST_WORD else f"{word[: _LONGEST_WORD - 1]}…"
        raise PolicyError(f"{self.place}: “{shown}”: {problem}")


@dataclass(frozen=True, slots=True)
class Lines:
    """A list."""

    place: str
    items: tuple["Value", ...]

    def wrong(self, problem: str) -> NoReturn:
        """Say what is wrong with it, and where."""
        raise PolicyError(f"{self.place}: this list: {problem}")


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping, by keys that are written once."""

    place: str
    keys: Mapping[str, Text]
    values: Mapping[str, "Value"]

    def wrong(self, problem: str) -> NoReturn:
        """Say what is wrong with it, and where."""
        raise PolicyError(f"{self.place}: this mapping: {problem}")


Value = Text | Lines | Table


def read_documents(file: str, content: bytes) -> list[Value]:
    """The documents of a YAML file; empty ones are left out. Raises PolicyError, with the place and the word."""
    import yaml

    if len(content) > MOST_BYTES:
        raise PolicyError(f"{file}: it has {len(content):,} bytes, and policies have at most {MOST_BYTES:,}: split it.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise PolicyError(f"{file}:{line}: there is a byte which is no UTF-8 text: save the file as UTF-8.") from error
    try:
        _check(file, text)
        nodes = yaml.compose_all(text, Loader=yaml.SafeLoader)
        return [_value(file, node) for node in nodes if not _is_nothing(node)]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise PolicyError(f"{_at(file, mark)}: {_said(error, text)}") from error
    except yaml.YAMLError as error:
        position = getattr(error, "position", 0)
        line = text.count("\n", 0, position) + 1
        raise PolicyError(f"{file}:{line}: there is a character that YAML does not allow.") from error


def _check(file: str, text: str) -> None:
    """Go through it without building anything."""
    import yaml

    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
        opens = isinstance(event, yaml.CollectionStartEvent)
        depth += opens - isinstance(event, yaml.CollectionEndEvent)
        anchor = getattr(event, "anchor", None)
        problem = None
        if anchor is not None:
            sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
            problem = f"“{sign}{anchor[:_LONGEST_WORD]}”: anchors and aliases are not taken; write the value again"
        elif (tag := getattr(event, "tag", None)) is not None:
            problem = f"“{str(tag)[:_LONGEST_WORD]}”: tags are not taken; leave it out"
        elif depth > DEEPEST:
            problem = f"it is nested more than {DEEPEST} deep"
        elif count > MOST_VALUES:
            problem = f"it has more than {MOST_VALUES:,} values: split the file"
        if problem is not None:
            raise PolicyError(f"{_at(file, event.start_mark)}: {problem}.")


def _said(error: "yaml.MarkedYAMLError", text: str) -> str:
    mark = error.problem_mark or error.context_mark
    rest = text[mark.index :].split(maxsplit=1) if mark is not None else []
    word = f"“{rest[0][:_LONGEST_WORD]}”: " if rest else ""
    return f"{word}{error.problem or error.context}."


def _at(file: str, mark: "yaml.error.Mark | yaml._yaml.Mark | None") -> str:
    return file if mark is None else f"{file}:{mark.line + 1}:{mark.column + 1}"


def _is_nothing(node: "yaml.Node") -> bool:
    return node.tag == "tag:yaml.org,2002:null"


def _value(file: str, node: "yaml.Node") -> Value:
    import yaml

    place = _at(file, node.start_mark)
    if isinstance(node, yaml.ScalarNode):
        return Text(place, "" if _is_nothing(node) else node.value)
    if isinstance(node, yaml.SequenceNode):
        return Lines(place, tuple(_value(file, each) for each in node.value))
    pairs = list(_pairs(file, node))
    return Table(place, {key.text: key for key, _ in pairs}, {key.text: value for key, value in pairs})


def _pairs(file: str, node: "yaml.Node") -> Iterator[tuple[Text, Value]]:
    seen: dict[str, Text] = {}
    for key_node, value_node in node.value:
        key = _value(file, key_node)
        if not isinstance(key, Text) or not key.text:
            key.wrong("a key is a word")
        if key.text in seen:
            key.wrong(f"it stands here twice; before at {seen[key.text].place}")
        seen[key.text] = key
        yield key, _value(file, value_node)

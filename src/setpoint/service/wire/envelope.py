"""What every answer is wrapped in, and the kinds of value that shapes are made of."""

import math
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

__all__ = [
    "FEW",
    "Document",
    "Failed",
    "Id",
    "Instant",
    "Items",
    "Line",
    "Page",
    "PerPage",
    "Refusal",
    "Result",
    "Shape",
    "Text",
]

MOST_LISTED = 500
FEW = 50
MOST_LINE = 512
MOST_TEXT = 10_000
DEEPEST = 64
"""Levels of a document; cluster reports have about ten."""


class Shape(BaseModel):
    """A value on the wire. Fields that are not known are passed over: newer clients send more."""

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True, allow_inf_nan=False)


def _on_wire(at: datetime) -> str:
    # Clients of all versions read this form: seconds, and a zone.
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _aware(at: datetime) -> datetime:
    """Times without a zone are UTC, as the clients send them."""
    try:
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:
        raise ValueError("this is too near to the end of time") from None


def _storable(document: Any) -> Any:  # noqa: ANN401 - any JSON
    """A document that every database takes: no lone surrogates, no NUL, not too deep."""
    level, depth = [document], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise ValueError(f"it has more than {DEEPEST} levels")
        for text in level:
            if isinstance(text, str):
                _plain(text)
            if isinstance(text, float) and not math.isfinite(text):
                raise ValueError("it holds a number that is none (NaN or Infinity)")
        inside = [value for value in level if isinstance(value, dict | list)]
        level = [
            part
            for value in inside
            for part in (value if isinstance(value, list) else (*value.keys(), *value.values()))
        ]
    return document


def _plain(text: str) -> str:
    if "\x00" in text:
        raise ValueError("it holds a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("it holds half a character (a lone surrogate)") from None
    return text


def _empty_is_absent(value: object) -> object:
    return None if value == "" else value


Instant = Annotated[
    datetime,
    AfterValidator(_aware),
    PlainSerializer(_on_wire, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-23T03:00:00Z"]}),
]
"""A moment, UTC, whole seconds."""

_NO_NUL = r"^[^\x00]*$"
Line = Annotated[str, StringConstraints(max_length=MOST_LINE, pattern=_NO_NUL), AfterValidator(_plain)]
"""A name, an address, a code."""
Text = Annotated[str, StringConstraints(max_length=MOST_TEXT, pattern=_NO_NUL), AfterValidator(_plain)]
"""A description."""
Id = Annotated[str, Field(description="UUID.", examples=["7b155ae1-bbdf-444a-9654-f74757705178"])]
OptionalId = Annotated[Line | None, BeforeValidator(_empty_is_absent)]
Document = Annotated[dict[str, Any], AfterValidator(_storable)]
"""Any JSON object; kept as it is."""

Page = Annotated[int, Query(ge=0, le=1_000_000, description="From 0.")]
PerPage = Annotated[int, Query(ge=1, le=MOST_LISTED)]

Content = TypeVar("Content")


class Result(Shape, Generic[Content]):
    """Success."""

    result: Content


class Items(Shape, Generic[Content]):
    """A page of a list, newest first. The one answer without `result`: existing clients read `items`."""

    items: list[Content]
    next_page: int | None = Field(None, description="Give it as `page` for what comes after; null at the end.")


class Refusal(Shape):
    """Why a request was refused."""

    code: str = Field(examples=["NotFound"], description="One word for programs.")
    message: str = Field(examples=["There is no such project in this account."], description="A sentence for people.")
    detail: list[Any] | None = Field(None, description="Where in the request it is, if it is one place.")


class Failed(Shape):
    """Failure; comes with a status of 400 or above."""

    error: Refusal

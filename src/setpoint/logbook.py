"""What a process says of its work: lines of JSON that carry the facts of what is at hand. No secret is among them."""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from traceback import extract_tb

__all__ = ["JsonLines", "about", "frames_of", "log_as_json"]

_FACTS: ContextVar[Mapping[str, object] | None] = ContextVar("facts", default=None)


@contextmanager
def about(**facts: object) -> Iterator[None]:
    """Have every line said inside of it carry these facts; what is None is left out."""
    mark = _FACTS.set({**(_FACTS.get() or {}), **{name: value for name, value in facts.items() if value is not None}})
    try:
        yield
    finally:
        _FACTS.reset(mark)


def frames_of(error: BaseException) -> list[str]:
    """Where it was raised. Not what it says: that may quote a body or a secret."""
    return [f"{Path(frame.filename).name}:{frame.lineno}" for frame in extract_tb(error.__traceback__)]


class JsonLines(logging.Formatter):
    """A log record as one line of JSON, with the facts of what is at hand."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        facts: Mapping[str, object] = getattr(record, "facts", {})
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **(_FACTS.get() or {}),
            **facts,
        }
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            line |= {"error": type(error).__name__, "frames": frames_of(error)}
        return json.dumps(line, default=str)


def log_as_json(level: int = logging.INFO) -> None:
    """Have everything that Setpoint says in its log said as lines of JSON on stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("setpoint")
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False

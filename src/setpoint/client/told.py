"""What the service tells of a project's loop, as the client gives it back; each with its document word for word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from setpoint.client.records import Document, optional, text
from setpoint.errors import ServiceError

__all__ = ["Approved", "Decision", "Goal", "Metric", "RolledBack", "Run", "Saved", "Standing", "Waiting", "texts"]


@dataclass(frozen=True, slots=True)
class Metric:
    """What a goal may name."""

    name: str
    unit: str
    about: str
    document: Document

    @classmethod
    def read(cls, given: Document) -> "Metric":
        """The metric that a document tells of."""
        return cls(text(given, "name"), text(given, "unit", ""), text(given, "about", ""), given)


@dataclass(frozen=True, slots=True)
class Goal:
    """What is wanted of a project."""

    goal: str | None
    mode: str | None
    is_in_force: bool
    """False until the first run."""
    document: Document

    @classmethod
    def read(cls, given: Document) -> "Goal":
        """The goal that a document tells of."""
        return cls(optional(given, "goal"), optional(given, "mode"), given.get("is_in_force") is True, given)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a project stands under the loop."""

    mode: str | None
    modes: Mapping[str, str]
    """By kind of change."""
    waits: str | None
    """Why the newest decision is not in place; None where it is."""
    spec: str | None
    document: Document

    @classmethod
    def read(cls, given: Document) -> "Standing":
        """The standing that a document tells of."""
        modes = given.get("modes")
        kinds = {str(kind): str(mode) for kind, mode in modes.items()} if isinstance(modes, Mapping) else {}
        return cls(optional(given, "mode"), kinds, optional(given, "waits"), optional(given, "spec"), given)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A decision that is not in place."""

    project_id: str
    project: str
    decision: str
    from_spec: str
    to_spec: str
    waits: str
    needs_approval: bool
    document: Document

    @classmethod
    def read(cls, given: Document) -> "Waiting":
        """The decision that a document tells of."""
        return cls(
            project_id=text(given, "project_id"),
            project=text(given, "project"),
            decision=text(given, "decision"),
            from_spec=text(given, "from_spec"),
            to_spec=text(given, "to_spec"),
            waits=text(given, "waits", ""),
            needs_approval=given.get("needs_approval") is True,
            document=given,
        )


@dataclass(frozen=True, slots=True)
class Approved:
    """A decision was approved."""

    decision: str
    spec: str
    """What the next run gets."""
    waits: str | None
    """Why it is not in place all the same; None where it is."""
    document: Document

    @classmethod
    def read(cls, given: Document) -> "Approved":
        """The approval that a document tells of."""
        return cls(text(given, "decision"), text(given, "spec"), optional(given, "waits"), given)


@dataclass(frozen=True, slots=True)
class RolledBack:
    """A spec was put back."""

    spec: str
    left: str
    document: Document

    @classmethod
    def read(cls, given: Document) -> "RolledBack":
        """The rollback that a document tells of."""
        return cls(text(given, "spec"), text(given, "left"), given)


@dataclass(frozen=True, slots=True)
class Run:
    """One run: what was predicted, and what happened."""

    number: int
    id: str
    spec: str
    seconds: float
    dollars: float
    outcome: str
    document: Document

    @classmethod
    def read(cls, given: Document) -> "Run":
        """The run that a document tells of."""
        return cls(
            number=int(_number(given, "number")),
            id=text(given, "id"),
            spec=text(given, "spec"),
            seconds=_number(given, "seconds"),
            dollars=_number(given, "dollars"),
            outcome=text(given, "outcome"),
            document=given,
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision with its reason."""

    number: int
    id: str
    kind: str
    """hold, recommendation or rollback."""
    reason: str
    to_spec: str | None
    is_applied: bool
    document: Document

    @classmethod
    def read(cls, given: Document) -> "Decision":
        """The decision that a document tells of."""
        return cls(
            number=int(_number(given, "number")),
            id=text(given, "id"),
            kind=text(given, "kind"),
            reason=text(given, "reason"),
            to_spec=optional(given, "to_spec"),
            is_applied=given.get("applied") is True,
            document=given,
        )


@dataclass(frozen=True, slots=True)
class Saved:
    """What was saved, with its 90 % interval; None where nothing is known."""

    runs: int
    dollars: float | None
    low_dollars: float | None
    high_dollars: float | None
    document: Document

    @classmethod
    def read(cls, given: Document) -> "Saved":
        """The savings that a document tells of."""
        saved, low, high = (_amount(given, f"{name}_dollars") for name in ("saved", "low", "high"))
        return cls(int(_number(given, "runs")), saved, low, high, given)


def _number(given: Document, key: str) -> float:
    found = _amount(given, key)
    if found is None:
        raise ServiceError(f"The service answered without the number `{key}`.")
    return found


def _amount(given: Document, key: str) -> float | None:
    found = given.get(key)
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def texts(given: Document, key: str) -> Sequence[str]:
    """A field that is a list of texts."""
    found = given.get(key)
    if not isinstance(found, list):
        raise ServiceError(f"The service answered without the list `{key}`.")
    return tuple(str(each) for each in found)

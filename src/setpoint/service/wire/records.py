"""What was done: by whom in the audit log, and by the service in its queue."""

from typing import Any

from pydantic import Field

from setpoint.service.wire.envelope import Instant, Shape

__all__ = ["Recorded", "Task"]


class Recorded(Shape):
    """One entry of the audit log."""

    id: str
    at: Instant
    key: str = Field(description="Who did it.")
    action: str = Field(examples=["project changed"])
    subject: str = Field(description="Id of what it was done to.")
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class Task(Shape):
    """A piece of work in the queue."""

    id: str
    kind: str = Field(examples=["submission"])
    state: str = Field(examples=["dead"], description="waiting, leased, done or dead.")
    attempts: int
    error: str | None = Field(description="Why it failed last.")
    created_at: Instant
    subject: str | None = Field(None, description="Id of what it is about.")

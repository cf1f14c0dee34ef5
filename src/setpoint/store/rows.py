"""Rows of the store. Ids are UUID4 text, times aware UTC; every row belongs to an account."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

__all__ = [
    "AcceptedRow",
    "AccountRow",
    "AuditRow",
    "EnrolmentRow",
    "KeyRow",
    "OnceRow",
    "PredictionRow",
    "ProjectRow",
    "RecommendationRow",
    "SubmissionRow",
    "TaskRow",
    "UploadRow",
    "WorkspaceRow",
]

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AccountRow:
    """Those who share projects."""

    id: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class KeyRow:
    """Who may sign in."""

    id: str
    account_id: str
    name: str
    role: str
    secret_hash: str = field(repr=False)
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class OnceRow:
    """Something that may be used once, and was."""

    id: str
    account_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """A recurring workload. Its history is the ledger's stream."""

    id: str
    account_id: str
    stream: str
    name: str
    app_id: str | None
    product_code: str | None
    settings: Document
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class PredictionRow:
    """A finished run, and three clusters that would have been better."""

    id: str
    account_id: str
    project_id: str | None
    product_code: str
    report: Document
    event_log_url: str | None
    event_log: str | None
    application_name: str | None
    state: str
    error: str | None
    solution: Document | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class SubmissionRow:
    """A finished run of a project."""

    id: str
    account_id: str
    project_id: str
    product_code: str
    report: Document
    event_log_url: str | None
    event_log: str | None
    run_id: str | None
    state: str
    error: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class AcceptedRow:
    """A submission that could be read, as far as it counts as a run."""

    id: str
    run_id: str
    product_code: str
    created_at: datetime
    ran_at: datetime


@dataclass(frozen=True, slots=True)
class EnrolmentRow:
    """What a project's control rests on. Its id is that of the project."""

    id: str
    account_id: str
    wishes: Document
    """Of the owner, as they were when the goal and the allowed specs were last reckoned from them."""
    left_spec: Document | None
    """The spec that was left to be fetched."""
    left_at: datetime | None


@dataclass(frozen=True, slots=True)
class RecommendationRow:
    """The cluster for a project's next run."""

    id: str
    account_id: str
    project_id: str
    options: Document
    state: str
    error: str | None
    recommendation: Document | None
    context: Document | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class WorkspaceRow:
    """Where a platform is; its id is the platform's own number of it."""

    id: str
    account_id: str
    settings: Document
    secrets: Mapping[str, str] = field(repr=False)
    """Encrypted."""
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class UploadRow:
    """An event log that was brought. Its id is that of what it belongs to."""

    id: str
    account_id: str
    artefact: str
    """Empty where the log was removed when its time was over."""
    file_name: str
    created_at: datetime

    @property
    def is_pruned(self) -> bool:
        """Whether only its name is left."""
        return not self.artefact


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A piece of work."""

    id: str
    account_id: str
    key: str
    kind: str
    payload: Document
    state: str
    """waiting, leased, done or dead."""
    attempts: int
    error: str | None
    created_at: datetime
    due_at: datetime
    leased_until: datetime | None
    worker: str | None


@dataclass(frozen=True, slots=True)
class AuditRow:
    """Who did what."""

    id: str
    account_id: str
    key_id: str
    action: str
    subject: str
    before: Document | None
    after: Document | None
    at: datetime

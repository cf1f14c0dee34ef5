"""What the service keeps, as the client gives it back: the fields that matter, and the document word for word."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from setpoint.client.steps import Answer, result_of
from setpoint.errors import ServiceError

__all__ = [
    "Begun",
    "Document",
    "Prediction",
    "Project",
    "Recommendation",
    "Submission",
    "Ticket",
    "Workspace",
    "document",
    "documents",
]

Document: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Ticket:
    """Where a file is to be uploaded, and the form fields that go with it."""

    url: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Begun:
    """A prediction or submission that the service has taken in; with a ticket it waits for the event log."""

    id: str
    ticket: Ticket | None


@dataclass(frozen=True, slots=True)
class Project:
    """A recurring workload under control of the service."""

    id: str
    name: str
    updated_at: str
    app_id: str | None
    product_code: str | None
    document: Document
    cluster_path: str = ""
    """Which cluster of its job: `job_clusters/KEY` or `tasks/KEY`; empty: the one with its tag, or the only one."""

    @classmethod
    def read(cls, given: Document) -> "Project":
        """The project that a document tells of."""
        return cls(
            id=text(given, "id"),
            name=text(given, "name"),
            updated_at=text(given, "updated_at", ""),
            app_id=optional(given, "app_id"),
            product_code=optional(given, "product_code"),
            document=given,
            cluster_path=optional(given, "cluster_path") or "",
        )


@dataclass(frozen=True, slots=True)
class Prediction:
    """Three clusters for one finished run, by preference, each with runtime and cost."""

    id: str
    project_id: str | None
    application_name: str
    created_at: str
    product_code: str
    document: Document

    @classmethod
    def read(cls, given: Document) -> "Prediction":
        """The prediction that a document tells of."""
        return cls(
            id=text(given, "prediction_id"),
            project_id=optional(given, "project_id"),
            application_name=text(given, "application_name", ""),
            created_at=text(given, "created_at", ""),
            product_code=text(given, "product_code", ""),
            document=given,
        )

    def configuration(self, preference: str) -> Document:
        """The cluster of one preference, in the platform's own words."""
        solutions = self.document.get("solutions")
        chosen = solutions.get(preference) if isinstance(solutions, Mapping) else None
        configuration = chosen.get("configuration") if isinstance(chosen, Mapping) else None
        if not isinstance(configuration, Mapping):
            raise ServiceError(f"The prediction {self.id} has no solution for {preference}.")
        return configuration


@dataclass(frozen=True, slots=True)
class Submission:
    """A finished run that was handed to a project."""

    id: str
    state: str
    document: Document

    @classmethod
    def read(cls, given: Document) -> "Submission":
        """The submission that a document tells of."""
        return cls(text(given, "id" if "id" in given else "submission_id"), text(given, "state", ""), given)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The cluster that a project should run on next."""

    id: str
    state: str
    document: Document

    @classmethod
    def read(cls, given: Document) -> "Recommendation":
        """The recommendation that a document tells of."""
        return cls(text(given, "id"), text(given, "state", ""), given)

    def configuration(self) -> Document:
        """The cluster, in the platform's own words."""
        inner = self.document.get("recommendation")
        configuration = inner.get("configuration") if isinstance(inner, Mapping) else None
        if not isinstance(configuration, Mapping):
            raise ServiceError(f"The recommendation {self.id} holds no configuration; its state is {self.state}.")
        return configuration


@dataclass(frozen=True, slots=True)
class Workspace:
    """A Databricks workspace that the service knows."""

    id: str
    document: Document

    @classmethod
    def read(cls, given: Document) -> "Workspace":
        """The workspace that a document tells of."""
        return cls(text(given, "workspace_id"), given)


def document(answer: Answer) -> Document:
    """The one object in an answer."""
    found = result_of(answer)
    if not isinstance(found, Mapping):
        raise ServiceError("The service answered with something that is no object.")
    return found


def documents(answer: Answer, key: str = "result") -> Sequence[Document]:
    """The list of objects in an answer."""
    found = answer.get(key)
    if not isinstance(found, list):
        raise ServiceError(f"The service answered without a list of `{key}`.")
    return tuple(_objects(found))


def _objects(found: list[object]) -> Iterator[Document]:
    for each in found:
        if not isinstance(each, Mapping):
            raise ServiceError("The service answered with a list of something that is no object.")
        yield each


def text(given: Document, key: str, otherwise: str | None = None) -> str:
    """A field that is text, or a number that the service did not quote; else the default."""
    found = given.get(key)
    if isinstance(found, str | int) and not isinstance(found, bool):
        return str(found)
    if otherwise is None:
        raise ServiceError(f"The service answered without `{key}`.")
    return otherwise


def optional(given: Document, key: str) -> str | None:
    """A field that may be absent or null."""
    return text(given, key, "") or None


def begun(answer: Answer, key: str) -> Begun:
    """What was taken in, and where its event log goes."""
    given = document(answer)
    details = given.get("upload_details")
    return Begun(text(given, key), None if details is None else _ticket(details))


def _ticket(details: object) -> Ticket:
    fields = details.get("fields") if isinstance(details, Mapping) else None
    if not isinstance(details, Mapping) or not isinstance(fields, Mapping):
        raise ServiceError("The service answered with upload details that cannot be read.")
    return Ticket(text(details, "url"), {str(name): str(value) for name, value in fields.items()})

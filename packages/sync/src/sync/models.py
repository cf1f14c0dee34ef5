"""What functions take and give back."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Generic, TypeVar

__all__ = [
    "AWSDatabricksClusterReport",
    "AccessReport",
    "AccessReportLine",
    "AccessStatusCode",
    "AzureDatabricksClusterReport",
    "DatabricksClusterReport",
    "DatabricksComputeType",
    "DatabricksError",
    "DatabricksPlanType",
    "EMRError",
    "Error",
    "Platform",
    "PredictionError",
    "Preference",
    "ProjectError",
    "RecommendationError",
    "Response",
    "SubmissionError",
]

Result = TypeVar("Result")


class Preference(StrEnum):
    """What a solution is chosen for."""

    PERFORMANCE = "performance"
    BALANCED = "balanced"
    ECONOMY = "economy"


class Platform(StrEnum):
    """Platforms by their product code."""

    AWS_EMR = "aws-emr"
    AWS_DATABRICKS = "aws-databricks"
    AZURE_DATABRICKS = "azure-databricks"

    @property
    def api_name(self) -> str:
        """The product code."""
        return self.value


class DatabricksPlanType(StrEnum):
    """Databricks plans."""

    STANDARD = "Standard"
    PREMIUM = "Premium"
    ENTERPRISE = "Enterprise"


class DatabricksComputeType(StrEnum):
    """Kinds of Databricks compute."""

    ALL_PURPOSE_COMPUTE = "All-Purpose Compute"
    JOBS_COMPUTE = "Jobs Compute"
    JOBS_COMPUTE_LIGHT = "Jobs Compute Light"


class AccessStatusCode(StrEnum):
    """How a permission stands."""

    GREEN = "OK"
    YELLOW = "Action recommended"
    RED = "Action required"


@dataclass
class Error:
    """Why something could not be done."""

    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


@dataclass
class ProjectError(Error):
    """About a project."""

    code: str = "Project Error"
    message: str = ""


@dataclass
class PredictionError(Error):
    """About a prediction."""

    code: str = "Prediction Error"
    message: str = ""


@dataclass
class SubmissionError(Error):
    """About a submission."""

    code: str = "Submission Error"
    message: str = ""


@dataclass
class RecommendationError(Error):
    """About a recommendation."""

    code: str = "Recommendation Error"
    message: str = ""


@dataclass
class DatabricksError(Error):
    """About Databricks."""

    code: str = "Databricks Error"
    message: str = ""


@dataclass
class EMRError(Error):
    """About EMR."""

    code: str = "EMR Error"
    message: str = ""


@dataclass
class Response(Generic[Result]):
    """A result, or the error why there is none."""

    result: Result | None = None
    error: Error | None = None

    def __post_init__(self) -> None:
        if (self.result is None) == (self.error is None):
            raise ValueError("a response holds either a result or an error")


@dataclass
class AccessReportLine:
    """One permission, and what is to be done about it."""

    name: str
    status: AccessStatusCode
    message: str | None


class AccessReport(list[AccessReportLine]):
    """What may be done with the credentials at hand."""

    def __str__(self) -> str:
        return "\n".join(f"{line.name}\n  {line.status}: {line.message}" for line in self)


@dataclass
class DatabricksClusterReport:
    """What a run of a Databricks job left behind."""

    plan_type: str
    compute_type: str
    cluster: dict[str, Any]
    cluster_events: dict[str, Any]
    tasks: Sequence[dict[str, Any]] | None = None
    instances: Any = None
    instance_timelines: Sequence[dict[str, Any]] | None = None
    volumes: Sequence[dict[str, Any]] | None = None

    def dict(self, *, exclude_none: bool = False) -> dict[str, Any]:
        """The report as it is sent."""
        found = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in found.items() if value is not None or not exclude_none}


class AWSDatabricksClusterReport(DatabricksClusterReport):
    """Of Databricks on AWS."""


class AzureDatabricksClusterReport(DatabricksClusterReport):
    """Of Databricks on Azure."""

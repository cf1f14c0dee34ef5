"""Options and arguments that several commands share, in the product's own spelling."""

from enum import StrEnum
from typing import Annotated

import typer

__all__ = [
    "AllowIncompleteOption",
    "Compute",
    "ComputeOption",
    "ExcludeTaskOption",
    "JsonOption",
    "LocationOption",
    "Plan",
    "PlanOption",
    "Preference",
    "PreferenceOption",
    "Product",
    "ProjectArgument",
    "ProjectOption",
    "RegionOption",
    "switch",
]


class Preference(StrEnum):
    """What a solution is chosen for."""

    PERFORMANCE = "performance"
    BALANCED = "balanced"
    ECONOMY = "economy"


class Product(StrEnum):
    """Platforms by their product code."""

    AWS_EMR = "aws-emr"
    AWS_DATABRICKS = "aws-databricks"
    AZURE_DATABRICKS = "azure-databricks"


class Plan(StrEnum):
    """Databricks plans."""

    STANDARD = "Standard"
    PREMIUM = "Premium"
    ENTERPRISE = "Enterprise"


class Compute(StrEnum):
    """Kinds of Databricks compute; one of them under two spellings."""

    ALL_PURPOSE = "All-Purpose Compute"
    ALL_PURPOSE_SPACED = "All Purpose Compute"
    JOBS = "Jobs Compute"
    JOBS_LIGHT = "Jobs Compute Light"

    @property
    def listed(self) -> str:
        """As cluster reports have it."""
        return "All-Purpose Compute" if self is Compute.ALL_PURPOSE_SPACED else self.value


JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on one line.")]
ProjectArgument = Annotated[
    str, typer.Argument(metavar="PROJECT", help="Project ID, or the app ID it was created with.")
]
ProjectOption = Annotated[str | None, typer.Option("--project", help="Project ID or app ID.")]
PreferenceOption = Annotated[
    Preference | None,
    typer.Option("--preference", "-p", help="Default: `default_prediction_preference` of ~/.sync/config."),
]
PlanOption = Annotated[Plan, typer.Option("--plan", help="Plan of the Databricks workspace.")]
ComputeOption = Annotated[Compute, typer.Option("--compute", help="Kind of compute that the run used.")]
AllowIncompleteOption = Annotated[
    bool,
    typer.Option(
        "--allow-incomplete",
        "--allow-incomplete-cluster-report",
        help="Go on where the report lacks instances or volumes; what rests on them is uncertain then.",
    ),
]
ExcludeTaskOption = Annotated[
    list[str] | None,
    typer.Option("--exclude-task", help="Task to pass over when looking for the run's cluster; may be repeated."),
]
RegionOption = Annotated[
    str | None, typer.Option("--region", "-r", help="AWS region; default: that of AWS's own tools.")
]
LocationOption = Annotated[
    str | None, typer.Option("--location", "-l", help="URL under which event logs and configurations are stored.")
]


def switch(text: str) -> bool:
    """A switch that is written out.

    >>> switch("true"), switch("No")
    (True, False)
    """
    word = text.strip().lower()
    if word not in _ON | _OFF:
        raise typer.BadParameter(f"{text!r} is neither true nor false.")
    return word in _ON


_ON = {"true", "t", "yes", "y", "on", "1"}
_OFF = {"false", "f", "no", "n", "off", "0"}

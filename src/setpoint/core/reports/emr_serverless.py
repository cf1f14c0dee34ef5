"""EMR Serverless: the answer of GetJobRun, which says what was billed."""

import re

from setpoint.core.reports.field import Field
from setpoint.core.reports.project import project_of_name, project_of_tags
from setpoint.core.reports.reported import ReportedRun, Terms
from setpoint.core.usage import ServerlessUse, Usage

__all__ = ["is_one", "read"]

_BILLED, _TOTAL = "billedResourceUtilization", "totalResourceUtilization"


def is_one(root: Field) -> bool:
    """Whether it is a job run of EMR Serverless."""
    return root.has("applicationId") and (root.has("jobRunId") or root.has(_BILLED))


def read(root: Field, terms: Terms) -> ReportedRun:
    """The run it tells of."""
    assumptions = ["EMR Serverless is priced at the rates of x86_64: the report does not say the architecture."]
    used = root[_BILLED]
    if used.is_missing:
        used = root[_TOTAL]
        assumptions.append("What was billed is not in the report: what was used is taken.")
    if used.is_missing:
        root[_BILLED].refuse("the billed hours of a finished run")
    hours = ServerlessUse(used["vCPUHour"].number(), used["memoryGBHour"].number(), used["storageGBHour"].number(0.0))
    began = root["startedAt"].moment() or root["createdAt"].moment() or 0.0
    ended = root["endedAt"].after(began, "its start") or root["updatedAt"].after(began, "its start") or began
    usage = Usage(
        cloud="aws",
        region=terms.region or _region(root["arn"].text()),
        serverless=hours,
        assumptions=tuple(assumptions),
    )
    run_id, name = root["jobRunId"].text(), root["name"].text()
    project = project_of_tags(root["tags"]) or project_of_name(name)
    return ReportedRun(usage, "EMR Serverless job run", run_id, name, began, ended, (), (run_id,), project)


def _region(arn: str) -> str:
    found = re.match(r"arn:[\w-]+:emr-serverless:([a-z0-9-]+):", arn)
    return found[1] if found else ""

"""Which recurring workload a reported run belongs to: by the tag of a project, its job, or its name without numbers."""

import re

from setpoint.core.reports.field import Field

__all__ = ["job_of_tags", "project_of_name", "project_of_tags"]

_PROJECT_TAG = "sync:project-id"
_JOB_CLUSTER = re.compile(r"job-(\d+)-run-\d+\b")
_RUN_NUMBERS = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # UUID
    r"|\d{4}-\d\d-\d\d(?:[T_ ]\d\d[:\-]?\d\d(?:[:\-]?\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)?"
    r"|(?<![a-z0-9])run[-_ #]*\d+(?![a-z0-9])"
    r"|#\d+|(?<![a-z0-9])\d{8}[T_-]\d{4,6}Z?(?![a-z0-9])|(?<![a-z0-9])\d{8,}(?![a-z0-9])",
    re.IGNORECASE,
)
_SEPARATORS = "-_ .:/"


def project_of_tags(*tags: Field) -> str:
    """The project that a tag names, tags being an object or a list of `Key` and `Value`; empty where none does."""
    return next((found for each in tags if (found := _tag(each, _PROJECT_TAG))), "")


def job_of_tags(tags: Field) -> str:
    """The Databricks job of its default tags; empty where there is none."""
    found = _tag(tags, "JobId")
    return f"job {found}" if found else ""


def _tag(tags: Field, name: str) -> str:
    if tags.is_object:
        return tags[name].text().strip()
    pairs = ((it["Key"], it["Value"]) if it.has("Key") else (it["key"], it["value"]) for it in tags.items())
    return next((value.text().strip() for key, value in pairs if key.text() == name), "")


def project_of_name(name: str) -> str:
    """A name without what tells one run from another; the cluster of a Databricks job is of that job.

    >>> project_of_name("nightly-2026-01-31 run 7"), project_of_name("job-1-run-77-nightly"), project_of_name("etl-2")
    ('nightly', 'job 1', 'etl-2')
    """
    name = " ".join(name.split())
    job = _JOB_CLUSTER.match(name)
    if job:
        return f"job {job[1]}"
    kept = [part.strip(_SEPARATORS) for part in _RUN_NUMBERS.split(name)]
    return " ".join(part for part in kept if part) or name

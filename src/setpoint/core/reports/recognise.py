"""Which kind of report a document is, by what it holds; and out of which envelope it comes."""

from collections.abc import Callable, Mapping

from setpoint.core.reports import databricks, emr, emr_serverless, own
from setpoint.core.reports.field import Field, parse_document
from setpoint.core.reports.reported import ReportedRun, Terms
from setpoint.errors import InputError

__all__ = ["LARGEST_REPORT_BYTES", "READERS", "read_report"]

LARGEST_REPORT_BYTES = 64 * 2**20
"""A week of cluster events of a large cluster is some megabytes."""
_ENVELOPES = ("cluster_report", "configs", "result", "jobRun")
_DEEPEST_ENVELOPE = 4

READERS: Mapping[str, tuple[Callable[[Field], bool], Callable[[Field, Terms], ReportedRun]]] = {
    "setpoint": (own.is_one, own.read),
    "emr": (emr.is_one, emr.read),
    "emr-serverless": (emr_serverless.is_one, emr_serverless.read),
    "databricks": (databricks.is_one, databricks.read),
}
"""How each kind is known, and who reads it."""


def read_report(document: bytes, terms: Terms | None = None) -> ReportedRun:
    """The run in a cluster report. Raises InputError, which names the field, where it cannot be used."""
    root = parse_document(document, LARGEST_REPORT_BYTES, "cluster report")
    for _ in range(_DEEPEST_ENVELOPE):
        for recognised, read in READERS.values():
            if recognised(root):
                return read(root, terms or Terms())
        inner = next((root[key] for key in _ENVELOPES if root[key].is_object), None)
        if inner is None:
            break
        root = inner
    raise InputError(
        "The document is no cluster report that is known: it has no Databricks `cluster`, no EMR `Cluster`, "
        "no EMR Serverless `jobRun` and no `setpoint_usage`."
    )

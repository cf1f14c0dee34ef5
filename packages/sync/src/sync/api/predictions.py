"""Predictions: three clusters for a finished run."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from setpoint.client import LogAt, LogFile, Operation, predictions
from sync.api import generate_presigned_url
from sync.api.projects import get_products
from sync.asking import ask, document_of, plain
from sync.models import Error, Platform, PredictionError, Response

__all__ = [
    "create_prediction",
    "create_prediction_with_eventlog_bytes",
    "generate_prediction",
    "generate_presigned_url",
    "get_prediction",
    "get_predictions",
    "get_products",
    "get_status",
    "initiate_prediction",
    "wait_for_final_prediction_status",
    "wait_for_prediction",
]


def create_prediction(
    platform: Platform, cluster_report: Mapping[str, Any], eventlog_url: str, project_id: str | None = None
) -> Response[str]:
    """Ask for a prediction; the log is at an address."""
    link = link_to(eventlog_url)
    return link if link.result is None else ask(begin(platform, cluster_report, LogAt(link.result), project_id))


def create_prediction_with_eventlog_bytes(
    platform: Platform,
    cluster_report: Mapping[str, Any],
    eventlog_name: str,
    eventlog_bytes: bytes,
    project_id: str | None = None,
) -> Response[str]:
    """Ask for a prediction; the log is in memory."""
    log = LogFile.of(eventlog_name, eventlog_bytes)
    return ask(begin(platform, cluster_report, log, project_id), PredictionError)


initiate_prediction = create_prediction


def generate_prediction(
    platform: Platform, cluster_report: Mapping[str, Any], eventlog_url: str, preference: str | None = None
) -> Response[dict[str, Any]]:
    """Ask for a prediction, and wait for it."""
    begun = create_prediction(platform, cluster_report, eventlog_url)
    return Response(error=begun.error) if begun.result is None else wait_for_prediction(begun.result, preference)


def wait_for_prediction(prediction_id: str, preference: str | None = None) -> Response[dict[str, Any]]:
    """A prediction, as soon as it is ready."""
    return document_of(ask(predictions.wait(prediction_id, preference), PredictionError))


def wait_for_final_prediction_status(prediction_id: str) -> Response[str]:
    """SUCCESS or FAILURE, as soon as it is either."""
    return ask(predictions.final_status(prediction_id))


def get_prediction(prediction_id: str, preference: str | None = None) -> Response[dict[str, Any]]:
    """One prediction."""
    return document_of(ask(predictions.get(prediction_id, preference)))


def get_status(prediction_id: str) -> Response[str]:
    """How far a prediction is."""
    return ask(predictions.status(prediction_id))


def get_predictions(
    product: str | None = None, project_id: str | None = None, preference: str | None = None
) -> Response[list[dict[str, Any]]]:
    """Predictions, newest first."""
    found = ask(predictions.listed(product, project_id, preference))
    return plain(found, lambda records: [dict(each.document) for each in records])


def begin(
    platform: Platform, report: Mapping[str, Any], log: LogAt | LogFile, project_id: str | None
) -> "Operation[str]":
    """The operation that asks for a prediction; a report of EMR may name its project by a tag."""
    return predictions.create(platform, report, log, project_id or _tagged_project(report))


def link_to(eventlog_url: str) -> Response[str]:
    """An address that the service can fetch."""
    match urlsplit(eventlog_url).scheme:
        case "s3":
            return generate_presigned_url(eventlog_url)
        case "http" | "https":
            return Response(result=eventlog_url)
        case _:
            return Response(error=Error("Prediction Error", "Unsupported event log URL scheme"))


def _tagged_project(report: Mapping[str, Any]) -> str | None:
    cluster = report.get("Cluster")
    tags = cluster.get("Tags") if isinstance(cluster, Mapping) else None
    for tag in tags if isinstance(tags, list) else ():
        if isinstance(tag, Mapping) and tag.get("Key") == "sync:project-id":
            return str(tag.get("Value"))
    return None

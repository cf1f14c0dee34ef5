"""Predictions, without blocking."""

from collections.abc import Mapping
from typing import Any

from setpoint.client import LogAt, predictions
from sync.api.predictions import begin, link_to
from sync.asking import ask_async, document_of
from sync.models import Platform, Response

__all__ = [
    "create_prediction",
    "generate_prediction",
    "get_prediction",
    "get_status",
    "initiate_prediction",
    "wait_for_final_prediction_status",
    "wait_for_prediction",
]


async def create_prediction(
    platform: Platform, cluster_report: Mapping[str, Any], eventlog_url: str, project_id: str | None = None
) -> Response[str]:
    """Ask for a prediction; the log is at an address."""
    link = link_to(eventlog_url)
    if link.result is None:
        return link
    return await ask_async(begin(platform, cluster_report, LogAt(link.result), project_id))


initiate_prediction = create_prediction


async def generate_prediction(
    platform: Platform, cluster_report: Mapping[str, Any], eventlog_url: str, preference: str | None = None
) -> Response[dict[str, Any]]:
    """Ask for a prediction, and wait for it."""
    begun = await create_prediction(platform, cluster_report, eventlog_url)
    if begun.result is None:
        return Response(error=begun.error)
    return await wait_for_prediction(begun.result, preference)


async def wait_for_prediction(prediction_id: str, preference: str | None = None) -> Response[dict[str, Any]]:
    """A prediction, as soon as it is ready."""
    return document_of(await ask_async(predictions.wait(prediction_id, preference)))


async def wait_for_final_prediction_status(prediction_id: str) -> Response[str]:
    """SUCCESS or FAILURE, as soon as it is either."""
    return await ask_async(predictions.final_status(prediction_id))


async def get_prediction(prediction_id: str, preference: str | None = None) -> Response[dict[str, Any]]:
    """One prediction."""
    return document_of(await ask_async(predictions.get(prediction_id, preference)))


async def get_status(prediction_id: str) -> Response[str]:
    """How far a prediction is."""
    return await ask_async(predictions.status(prediction_id))

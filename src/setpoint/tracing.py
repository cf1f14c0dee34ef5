"""Spans of requests and of work, by OpenTelemetry, for those who asked for them; they cost nothing where nobody did."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import propagate, trace
from opentelemetry.trace import SpanKind, StatusCode, TracerProvider

__all__ = ["origin", "start_tracing", "working"]

LOGGER = logging.getLogger(__name__)
_HEADER = "traceparent"


def start_tracing(*, is_wanted: bool) -> bool:
    """Have spans sent to where the variables of OpenTelemetry say; whether they are."""
    if not is_wanted:
        return False
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import OTELResourceDetector, Resource
        from opentelemetry.sdk.trace import TracerProvider as Provider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        LOGGER.warning("an endpoint of OpenTelemetry is set, but setpoint[otel] is not installed: nothing is sent")
        return False
    # What the variables say of the service comes before what we say.
    provider = Provider(resource=Resource({"service.name": "setpoint"}).merge(OTELResourceDetector().detect()))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return True


def origin() -> str | None:
    """Of the span at hand, as it is handed on to who works later; None where there is none."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier.get(_HEADER)


@contextmanager
def working(
    name: str, facts: Mapping[str, object], came_from: object = None, provider: TracerProvider | None = None
) -> Iterator[None]:
    """A span of a piece of work, in the trace of who asked for it. What is raised is named in it, and not quoted."""
    context = propagate.extract({_HEADER: came_from}) if isinstance(came_from, str) else None
    tracer = trace.get_tracer("setpoint", tracer_provider=provider)
    attributes = {f"setpoint.{key}": str(value) for key, value in facts.items() if value is not None}
    with tracer.start_as_current_span(
        name,
        context,
        SpanKind.CONSUMER,
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield
        except Exception as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(StatusCode.ERROR)
            raise

"""Spans go from a request to the work that it asked for, and quote nothing."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.intake.servers import answer, serving
from tests.service.world import new_world, result

from setpoint.processing.worker import Worker
from setpoint.settings import tracing_is_wanted
from setpoint.store.rows import TaskRow
from setpoint.store.tasks import Change
from setpoint.tracing import origin, start_tracing, working


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    # The library lets a process say it once; a test takes its word back.
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    yield exporter
    provider.shutdown()


class Failing:
    def __call__(self, task: TaskRow) -> tuple[Change, ...]:
        raise RuntimeError(f"a secret of {task.id}")

    def give_up(self, task: TaskRow, error: str) -> tuple[Change, ...]:  # noqa: ARG002 - as handlers are called
        return ()


def _facts(span: ReadableSpan) -> Mapping[str, object]:
    return dict(span.attributes or {})


def test_work_is_in_the_trace_of_who_asked_for_it(tmp_path: Path, spans: InMemorySpanExporter) -> None:
    world = new_world(tmp_path)
    client = world.client("ours")
    project = result(client.post("/v1/projects", json={"name": "nightly", "app_id": "n"}))["id"]
    spans.clear()
    result(client.post(f"/v1/projects/{project}/recommendations", json={}))
    assert Worker(world.store.tasks, {"recommendation": Failing()}).once()
    asked, worked = spans.get_finished_spans()
    assert asked.name == "POST /v1/projects/{project_id}/recommendations"
    assert worked.name == "recommendation"
    assert worked.parent is not None
    assert asked.context is not None
    assert (worked.parent.span_id, worked.parent.trace_id) == (asked.context.span_id, asked.context.trace_id)
    assert _facts(worked)["setpoint.project"] == project
    assert _facts(worked)["error.type"] == "RuntimeError"
    assert "secret" not in worked.to_json() + asked.to_json()


def test_a_sign_in_and_probes_leave_no_span(tmp_path: Path, spans: InMemorySpanExporter) -> None:
    client = new_world(tmp_path).anybody()
    for path in ("/login?ticket=verysecret", "/healthz", "/readyz", "/metrics"):
        client.get(path)
    assert spans.get_finished_spans() == ()


def test_without_a_provider_nothing_is_recorded() -> None:
    with working("prediction", {"id": "1"}, "00-nonsense"):
        assert not trace.get_current_span().is_recording()
    assert origin() is None


def test_spans_arrive_where_the_variables_say(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[TracerProvider] = []
    monkeypatch.setattr(trace, "set_tracer_provider", said.append)
    with serving(answer()) as server:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.url)
        monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test")
        assert start_tracing(is_wanted=True)
        (provider,) = said
        with working("prediction", {"id": "1"}, provider=provider):
            pass
        provider.shutdown()
        (asked,) = server.asked
    assert asked.startswith(b"POST /v1/traces HTTP/1.1")
    attributes = dict(provider.resource.attributes)
    assert (attributes["service.name"], attributes["deployment.environment"]) == ("setpoint", "test")


def test_it_is_off_unless_somebody_asked_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}
    assert [tracing_is_wanted(each) for each in ({}, there, {**there, "OTEL_SDK_DISABLED": "true"})] == [
        False,
        True,
        False,
    ]
    assert not start_tracing(is_wanted=False)
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry.sdk.trace.export", None)
    assert not start_tracing(is_wanted=True)

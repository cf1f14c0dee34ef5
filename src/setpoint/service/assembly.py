"""The whole service put together: the clients' API, our own nouns, the pages behind a login."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig

from setpoint.artefacts import Artefacts
from setpoint.core.history import History
from setpoint.core.prediction import NOTHING_KNOWN, Lessons
from setpoint.core.pricebook import PriceBook
from setpoint.identity import Identity
from setpoint.ledger import VersionedLedger
from setpoint.processing.polling import polled
from setpoint.service.api import hooks, predictions, projects, recommendations, submissions, tokens, uploads, workspaces
from setpoint.service.arrivals import UPLOADS
from setpoint.service.documentation import describe
from setpoint.service.gate import Gate
from setpoint.service.hooks import Hooks
from setpoint.service.hosts import KnownHosts
from setpoint.service.metrics import Metrics
from setpoint.service.native import (
    approvals,
    emr,
    fleet,
    goals,
    keys,
    operations,
    policies,
    records,
    restrictions,
    standing,
)
from setpoint.service.native import projects as told
from setpoint.service.patience import Patience
from setpoint.service.people import add_people
from setpoint.service.ratelimit import RateLimit
from setpoint.service.refusals import add_refusals
from setpoint.service.rooms import LoopOf, Options, Rooms, as_id, nobody_s_loop
from setpoint.service.shield import Shield
from setpoint.service.site import add_site
from setpoint.service.trail import Trail
from setpoint.service.views import Views
from setpoint.store import Store

__all__ = ["create_service"]

USUAL = Options()
ROUTERS = (
    tokens.router,
    projects.router,
    submissions.router,
    recommendations.router,
    predictions.router,
    uploads.router,
    workspaces.router,
    hooks.router,
    emr.router,
    goals.router,
    standing.router,
    approvals.router,
    restrictions.router,
    told.router,
    fleet.router,
    policies.router,
    keys.router,
    records.router,
    operations.router,
)

UNTRACED = {"/login", "/healthz", "/readyz", "/metrics"}
"""Spans hold queries, and that of a sign-in holds its ticket; probes are of no interest."""
# What is logged of errors would quote them. `setpoint.tracing` says where spans go.
TELEMETRY: TelemetryConfig = {
    "auto_configure": False,
    "logs": False,
    "operation_spans": False,
    "exclude": lambda scope: scope["path"] in UNTRACED,
}


def create_service(  # noqa: PLR0913 - the rooms of a service
    store: Store,
    artefacts: Artefacts,
    identity: Identity,
    ledger: VersionedLedger,
    prices: PriceBook,
    *,
    options: Options = USUAL,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    lessons_for: Callable[[str, History], Lessons] = lambda *_: NOTHING_KNOWN,
    loop_of: LoopOf = nobody_s_loop,
) -> FastAPI:
    """The service over these rooms."""
    metrics = Metrics()
    rooms = Rooms(
        store=store,
        artefacts=artefacts,
        identity=identity,
        ledger=ledger,
        prices=prices,
        clock=clock,
        options=options,
        gate=_gate(store, identity, metrics, options, clock),
        hooks=Hooks(store, identity.vault, metrics, *_limits_of_hooks(), clock),
        metrics=metrics,
        views=Views(ledger),
        patience=Patience(store, options.patience_seconds, clock),
        lessons_for=lessons_for,
        loop_of=loop_of,
    )
    metrics.watch("setpoint_tasks", "Work in the queue.", "state", store.tasks.counted)
    metrics.watch("setpoint_polling", "Looks at places since they were connected.", "what", partial(polled, store))
    return _assembled(rooms)


def _limits_of_hooks() -> tuple[RateLimit, RateLimit]:
    """Wrong calls of an address, and calls for a place: two a second are more than any place needs."""
    return RateLimit(30, 30, time.monotonic), RateLimit(120, 120, time.monotonic)


def _gate(store: Store, identity: Identity, metrics: Metrics, options: Options, clock: Callable[[], datetime]) -> Gate:
    def limit() -> RateLimit:
        return RateLimit(options.tries_a_minute, options.tries_a_minute, time.monotonic)

    return Gate(store, identity, metrics, limit(), limit(), clock)


def _assembled(rooms: Rooms) -> FastAPI:
    # The framework's own documentation pages fetch their scripts from another host.
    app = FastAPI(
        title="Setpoint",
        version=version("setpoint"),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        telemetry=TELEMETRY,
    )
    app.state.rooms = rooms
    app.state.admit = rooms.gate.admit
    app.state.own_project = lambda caller, text: rooms.project(caller, as_id(text, "project"))
    for router in ROUTERS:
        app.include_router(router)
    describe(app)
    operations.add_description(app)
    add_refusals(app)
    add_people(app, rooms, add_site(app, rooms))
    app.add_middleware(
        Shield, most_bytes=rooms.options.most_body_bytes, most_by_path={UPLOADS: rooms.options.most_upload_bytes}
    )
    app.add_middleware(KnownHosts, names=rooms.options.allowed_hosts)
    app.add_middleware(Trail, metrics=rooms.metrics)
    return app

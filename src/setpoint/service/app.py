"""The routes: pages for people, the same rows as JSON for programs. Everything is read, nothing is written."""

from fastapi import FastAPI
from fastapi.exceptions import HTTPException
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import Request
from starlette.responses import Response

from setpoint.core.savings import GROUPINGS, Account, total
from setpoint.errors import LedgerError, SetpointError, UnknownProject
from setpoint.report.said_page import CalibrationPage
from setpoint.report.savings_page import SavingsPage
from setpoint.service import DashboardReader
from setpoint.service.assets import Assets, answer
from setpoint.service.loopback import guard
from setpoint.service.pages import Pages, json_bytes
from setpoint.service.rows import ProjectView
from setpoint.service.summaries import Summaries
from setpoint.service.view import project_view

__all__ = ["create_app"]

_HTML, _JSON = "text/html", "application/json"


def create_app(read: DashboardReader) -> FastAPI:
    """The dashboard over a ledger."""
    # The framework's own documentation pages fetch their scripts from another host.
    app = FastAPI(title="Setpoint", docs_url=None, redoc_url=None, openapi_url=None)
    assets = Assets.load()
    pages = Pages(assets)
    summaries = Summaries.of(read.read)
    _add_pages(app, read, pages, summaries)
    _add_summaries(app, read, pages, summaries)
    _add_json(app, read)
    _add_assets(app, assets)
    _add_errors(app, read, pages)
    return app


def _view(read: DashboardReader, name: str) -> ProjectView:
    entries = read.read(name)
    if not entries:
        raise UnknownProject(f"There is no project “{name}” in the ledger.")
    return project_view(name, entries)


def _views(read: DashboardReader) -> tuple[ProjectView, ...]:
    return tuple(project_view(name, read.read(name)) for name in read.projects())


def _add_pages(app: FastAPI, read: DashboardReader, pages: Pages, summaries: Summaries) -> None:
    @app.get("/")
    def projects(request: Request) -> Response:
        return answer(request, pages.projects(_views(read)), _HTML)

    @app.get("/projects/{name:path}")
    def project(request: Request, name: str) -> Response:
        view, entries = _view(read, name), read.read(name)
        saved = total(summaries.account(name, entries).runs)
        return answer(request, pages.project(view, saved, summaries.forecast(name, entries)), _HTML)


def _add_summaries(app: FastAPI, read: DashboardReader, pages: Pages, summaries: Summaries) -> None:
    def accounts() -> list[Account]:
        return [summaries.account(name, read.read(name)) for name in read.projects()]

    @app.get("/savings")
    def savings(request: Request, by: str = "project") -> Response:
        known = by if by in GROUPINGS else "project"
        return answer(request, pages.savings(SavingsPage(accounts(), known)), _HTML)

    @app.get("/calibration")
    def calibration(request: Request) -> Response:
        said = [summaries.reliability(name, read.read(name)) for name in read.projects()]
        return answer(request, pages.calibration(CalibrationPage(said)), _HTML)


def _add_json(app: FastAPI, read: DashboardReader) -> None:
    @app.get("/api/projects")
    def projects(request: Request) -> Response:
        return answer(request, json_bytes({"projects": _views(read)}), _JSON)

    @app.get("/api/projects/{name:path}")
    def project(request: Request, name: str) -> Response:
        return answer(request, json_bytes(_view(read, name)), _JSON)

    @app.get("/healthz")
    def healthz(request: Request) -> Response:
        return answer(request, json_bytes({"status": "ok", "projects": len(read.projects())}), _JSON)


def _add_assets(app: FastAPI, assets: Assets) -> None:
    @app.get("/assets/{name}")
    def asset(request: Request, name: str) -> Response:
        found = assets.serve(request, name)
        if found is None:
            raise HTTPException(404)
        return found


def _add_errors(app: FastAPI, read: DashboardReader, pages: Pages) -> None:
    """Every error has one shape: a page with one sentence, or the same sentence as JSON."""

    def refuse(request: Request, status: int, sentence: str, known: tuple[str, ...] = ()) -> Response:
        if request.url.path.startswith(("/api/", "/healthz")):
            body = json_bytes({"status": status, "error": sentence, "known_projects": known})
            return answer(request, body, _JSON, cache="no-store", status=status)
        return answer(request, pages.error(status, sentence, known), _HTML, cache="no-store", status=status)

    @app.exception_handler(SetpointError)
    def known_error(request: Request, error: SetpointError) -> Response:
        if isinstance(error, UnknownProject):
            return refuse(request, 404, str(error), _known(read))
        return refuse(request, 503 if isinstance(error, LedgerError) else 500, str(error))

    @app.exception_handler(StarletteHTTPException)
    def http_error(request: Request, error: StarletteHTTPException) -> Response:
        sentence = "There is no such page." if error.status_code == 404 else f"{error.detail}."  # noqa: PLR2004 - HTTP
        return refuse(request, error.status_code, sentence)

    app.middleware("http")(guard(refuse))


def _known(read: DashboardReader) -> tuple[str, ...]:
    try:
        return read.projects()
    except LedgerError:
        return ()

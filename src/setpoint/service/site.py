"""The pages for people, behind a login: everything on them is of the account that signed in."""

from collections.abc import Callable
from dataclasses import replace
from secrets import token_urlsafe
from urllib.parse import quote

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from setpoint.core.savings import GROUPINGS, total
from setpoint.errors import NotPermitted, NotSignedIn, TooManyTries, UnknownProject
from setpoint.report.said_page import CalibrationPage
from setpoint.report.savings_page import SavingsPage
from setpoint.service.access import Role
from setpoint.service.assets import Assets, answer
from setpoint.service.forms import acts_of
from setpoint.service.names import AccountLedger
from setpoint.service.pages import PageOf, Pages, SignedIn, json_bytes
from setpoint.service.rooms import Rooms
from setpoint.service.rows import ProjectView
from setpoint.service.sessions import Session, begin_session, check_word, current, end_session, visitor, word_for
from setpoint.service.summaries import Summaries
from setpoint.store.rows import ProjectRow

__all__ = ["Look", "add_site", "inside", "page", "page_number"]

_HTML, _JSON = "text/html", "application/json"
MOST_ON_PAGE = 50
"""Projects on a page of their list; there is another page for the next ones."""
MOST_PAGES = 1_000_000


def add_site(app: FastAPI, here: Rooms) -> Pages:
    """Add the pages, and have errors of pages shown as pages. Gives the templates, for further pages."""
    assets = Assets.load()
    pages = Pages(assets)
    app.state.error_page = lambda status, sentence: Response(
        pages.error(status, sentence, ()), status, media_type=_HTML
    )
    _add_assets(app, assets)
    _add_sign_in(app, here, pages)
    _add_projects(app, here, pages)
    _add_summaries(app, here, pages)
    _add_documentation(app, here, pages)
    return pages


class Look:
    """One look of somebody who signed in."""

    def __init__(self, here: Rooms, pages: Pages, session: Session) -> None:
        account = session.caller.account
        self.read: AccountLedger = here.reader(account)
        self.summaries: Summaries = here.summaries(account)
        word = word_for(here, session.token)
        self.caller = session.caller
        self.pages = pages.signed_in(SignedIn(session.caller.key, session.caller.role, word))
        self._here = here

    def view(self, name: str) -> ProjectView:
        """One project by its name or its id; it is shown by its name. Raises UnknownProject."""
        row = self.row(name)
        return replace(self._here.views.of(row.stream), name=self.read.name_of(row) or name)

    def outlines(self, page: int) -> list[ProjectView]:
        """A page of the list of projects."""
        rows = self.read.page(page, MOST_ON_PAGE)
        return [replace(self._here.views.outline(row.stream), name=name) for name, row in rows]

    def as_json(self, name: str) -> bytes:
        """The same as it goes over the wire."""
        return self._here.views.answer(
            self.row(name).stream, ("view", name), lambda view: json_bytes(replace(view, name=name))
        )

    def row(self, name: str) -> ProjectRow:
        """One project as it is stored. Raises UnknownProject."""
        row = self.read.row(name)
        if row is None:
            raise UnknownProject("There is no such project in this account.")
        return row


def page(
    app: FastAPI, here: Rooms, pages: Pages, path: str, needed: Role = "viewer"
) -> Callable[[Callable[[Request, Look], Response]], None]:
    """Register a page that needs a login; who has none is sent there first. Raises NotPermitted for lower roles."""

    def register(show: Callable[[Request, Look], Response]) -> None:
        def shown(request: Request) -> Response:
            session = current(here, request)
            if session is None:
                asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
                return RedirectResponse(f"/login?next={quote(asked, safe='')}", 303)
            if not session.caller.may(needed):
                raise NotPermitted(f"This page needs the role {needed}; you have the role {session.caller.role}.")
            response = show(request, Look(here, pages, session))
            # Forms are of one session: what is kept must not be shown in another.
            response.headers["Cache-Control"] = "private, no-cache"
            return response

        app.add_api_route(path, shown, methods=["GET"], include_in_schema=False, response_model=None)

    return register


def _add_projects(app: FastAPI, here: Rooms, pages: Pages) -> None:
    @page(app, here, pages, "/")
    def projects(request: Request, look: Look) -> Response:
        number = page_number(request)
        shown = PageOf(number, MOST_ON_PAGE, look.read.count())
        return answer(request, look.pages.projects(look.outlines(number), shown), _HTML)

    @page(app, here, pages, "/projects/{name:path}")
    def project(request: Request, look: Look) -> Response:
        name = request.path_params["name"]
        view, entries = look.view(name), look.read.read(name)
        saved = total(look.summaries.account(name, entries).runs)
        acts = acts_of(here, look.caller, look.row(name)) if look.caller.may("operator") else None
        shown = look.pages.project(view, saved, look.summaries.forecast(name, entries), acts)
        return answer(request, shown, _HTML)

    @page(app, here, pages, "/api/projects")
    def projects_as_data(request: Request, look: Look) -> Response:
        views = [look.view(name) for name, _ in look.read.page(page_number(request), MOST_ON_PAGE)]
        return answer(request, json_bytes({"projects": views}), _JSON)

    @page(app, here, pages, "/api/projects/{name:path}")
    def project_as_data(request: Request, look: Look) -> Response:
        return answer(request, look.as_json(request.path_params["name"]), _JSON)


def _add_summaries(app: FastAPI, here: Rooms, pages: Pages) -> None:
    @page(app, here, pages, "/savings")
    def savings(request: Request, look: Look) -> Response:
        by = request.query_params.get("by", "project")
        found = look.summaries.accounts.of(look.read.versions())
        page = SavingsPage(found.made, by if by in GROUPINGS else "project")
        return answer(request, look.pages.savings(page, found.pending), _HTML)

    @page(app, here, pages, "/calibration")
    def calibration(request: Request, look: Look) -> Response:
        found = look.summaries.reliabilities.of(look.read.versions())
        return answer(request, look.pages.calibration(CalibrationPage(found.made), found.pending), _HTML)


def _add_documentation(app: FastAPI, here: Rooms, pages: Pages) -> None:
    @app.get("/docs", include_in_schema=False)
    def documentation(request: Request) -> Response:
        # What the API is like is no secret; the page has a sign-out where somebody signed in.
        session = current(here, request)
        shown = pages if session is None else Look(here, pages, session).pages
        return answer(request, shown.documentation(app.openapi()), _HTML)


def _add_assets(app: FastAPI, assets: Assets) -> None:
    @app.get("/assets/{name}", include_in_schema=False)
    def asset(request: Request, name: str) -> Response:
        found = assets.serve(request, name)
        if found is None:
            raise HTTPException(404)
        return found


def _add_sign_in(app: FastAPI, here: Rooms, pages: Pages) -> None:
    def form(request: Request, status: int = 200, problem: str = "", came_for: str = "/") -> Response:
        who = visitor(request) or token_urlsafe(16)
        ticket = request.query_params.get("ticket", "")
        body = pages.login(word_for(here, who), came_for, problem, ticket, is_first=not here.store.keys.any())
        response = Response(body, status, media_type=_HTML)
        visitor(request, response, who)
        return response

    @app.get("/login", include_in_schema=False)
    def login(request: Request) -> Response:
        return form(request, came_for=inside(request.query_params.get("next")))

    @app.post("/login", include_in_schema=False)
    async def sign_in(request: Request) -> Response:
        said = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
        return await run_in_threadpool(_signed_in, request, said)

    def _signed_in(request: Request, said: dict[str, str]) -> Response:
        came_for = inside(said.get("next"))
        address = request.client.host if request.client else "unknown"
        try:
            check_word(here, visitor(request), said.get("word", ""), request)
            if said.get("ticket"):
                signed = here.gate.sign_in_once(said["ticket"])
            else:
                signed = here.gate.sign_in(said.get("key_id", "").strip(), said.get("secret", "").strip(), address)
        except (NotSignedIn, NotPermitted) as error:
            return form(request, 403 if isinstance(error, NotPermitted) else 401, str(error), came_for)
        except TooManyTries as error:
            return form(request, 429, str(error), came_for)
        response = RedirectResponse(came_for, 303)
        begin_session(response, request, signed)
        return response

    @app.post("/logout", include_in_schema=False)
    async def sign_out(request: Request) -> Response:
        said = await request.form()
        session = await run_in_threadpool(current, here, request)
        if session is not None:
            check_word(here, session.token, str(said.get("word", "")), request)
        response = RedirectResponse("/login", 303)
        end_session(response, request)
        return response


def page_number(request: Request) -> int:
    """Of the page that is asked for, from 0; 0 where that is no number."""
    said = request.query_params.get("page", "")
    return min(int(said), MOST_PAGES) if said.isascii() and said.isdigit() and len(said) < len(str(MOST_PAGES)) else 0


def inside(address: str | None) -> str:
    """A page of ours; anything else is the first page."""
    plain = address or "/"
    if not plain.startswith("/") or plain.startswith(("//", "/\\")) or any(ord(sign) < ord(" ") for sign in plain):
        return "/"
    return plain

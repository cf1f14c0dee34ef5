"""The pages on which people act: what waits for them, the queue, keys, the audit log, and the forms of a project."""

from collections.abc import Callable

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from setpoint.core.autonomy.ladder import MODES
from setpoint.core.restrictions import FOR_EVER
from setpoint.errors import Conflict, InputError, NotPermitted, SetpointError
from setpoint.service import acts
from setpoint.service.access import ROLES, Role
from setpoint.service.assets import answer
from setpoint.service.native.restrictions import checked
from setpoint.service.pages import Pages
from setpoint.service.refusals import status_of
from setpoint.service.rooms import Rooms, as_id
from setpoint.service.sessions import check_word, current
from setpoint.service.site import Look, inside, page, page_number
from setpoint.service.waiting import waiting
from setpoint.store.rows import ProjectRow

__all__ = ["add_people"]

_HTML = "text/html"
MOST_ON_PAGE = 100
STATES = ("waiting", "leased", "dead", "done")
DONE = {
    "approved": "Approved: the next run gets the new spec.",
    "waits": "Approved. It is not in place yet: something else still holds it back.",
}
Said = dict[str, str]
Act = Callable[[Request, Look, Said], Response]


def add_people(app: FastAPI, here: Rooms, pages: Pages) -> None:
    """Add them."""
    _add_approvals(app, here, pages)
    _add_acts(app, here, pages)
    _add_queue(app, here, pages)
    _add_keys(app, here, pages)
    _add_audit(app, here, pages)


def _form(app: FastAPI, here: Rooms, pages: Pages, path: str, needed: Role) -> Callable[[Act], None]:
    """Register what a form of our own pages does. Refusals are shown as a page that leads back."""

    def register(act: Act) -> None:
        async def posted(request: Request) -> Response:
            said = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
            return await run_in_threadpool(carried_out, request, said)

        def carried_out(request: Request, said: Said) -> Response:
            session = current(here, request)
            if session is None:
                return RedirectResponse("/login", 303)
            look = Look(here, pages, session)
            try:
                check_word(here, session.token, said.get("word", ""), request)
                if not session.caller.may(needed):
                    raise NotPermitted(f"This needs the role {needed}; you have the role {session.caller.role}.")
                return act(request, look, said)
            except SetpointError as error:
                status, _ = status_of(error)
                shown = look.pages.error(status, str(error), (), inside(said.get("next")))
                return Response(shown, status, {"Cache-Control": "no-store"}, _HTML)

        app.add_api_route(path, posted, methods=["POST"], include_in_schema=False, response_model=None)

    return register


def _back(said: Said, done: str = "") -> Response:
    """To the page on which the form was; what was done is said there."""
    place = inside(said.get("next"))
    return RedirectResponse(f"{place}{'&' if '?' in place else '?'}done={done}" if done else place, 303)


def _project(here: Rooms, look: Look, said: Said) -> ProjectRow:
    return here.project(look.caller, as_id(said.get("project", ""), "project"))


def _add_approvals(app: FastAPI, here: Rooms, pages: Pages) -> None:
    @page(app, here, pages, "/approvals")
    def approvals(request: Request, look: Look) -> Response:
        done = DONE.get(request.query_params.get("done", ""), "")
        return answer(request, look.pages.approvals(waiting(here, look.caller.account), done), _HTML)

    @_form(app, here, pages, "/acts/approve", "operator")
    def approve(_: Request, look: Look, said: Said) -> Response:
        decision = said.get("decision")
        if not decision:
            raise InputError("The form names no decision.")
        waits = acts.approve(here, look.caller, _project(here, look, said), decision)[1]
        return _back(said, "approved" if waits is None else "waits")


def _add_acts(app: FastAPI, here: Rooms, pages: Pages) -> None:
    @_form(app, here, pages, "/acts/rollback", "operator")
    def roll_back(_: Request, look: Look, said: Said) -> Response:
        acts.roll_back(here, look.caller, _project(here, look, said), said.get("to") or None, said.get("reason", ""))
        return _back(said)

    @_form(app, here, pages, "/acts/mode", "operator")
    def set_mode(_: Request, look: Look, said: Said) -> Response:
        mode = next((known for known in MODES if known == said.get("mode")), None)
        if mode is None:
            raise InputError(f"A mode is one of {', '.join(MODES)}.")
        acts.set_mode(here, look.caller, _project(here, look, said), mode, {})
        return _back(said)

    @_form(app, here, pages, "/acts/freeze", "operator")
    def freeze(_: Request, look: Look, said: Said) -> Response:
        project = _project(here, look, said)
        reason = " ".join(said.get("reason", "").split())
        text = f"{here.clock():%Y-%m-%dT%H:%M:%SZ} to {said.get('until') or FOR_EVER}"
        new = checked("freezes", [f"{text} because {reason}" if reason else text])

        def also(now: acts.Said) -> acts.Said:
            return {"freezes": tuple(dict.fromkeys((*now.get("freezes", ()), *new)))}

        acts.restrict(here, look.caller, project, also, "freeze set")
        return _back(said)

    @_form(app, here, pages, "/acts/thaw", "operator")
    def thaw(_: Request, look: Look, said: Said) -> Response:
        acts.restrict(here, look.caller, _project(here, look, said), {"freezes": ()}, "freeze set")
        return _back(said)


def _add_queue(app: FastAPI, here: Rooms, pages: Pages) -> None:
    @page(app, here, pages, "/queue")
    def queue(request: Request, look: Look) -> Response:
        asked, account = request.query_params.get("state", ""), look.caller.account
        state, number = asked if asked in STATES else "", page_number(request)
        rows = here.store.tasks.list(account, state=state or None, page=number, per_page=MOST_ON_PAGE)
        counts = here.store.tasks.counted(account)
        following = number + 1 if len(rows) == MOST_ON_PAGE else None
        return answer(request, look.pages.queue(rows, state, following, counts), _HTML)

    @_form(app, here, pages, "/acts/retry", "admin")
    def retry(_: Request, look: Look, said: Said) -> Response:
        identity = as_id(said.get("task", ""), "task")
        here.found(here.store.tasks.get(look.caller.account, identity), "task")
        here.store.tasks.retry(look.caller.account, identity)
        here.audit(look.caller, "task retried", identity, before={"state": "dead"}, after={"state": "waiting"})
        return _back(said)


def _add_keys(app: FastAPI, here: Rooms, pages: Pages) -> None:
    @page(app, here, pages, "/keys", "admin")
    def keys(request: Request, look: Look) -> Response:
        return answer(request, look.pages.keys(here.store.keys.list(look.caller.account)), _HTML)

    @_form(app, here, pages, "/keys", "admin")
    def make(_: Request, look: Look, said: Said) -> Response:
        name = " ".join(said.get("name", "").split())[:200]
        role = next((known for known in ROLES if known == said.get("role")), None)
        if not name or role is None:
            raise InputError(f"A key needs a name, and one of the roles {', '.join(ROLES)}.")
        row, secret = here.new_key(look.caller.account, name, role)
        here.audit(look.caller, "key created", row.id, after={"name": name, "role": role})
        shown = look.pages.keys(here.store.keys.list(look.caller.account), (row.id, secret))
        # The one time that the secret is shown: no cache may keep it.
        return Response(shown, 200, {"Cache-Control": "no-store"}, _HTML)

    @_form(app, here, pages, "/acts/revoke", "admin")
    def revoke(_: Request, look: Look, said: Said) -> Response:
        row = here.found(here.store.keys.get(look.caller.account, said.get("key", "")), "key")
        if row.id == look.caller.key:
            raise Conflict("A key does not revoke itself: use another admin key, so that somebody can still sign in.")
        here.store.keys.revoke(look.caller.account, row.id)
        here.audit(look.caller, "key revoked", row.id, before={"name": row.name, "role": row.role})
        return _back(said)


def _add_audit(app: FastAPI, here: Rooms, pages: Pages) -> None:
    @page(app, here, pages, "/audit", "admin")
    def audit(request: Request, look: Look) -> Response:
        number, account = page_number(request), look.caller.account
        rows = here.store.audit.list(account, page=number, per_page=MOST_ON_PAGE)
        names = {key.id: key.name for key in here.store.keys.list(account)}
        following = number + 1 if len(rows) == MOST_ON_PAGE else None
        return answer(request, look.pages.audit(rows, names, number, following), _HTML)

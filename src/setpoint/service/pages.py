"""Views → HTML and JSON."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from setpoint.core import words as core_words
from setpoint.core.breakdown import breakdown
from setpoint.core.domain import Outcome
from setpoint.core.forecast import Forecast
from setpoint.core.savings import Saved
from setpoint.report.forecast_bars import breach_bar
from setpoint.report.forecast_words import breach_words, growth_words
from setpoint.report.frame import TEMPLATES
from setpoint.report.said_page import CalibrationPage
from setpoint.report.savings_page import PAGE_WORDS, SavingsPage
from setpoint.service import words
from setpoint.service.access import ROLES
from setpoint.service.apidoc import Operation, operations
from setpoint.service.assets import DASHBOARD, Assets
from setpoint.service.charts import RUNS_DRAWN, figures
from setpoint.service.forms import ProjectActs
from setpoint.service.rows import ProjectView
from setpoint.service.sparkline import cost_sparkline, outcome_strip
from setpoint.service.waiting import Waiting
from setpoint.store.rows import AuditRow, KeyRow, TaskRow

__all__ = ["PageOf", "Pages", "SignedIn", "json_bytes"]

MOST_LINES = 500
"""Projects in a table of all of them; the API tells of every one."""
RUNS_LISTED = 200
"""The newest runs; all of them are in the JSON."""


def json_bytes(value: object) -> bytes:
    """Rows as JSON; a number that JSON does not have becomes null."""
    return msgspec.json.encode(value)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who looks at a page, where somebody signed in for it."""

    key: str
    role: str
    word: str
    """What its forms carry."""


@dataclass(frozen=True, slots=True)
class PageOf:
    """A part of a long list, and where it is in it."""

    number: int
    """From 0."""
    size: int
    total: int

    @property
    def first(self) -> int:
        """Place of the first thing on it, from 1."""
        return self.number * self.size + 1

    @property
    def last(self) -> int:
        """Place of the last thing on it."""
        return min(self.total, (self.number + 1) * self.size)

    @property
    def is_all(self) -> bool:
        """Whether there is no other page."""
        return self.number == 0 and self.total <= self.size


class Pages:
    """The templates, filled in."""

    def __init__(self, assets: Assets) -> None:
        """Read the templates; what they may call is listed here."""
        self._session: SignedIn | None = None
        self.jinja = Environment(
            loader=FileSystemLoader([DASHBOARD / "templates", TEMPLATES]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.jinja.globals.update(
            asset=assets.address,
            project_address=lambda name: f"/projects/{quote(name, safe='')}",
            between=words.between,
            breakdown=breakdown,
            data_size=core_words.data_size,
            duration=core_words.duration,
            mode_meaning=words.mode_meaning,
            moment=core_words.moment,
            outcome=words.outcome,
            percent=core_words.percent,
            phase_words=words.phase,
            sentence=core_words.sentence,
            cost_sparkline=cost_sparkline,
            outcome_strip=outcome_strip,
            breach_bar=breach_bar,
            breach_words=breach_words,
            growth_words=growth_words,
            **PAGE_WORDS,
        )

    def signed_in(self, session: SignedIn) -> Self:
        """The same pages as somebody sees them who signed in."""
        pages = copy(self)
        pages._session = session  # noqa: SLF001 - a copy of ourselves
        return pages

    def projects(self, views: Sequence[ProjectView], shown: PageOf | None = None) -> bytes:
        """The list of projects, or a page of it."""
        whole = PageOf(0, max(1, len(views)), len(views))
        return self._render("projects.html", views=views, shown=shown or whole)

    def project(
        self, view: ProjectView, saved: Saved, forecast: Forecast | None, acts: ProjectActs | None = None
    ) -> bytes:
        """The page of one project; with `acts` also what may be done to it by hand."""
        succeeded = [run for run in view.runs if run.outcome is Outcome.SUCCEEDED]
        return self._render(
            "project.html",
            view=view,
            saved=saved,
            forecast=forecast,
            listed=view.runs[: -RUNS_LISTED - 1 : -1],
            drawn=min(len(view.runs), RUNS_DRAWN),
            first=succeeded[0] if succeeded else None,
            last=succeeded[-1] if succeeded else None,
            counted=[run for run in view.runs if run.counts],
            graded=[run for run in view.runs if run.graded],
            figures=msgspec.to_builtins(figures(view)),
            acts=acts,
        )

    def savings(self, savings: SavingsPage, pending: int = 0) -> bytes:
        """What was saved; `pending` projects are not counted yet."""
        return self._render("savings.html", savings=savings, pending=pending)

    def calibration(self, said: CalibrationPage, pending: int = 0) -> bytes:
        """What was said against what was; `pending` projects are not counted yet."""
        return self._render("calibration.html", said=said, pending=pending, most=MOST_LINES)

    def approvals(self, waiting: Sequence[Waiting], done: str) -> bytes:
        """What waits for a person, and for other things; `done` is what was done just now."""
        return self._render("approvals.html", waiting=waiting, done=done)

    def queue(self, tasks: Sequence[TaskRow], state: str, following: int | None, counts: Mapping[str, int]) -> bytes:
        """The account's work in the queue; `following` is the number of the next page."""
        return self._render("queue.html", tasks=tasks, state=state, following=following, counts=counts)

    def keys(self, keys: Sequence[KeyRow], made: tuple[str, str] | None = None) -> bytes:
        """Who may sign in; `made` is a new key's id and secret, shown this once."""
        return self._render("keys.html", keys=keys, made=made, roles=ROLES)

    def audit(self, rows: Sequence[AuditRow], names: Mapping[str, str], page: int, following: int | None) -> bytes:
        """Who did what; `names` of keys by their ids."""
        return self._render("audit.html", rows=rows, names=names, page=page, following=following, pretty=_short)

    def error(self, status: int, sentence: str, known: Sequence[str], back: str = "") -> bytes:
        """A page that says what went wrong; `back` is the page where somebody did it."""
        return self._render("error.html", status=status, sentence=sentence, known=known, back=back)

    def login(self, word: str, came_for: str, problem: str = "", ticket: str = "", *, is_first: bool = False) -> bytes:
        """The form to sign in; `came_for` is the page that was asked for. `is_first`: nobody can sign in yet."""
        return self._render("login.html", word=word, next=came_for, problem=problem, ticket=ticket, is_first=is_first)

    def documentation(self, document: Mapping[str, Any]) -> bytes:
        """The API described."""
        tags: dict[str, list[Operation]] = {}
        for each in operations(document):
            tags.setdefault(each.tag, []).append(each)
        said = document["info"]["description"].replace("`", "").replace("*", "").split("\n\n")
        return self._render("docs.html", description=said, tags=list(tags.items()), pretty=_pretty)

    def _render(self, template: str, **values: object) -> bytes:
        return self.jinja.get_template(template).render(session=self._session, **values).encode()


def _short(value: object) -> str:
    """A few facts on one line."""
    return "" if value is None else msgspec.json.encode(value, order="sorted").decode()


def _pretty(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()

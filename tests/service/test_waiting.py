"""The project's page says what waits and why, in which mode it is, and what it may not do; nothing in it is markup."""

from dataclasses import replace

from starlette.testclient import TestClient
from tests.service.story import SMALL, START, Story
from tests.service.test_app import HERE

from setpoint.core.history import Approved, Decided, GoalSet, Restricted, RollbackAsked
from setpoint.core.restrictions import Restrictions
from setpoint.ledger.memory import MemoryLedger
from setpoint.service.app import create_app
from setpoint.service.view import project_view

EVIL = "<script>alert(1)</script>"
LIMITS = Restrictions(freezes=(f"2026-11-01 to 2999-12-31 because {EVIL}",), modes=("rescue auto",))


def story() -> Story:
    made = Story().begin().run().change(SMALL, "it is cheaper", applied=True)
    decided = made.entries.pop()
    while not isinstance(decided, Decided):
        decided = made.entries.pop()
    made.entries[1] = GoalSet("minimise cost", "approve", START)
    made.entries.insert(2, Restricted(LIMITS, START, "house"))
    made.entries.append(replace(decided, waits=f"changes are frozen {EVIL}"))
    return made


def page(made: Story) -> str:
    ledger = MemoryLedger()
    ledger.append("orders", *made.entries)
    answer = TestClient(create_app(ledger), base_url=HERE).get("/projects/orders")
    assert answer.status_code == 200
    return answer.text


def test_what_waits_is_shown_with_its_reason_and_escaped() -> None:
    made = story()
    view = project_view("orders", made.entries)
    assert (view.mode_words, view.restricted_by) == ("approve (rescue: auto)", "house")
    assert view.waits.startswith("changes are frozen")
    text = page(made)
    assert "Not in place: Changes are frozen &lt;script&gt;" in text
    assert "setpoint approve orders" in text
    assert "since 2026-11-01, until it is lifted because &lt;script&gt;" in text
    assert "with policies: house" in text
    assert EVIL not in text


def test_who_approved_and_who_took_back_is_shown() -> None:
    made = story()
    decided = made.entries[-1]
    assert isinstance(decided, Decided)
    made.entries[-1] = replace(decided, waits="")
    made.entries.append(Approved(decided.id, f"ada {EVIL}", START))
    made.entries.append(RollbackAsked("bob", f"late {EVIL}", START, made.spec, SMALL))
    text = page(made)
    assert "Approved by ada &lt;script&gt;" in text
    assert "by bob" in text
    assert EVIL not in text

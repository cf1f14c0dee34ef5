"""Whatever a network does: nothing is made twice, every wait is bounded, and every conversation ends."""

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st

from setpoint.client import MemoryTokens, Retries, predictions, projects
from setpoint.client.conversation import Came, Conversation, Reply, Send, Talk, Unreachable, Wait
from setpoint.client.steps import Operation
from setpoint.errors import SetpointError

Result = TypeVar("Result")
TOKEN = {"result": {"access_token": "t", "expires_at_utc": "2999-01-01T00:00:00Z"}}
OUTCOMES = ["fine", "not sent", "lost", 400, 401, 403, 404, 408, 409, 413, 422, 425, 429, 500, 502, 503, 504, 418]
PERHAPS_DONE = {"fine", "lost", 408, 500, 502, 504}
"""With these the service may have done what it was asked."""
RETRIES = Retries(tries=4, first_seconds=0.5, longest_seconds=3.0)


@dataclass
class World:
    """A service that answers as it was told to, and remembers."""

    outcomes: list[str | int]
    answer: dict[str, object]
    sent: list[tuple[Send, str | int]] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def took(self, request: Send) -> Came:
        if request.url.endswith("/v1/auth/token"):
            self.sent.append((request, "fine"))
            return Reply(200, json.dumps(TOKEN).encode())
        outcome = self.outcomes.pop(0) if self.outcomes else "fine"
        self.sent.append((request, outcome))
        if isinstance(outcome, int):
            return Reply(outcome, b"", retry_after="100000")
        if outcome == "fine":
            return Reply(200, json.dumps(self.answer).encode())
        return Unreachable("it broke", was_sent=outcome == "lost")

    def drive(self, talk: "Talk[Result]") -> Result | SetpointError:
        came: Came = None
        while True:
            try:
                step = talk.send(came)
            except StopIteration as ended:
                result: Result = ended.value
                return result
            except SetpointError as error:
                return error
            if isinstance(step, Wait):
                self.waits.append(step.seconds)
                came = None
            else:
                came = self.took(step)

    def carry_out(self, operation: "Operation[Result]") -> Result | SetpointError:
        secrets = ("k", "very-secret", MemoryTokens(), RETRIES, random.Random(7))
        return self.drive(
            Conversation("http://x", *secrets, now=lambda: datetime(2026, 1, 1, tzinfo=UTC)).carry_out(operation)
        )


@given(st.lists(st.sampled_from(OUTCOMES), max_size=12))
def test_nothing_is_made_twice(outcomes: list[str | int]) -> None:
    world = World(outcomes, {"result": {"id": "1", "name": "n"}})
    ended = world.carry_out(projects.create("n"))
    made = [
        outcome for request, outcome in world.sent if request.method == "POST" and request.url.endswith("/projects")
    ]
    assert sum(outcome in PERHAPS_DONE for outcome in made) <= 1
    assert ("fine" in made) == (not isinstance(ended, SetpointError))


@given(st.lists(st.sampled_from(OUTCOMES), max_size=30))
def test_every_conversation_ends_and_every_wait_is_bounded(outcomes: list[str | int]) -> None:
    world = World(outcomes, {"result": []})
    ended = world.carry_out(projects.listed())
    assert isinstance(ended, SetpointError) or ended == ()
    assert all(0 < wait <= RETRIES.longest_seconds for wait in world.waits)
    asked = [request for request, _ in world.sent if request.method == "GET"]
    assert len(asked) <= 2 * RETRIES.tries, "once for each token"


@given(st.lists(st.sampled_from(OUTCOMES), max_size=12))
def test_no_error_tells_a_secret_and_all_are_one_line(outcomes: list[str | int]) -> None:
    ended = World(outcomes, {"result": {"status": "SUCCESS"}}).carry_out(predictions.status("p"))
    if isinstance(ended, SetpointError):
        assert "very-secret" not in str(ended)
        assert len(str(ended).splitlines()) == 1


@given(st.sampled_from([each for each in OUTCOMES if each not in PERHAPS_DONE]), st.integers(0, 3))
def test_what_passes_in_time_is_not_noticed(outcome: str | int, times: int) -> None:
    passes = outcome in {"not sent", 425, 429, 503}
    world = World([outcome] * times, {"result": {"id": "1", "name": "n"}})
    ended = world.carry_out(projects.create("n"))
    assert isinstance(ended, SetpointError) == (times > 0 and not passes and not (outcome == 401 and times == 1))

"""Calls: harmless ones are repeated, within bounds, and nothing secret is said."""

from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from setpoint.errors import PlatformError
from setpoint.platforms.databricks.transport import CallFailed, Calls

Json = Mapping[str, Any]


class TooManyRequests(OSError):  # noqa: N818 - the name in the SDK
    """As the SDK's: an OSError with a code."""

    error_code = "RESOURCE_EXHAUSTED"
    retry_after_secs = 7


class PermissionDenied(OSError):  # noqa: N818 - the name in the SDK
    error_code = "PERMISSION_DENIED"


class Unauthenticated(OSError):  # noqa: N818 - the name in the SDK
    error_code = "UNAUTHENTICATED"


class Script:
    """Answers in order; an exception is raised."""

    def __init__(self, *answers: object) -> None:
        self.answers, self.asked = list(answers), list[Mapping[str, Any]]()
        self.slept: list[float] = []

    def __call__(self, method: str, path: str, query: Json, body: Json) -> Any:  # noqa: ANN401, ARG002 - the port's
        self.asked.append(dict(query))
        found = self.answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found


def calls(script: Script) -> Calls:
    return Calls(script, script.slept.append, Random(1))


@pytest.mark.parametrize("fault", [TooManyRequests("slow down"), TimeoutError("t"), ValueError("half a page"), None])
def test_a_read_is_repeated(fault: object) -> None:
    script = Script(fault, {"ok": 1})
    at = calls(script)
    assert at.read("/x") == {"ok": 1}
    assert at.counted == {"GET /x": 2}
    assert len(script.slept) == 1
    assert script.slept[0] == 7 or 0.5 <= script.slept[0] <= 1


def test_tries_and_waits_are_bounded() -> None:
    script = Script(*[TimeoutError("t")] * 9)
    with pytest.raises(CallFailed):
        calls(script).read("/x")
    assert len(script.asked) == 6
    assert sum(script.slept) <= 31


def test_who_is_not_signed_in_hears_it_soon() -> None:
    renewed = Script(Unauthenticated("expired"), {"ok": 1})
    assert calls(renewed).read("/x") == {"ok": 1}
    wrong = Script(*[Unauthenticated("wrong")] * 9)
    with pytest.raises(CallFailed):
        calls(wrong).read("/x")
    assert len(wrong.asked) == 2


def test_a_write_and_what_is_not_allowed_are_not_repeated() -> None:
    script = Script(TimeoutError("t"))
    with pytest.raises(CallFailed) as failed:
        calls(script).write("/x", {})
    assert failed.value.is_passing
    denied = Script(PermissionDenied("no"))
    with pytest.raises(CallFailed) as failed:
        calls(denied).read("/x")
    assert (failed.value.is_passing, failed.value.code) == (False, "PERMISSION_DENIED")


def test_secrets_are_not_said() -> None:
    with pytest.raises(CallFailed) as failed:
        calls(Script(PermissionDenied("token dapi0123456789abcdef is bad"))).read("/x")
    assert "dapi" not in str(failed.value)


def test_pages_are_followed_and_do_not_go_in_a_circle() -> None:
    script = Script({"runs": [1], "next_page_token": "a"}, {"next_page_token": "b"}, {"runs": [2]})
    found: list[object] = list(calls(script).pages("/x", "runs", {"limit": 25}))
    assert found == [1, 2]
    assert script.asked[-1] == {"limit": 25, "page_token": "b"}
    with pytest.raises(PlatformError, match="do not end"):
        list(calls(Script(*[{"next_page_token": "a"}] * 3)).pages("/x", "runs"))

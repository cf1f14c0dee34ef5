"""`setpoint profile --follow`: the answer for a running application, renewed while its log grows."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from setpoint.cli.console import out
from setpoint.core.profile import Profile
from setpoint.errors import EventLogError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from setpoint.sources import Follower

__all__ = ["follow"]

_PAUSE_SECONDS = 2.0


def follow(source: str, *, json: bool) -> None:
    """Answer whenever the log has grown, until the application has ended: one line each, or one page renewed."""
    from setpoint.sources import Follower

    follower = Follower(source)
    if json:
        _as_lines(follower)
    else:
        _as_page(follower)


def _growth(follower: "Follower") -> Iterator[tuple[Profile, ...]]:
    """The profiles whenever there is something new, and in the end."""
    while True:
        if follower.advance() and not follower.has_ended:
            yield follower.profiles()
        if follower.has_ended:
            break
        time.sleep(_PAUSE_SECONDS)
    follower.finish()
    profiles = follower.profiles()
    if not profiles:
        raise EventLogError(f"The log holds no usable event log: {follower.describe()}.")
    yield profiles


def _as_lines(follower: "Follower") -> None:
    from setpoint.cli.logs import print_json
    from setpoint.core.diagnosis import diagnose
    from setpoint.core.diagnosis.answer import answer

    said: dict[int, Profile] = {}
    for profiles in _growth(follower):
        for number, profile in enumerate(profiles):
            if said.get(number) != profile:
                said[number] = profile
                print_json(answer(profile, diagnose(profile)))


def _as_page(follower: "Follower") -> None:
    from rich.live import Live

    from setpoint.cli.profile_page import render
    from setpoint.core.diagnosis import diagnose

    last: tuple[Profile, ...] = ()
    try:
        # A terminal is often lower than the page: all of it is printed in the end.
        with Live(console=out(), auto_refresh=False, transient=True) as live:
            for last in _growth(follower):
                if live.console.is_terminal:
                    live.update(_page(last), refresh=True)
    finally:
        for number, profile in enumerate(last):
            if number:
                out().print()
            render(out(), profile, diagnose(profile))


def _page(profiles: tuple[Profile, ...]) -> "RenderableType":
    from rich.console import Group

    from setpoint.cli.profile_page import page
    from setpoint.core.diagnosis import diagnose

    if not profiles:
        return "Nothing has run yet."
    return Group(*(block for profile in profiles for block in page(profile, diagnose(profile))))

import json
from dataclasses import replace

import pytest
from tests.fleet.made import GOAL

from setpoint.errors import SetpointError
from setpoint.testing.fleet import draw_project, figures_of, live
from setpoint.testing.fleet.figures import ProjectFigures
from setpoint.testing.fleet.team import Asked, Team, play
from setpoint.testing.fleet.worker import answer_to

ASKED = Asked("mixed", 3, 4, 0, GOAL)


def plain(figures: ProjectFigures) -> ProjectFigures:
    return replace(figures, cpu_seconds={})


def test_processes_give_what_one_gives_in_order_and_say_how_far_they_are() -> None:
    told: list[tuple[int, int]] = []
    fleet = play(ASKED, 2, lambda done, of_all: told.append((done, of_all)))
    here = [figures_of(live(draw_project("mixed", 0, number, 4), GOAL)) for number in range(3)]
    assert [plain(each) for each in fleet] == [plain(each) for each in here]
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_a_failure_in_a_worker_is_one_sentence_here() -> None:
    with pytest.raises(SetpointError, match="does not parse"):
        play(Asked("mixed", 2, 3, 0, "minimise fun"), 1, lambda _done, _all: None)
    with pytest.raises(SetpointError, match="The simulation of project 0 failed: KeyError"):
        play(Asked("wild", 1, 3, 0, GOAL), 1, lambda _done, _all: None)


def test_a_worker_that_is_gone_is_noticed() -> None:
    with Team(replace(ASKED, days=90), 1) as team:

        def kill(done: int, _all: int) -> None:
            if done == 0:
                team._running[0].kill()

        with pytest.raises(SetpointError, match="ended before its work did"):
            team.play(kill)


def test_an_interruption_ends_the_workers() -> None:
    def interrupt(_done: int, _all: int) -> None:
        raise KeyboardInterrupt

    team = Team(replace(ASKED, days=90), 2)
    with pytest.raises(KeyboardInterrupt), team:
        team.play(interrupt)
    assert all(process.poll() is not None for process in team._running)


def test_the_worker_answers_what_the_library_says() -> None:
    words = {"profile": "growth", "seed": 1, "number": 2, "days": 3, "goal": GOAL}
    answer = json.loads(answer_to(json.dumps(words).encode()))
    assert answer["project"] == "growth-0002"
    assert answer["runs"] >= 3

"""The loop asks what others teach, once for each decision."""

from dataclasses import replace

from tests.loop.world import PROJECT, world

from setpoint.core.belief.known import KnownWorkload
from setpoint.core.belief.points import Place
from setpoint.core.belief.prior import Prior, Representative
from setpoint.core.history import History
from setpoint.core.prediction import Lessons
from setpoint.core.prediction.teaching import lessons_for


def test_a_decision_asks_what_others_teach_its_project() -> None:
    made = world()
    asked: list[str] = []
    places = tuple(Place(1.0, float(slots), 4.0, ("local",)) for slots in (1, 2, 4, 8))
    known = KnownWorkload(places, (0.9, 0.3, -0.4, -0.8), (False,) * 4)

    def teach(project: str, history: History) -> Lessons:
        asked.append(project)
        return lessons_for(history, Prior((Representative(known, 1.0),), workloads=1))

    made.loop = replace(made.loop, lessons_for=teach)
    made.nights(2)
    assert asked == [PROJECT, PROJECT]
    made.loop.tick(PROJECT)
    assert asked == [PROJECT, PROJECT]

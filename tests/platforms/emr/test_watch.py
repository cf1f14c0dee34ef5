"""A list that is kept up to date is the list that one would get."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from setpoint.platforms.emr.clusters import Seen
from setpoint.platforms.emr.watch import FRESH, LOOKBACK, Watch

START = datetime(2026, 1, 1, tzinfo=UTC)
LIVES = st.lists(st.tuples(st.integers(0, 9000), st.integers(1, 4000)), max_size=12)
"""Minutes of start and of length."""
LOOKS = st.lists(st.integers(1, 2500), min_size=1, max_size=8)
"""Minutes from look to look."""


class Cloud:
    """Clusters by the minutes of their lives, as a list of AWS has them."""

    def __init__(self, lives: list[tuple[int, int]]) -> None:
        self.lives, self.now, self.asked = lives, START, list[datetime]()

    def since(self, time: datetime) -> list[Seen]:
        self.asked.append(time)
        return [each for each in self.now_there() if each.created >= time]

    def living(self) -> list[Seen]:
        return [each for each in self.now_there() if not each.is_over]

    def now_there(self) -> Iterable[Seen]:
        for number, (began, length) in enumerate(self.lives):
            created = START + timedelta(minutes=began)
            if created <= self.now:
                is_over = created + timedelta(minutes=length) <= self.now
                yield Seen(created, f"j-{number}", f"x run {number}", "TERMINATED" if is_over else "RUNNING")


@given(lives=LIVES, looks=LOOKS)
def test_whatever_happens_between_looks_is_seen(lives: list[tuple[int, int]], looks: list[int]) -> None:
    cloud = Cloud(lives)
    watch = Watch(lambda: cloud.now, cloud.since, cloud.living, lambda each: each.is_over)
    for minutes in looks:
        cloud.now += timedelta(minutes=minutes)
        assert sorted(watch.look().values()) == sorted(cloud.since(cloud.now - LOOKBACK))
        assert sorted(watch.named("x")) == sorted(watch.look().values())
        cloud.asked.clear()


@given(seconds=st.integers(0, 30))
def test_it_is_asked_again_when_it_is_not_fresh_any_more(seconds: int) -> None:
    cloud = Cloud([(0, 1)])
    watch = Watch(lambda: cloud.now, cloud.since, cloud.living, lambda each: each.is_over)
    watch.look()
    cloud.now += timedelta(seconds=seconds)
    watch.look()
    assert len(cloud.asked) == (2 if timedelta(seconds=seconds) >= FRESH else 1)


def test_what_has_ended_is_not_asked_for_again() -> None:
    cloud = Cloud([(0, 1), (2, 1)])
    watch = Watch(lambda: cloud.now, cloud.since, cloud.living, lambda each: each.is_over)
    for _ in range(3):
        cloud.now += timedelta(days=1)
        watch.look()
    assert cloud.asked[-1] == cloud.now - timedelta(days=1) - FRESH


def test_one_that_lives_for_months_does_not_make_the_list_long() -> None:
    cloud = Cloud([(0, 60 * 24 * 100), (60, 5)])
    watch = Watch(lambda: cloud.now, cloud.since, cloud.living, lambda each: each.is_over)
    for _ in range(90):
        cloud.now += timedelta(days=1)
        assert watch.look()["j-0"].state == "RUNNING"
    assert cloud.asked[-1] == cloud.now - timedelta(days=1) - FRESH
    assert watch.look().keys() == {"j-0"}
    cloud.now += timedelta(days=20)
    assert watch.look()["j-0"].state == "TERMINATED"
    cloud.now += timedelta(days=1)
    assert not watch.named("x")

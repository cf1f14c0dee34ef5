"""When changes may be made."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.restrictions import NO_RESTRICTIONS, Restrictions
from setpoint.core.windows import Span, Times, closed, times_of

moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - the bounds are naive by hypothesis' rule
EVENINGS = "0 20 * * 1-5 for 4h in Europe/Berlin"


@given(moments)
def test_a_window_is_where_the_clock_on_the_wall_says(at: datetime) -> None:
    there = at.astimezone(ZoneInfo("Europe/Berlin"))
    expected = there.hour >= 20 and there.isoweekday() <= 5
    assert times_of(EVENINGS).holds(at) == expected


@given(st.integers(0, 23), st.integers(1, 23), moments)
def test_every_day_some_hours_are_open_and_the_rest_is_closed(hour: int, hours: int, at: datetime) -> None:
    daily = times_of(f"0 {hour} * * * for {hours}h")
    assert daily.holds(at) == ((at.hour - hour) % 24 < hours)


@given(moments, st.integers(1, 400))
def test_a_span_holds_from_its_first_day_to_the_end_of_its_last(begins: datetime, days: int) -> None:
    first, last = begins.date(), (begins + timedelta(days=days)).date()
    span = times_of(f"{first} to {last}")
    midnight = datetime(first.year, first.month, first.day, tzinfo=UTC)
    assert span.holds(midnight)
    assert not span.holds(midnight - timedelta(microseconds=1))
    assert span.holds(midnight + timedelta(days=days + 1, microseconds=-1))
    assert not span.holds(midnight + timedelta(days=days + 1))


@given(moments)
def test_the_strictest_wins(at: datetime) -> None:
    both = Restrictions(windows=(EVENINGS,), freezes=("2026-12-20 to 2027-01-06",))
    frozen = closed(Restrictions(freezes=both.freezes), at) is not None
    outside = closed(Restrictions(windows=both.windows), at) is not None
    assert (closed(both, at) is not None) == (frozen or outside)
    assert closed(NO_RESTRICTIONS, at) is None


def test_several_windows_are_open_together() -> None:
    restrictions = Restrictions(windows=("0 1 * * * for 30m", "0 13 * * * for 30min"))
    hours = [hour for hour in range(24) if closed(restrictions, datetime(2026, 3, 1, hour, 10, tzinfo=UTC)) is None]
    assert hours == [1, 13]
    assert "only at" in (closed(restrictions, datetime(2026, 3, 1, 5, tzinfo=UTC)) or "")


def test_what_is_written_is_read() -> None:
    assert times_of("*/5 * * * * for 1d") == Times("*/5 * * * *", timedelta(days=1))
    assert isinstance(times_of("2026-12-20T18:00 to 2026-12-21T06:00"), Span)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("0 20 * * 1-5 for 4h in Europe/Atlantis", "Atlantis"),
        ("0 20 * * 1-5 for 4h in ../../etc/passwd", "time zone"),
        ("99 20 * * 1-5 for 4h", "cron"),
        ("0 20 * * 1-5 for 0h", "must last"),
        ("0 20 * * 1-5 for 999d", "must last"),
        ("2027-01-06 to 2026-12-20", "before"),
        ("tomorrow to 2026-12-20", "tomorrow"),
        ("at night", "write for example"),
    ],
)
def test_what_is_wrong_is_said(text: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        times_of(text)

"""Candidates: listed once, looked at a few, put in order again."""

from hypothesis import given
from hypothesis import strategies as st
from tests.onboarding.recurring_fakes import NO_LOG, Account, job

from setpoint.onboarding.candidates import candidates
from setpoint.platforms.recurring import CloserLook


@given(st.lists(st.integers(0, 50), unique=True, max_size=12), st.integers(0, 5))
def test_only_so_many_are_looked_at_and_every_job_stands_once(numbers: list[int], logs: int) -> None:
    account = Account(tuple(job(number, dollars=float(number + 1)) for number in numbers))
    found = candidates(account, 7.0, logs)
    assert len(account.looked) == min(logs, len(numbers))
    assert sorted(place.key for place in found.places) == sorted(f"{number} main" for number in numbers)
    # The dearest are looked at first.
    dearest = sorted(numbers, reverse=True)[:logs]
    assert account.looked == [f"{number} main" for number in dearest]


def test_a_look_makes_another_order() -> None:
    looks = {"1 main": CloserLook(0.05, 9.0, 1800.0), "2 main": CloserLook(0.8, 6.0, 1800.0)}
    found = candidates(Account((job(1, dollars=9.0), job(2, dollars=8.0)), looks), 7.0, 5)
    assert [place.key for place in found.places] == ["2 main", "1 main"]
    assert found.places[0].dollars_a_run == 6.0


def test_what_a_look_cannot_tell_is_noted_and_the_job_stays() -> None:
    looks: dict[str, CloserLook | Exception] = {
        "1 main": NO_LOG,
        "2 main": CloserLook(None, 6.0, 1800.0, "its cluster delivers no logs"),
    }
    found = candidates(Account((job(1, "a"), job(2, "b")), looks), 7.0, 5)
    assert sorted(found.notes) == ["a: There is no event log.", "b: its cluster delivers no logs"]
    assert len(found.places) == 2
    assert not any(place.is_headroom_read for place in found.places)


def test_what_cannot_be_taken_is_not_looked_at_and_not_ranked() -> None:
    account = Account((job(1), job(2, refusal="It is serverless.")))
    found = candidates(account, 7.0, 5)
    assert ([place.key for place in found.places], [it.key for it in found.refused]) == (["1 main"], ["2 main"])
    assert account.looked == ["1 main"]

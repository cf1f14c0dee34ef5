"""Numbers as people say them: no more is lost than the digits that are left out."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.words import amount, data_size, dollars, duration, rough_duration


@given(st.floats(1e-9, 1e9))
def test_dollars_are_within_half_a_per_cent_and_read_without_an_exponent(much: float) -> None:
    shown = dollars(much)
    assert re.fullmatch(r"\$[0-9,]+\.[0-9]{2,}", shown)
    assert float(shown[1:].replace(",", "")) == pytest.approx(much, rel=0.006)
    assert dollars(-much) == f"-{shown}"


@given(st.floats(1e-9, 1e12))
def test_amounts_are_within_half_a_per_cent_and_read_without_an_exponent(much: float) -> None:
    shown = amount(much)
    assert re.fullmatch(r"[0-9,]+(\.[0-9]+)?", shown)
    assert float(shown.replace(",", "")) == pytest.approx(much, rel=0.006)


@given(st.floats(0, 1e7))
def test_a_duration_never_says_sixty_of_anything(seconds: float) -> None:
    assert "60" not in re.findall(r"\b[0-9]+\b", duration(seconds).partition(" h")[2] or duration(seconds))
    assert re.fullmatch(r"[0-9.]+ (s|min|h)", rough_duration(seconds))


def test_what_is_no_number_of_dollars_is_still_words() -> None:
    assert [dollars(0), dollars(float("inf")), amount(0.0), amount(float("nan"))] == ["$0.00", "$inf", "0", "nan"]


def test_a_size_that_was_not_measured_is_unknown() -> None:
    assert (data_size(None), data_size(0)) == ("unknown", "0 B")

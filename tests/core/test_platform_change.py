"""Other versions and other prices."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.made import HALF_PRICES, PRICES, WIDE, entries, folded, recorded, run, waiting_profile

from setpoint.core.cost import price
from setpoint.core.domain import ClusterSpec, Run
from setpoint.core.drift import detect, repriced
from setpoint.core.history import Disturbed
from setpoint.core.platform_change import other_platform, other_prices
from setpoint.core.pricebook import PriceBook
from setpoint.core.profile import Profile


def on(version: str, runtime: str = "") -> Profile:
    """The usual log, of this version of Spark and of the platform's runtime."""
    made = waiting_profile(8)
    named = (("spark.databricks.clusterUsageTags.sparkVersion", runtime),) if runtime else ()
    return replace(made, application=replace(made.application, spark_version=version), properties=named)


def priced(number: int, prices: PriceBook, spec: ClusterSpec = WIDE, seconds: float = 20.0) -> Run:
    return replace(run(number, spec, seconds), cost=price(spec, seconds, prices, "list-estimated"))


def test_another_version_is_a_change_of_the_platform() -> None:
    history = folded(entries(run(1, made=on("3.5.1")), run(2, made=on("3.5.1"))))
    drift = detect(history, run(3, made=on("4.0.1")))
    assert drift is not None
    assert drift.kind == "platform change"
    assert "3.5.1 before, 4.0.1 now" in drift.detail
    assert detect(history, run(3, made=on("3.5.1"))) is None


@pytest.mark.parametrize(("before", "now"), [("", "4.0.1"), ("3.5.1", ""), ("3.5.1", "3.5.1")])
def test_a_version_that_is_not_known_is_no_other(before: str, now: str) -> None:
    assert other_platform(on(before), on(now)) is None


def test_the_runtime_of_the_platform_counts_too() -> None:
    said = other_platform(on("3.5.0", "14.3.x-scala2.12"), on("3.5.0", "15.4.x-scala2.12"))
    assert said == "runtime 14.3.x-scala2.12 before, 15.4.x-scala2.12 now"


def test_what_ran_on_another_version_is_of_an_earlier_regime() -> None:
    story = entries(run(1, made=on("3.5.1")), run(2, made=on("4.0.1")))
    at = run(2).report.finished_at
    assert folded([*story, Disturbed("platform change", "seen", "run-2", at)]).regime == 1
    assert folded([*story, Disturbed("price change", "seen", "run-2", at)]).regime == 0


@given(st.floats(0.2, 5.0), st.sampled_from([WIDE, ClusterSpec.local(2, 1024)]), st.floats(1.0, 1e4))
def test_only_prices_tell_of_other_prices(factor: float, spec: ClusterSpec, seconds: float) -> None:
    """Whatever spec ran, and however long."""
    book = PriceBook.of_cores(0.05 * factor, 0.005, "later")
    before, now = priced(1, PriceBook.of_cores(0.05, 0.005, "first")), priced(2, book, spec, seconds)
    said = other_prices(before, now)
    if abs(factor - 1) > 0.01:
        assert said is not None
    assert other_prices(before, priced(2, PriceBook.of_cores(0.05, 0.005, "first"), spec, seconds)) is None


def test_other_prices_are_told_beside_what_else_changed() -> None:
    history = folded(entries(priced(1, PRICES)))
    drift = repriced(history, priced(2, HALF_PRICES))
    assert drift is not None
    assert drift.kind == "price change"
    assert "keeps its cost" in drift.detail
    assert repriced(history, priced(2, PRICES)) is None
    assert repriced(folded(entries()), priced(1, PRICES)) is None


def test_what_is_billed_is_not_compared_with_what_is_reckoned() -> None:
    bill = replace(priced(1, HALF_PRICES), cost=replace(priced(1, HALF_PRICES).cost, label="billed"))
    assert other_prices(bill, priced(2, PRICES)) is None


def test_old_runs_keep_their_cost() -> None:
    first = priced(1, PRICES)
    assert folded([*entries(first), *recorded(priced(2, HALF_PRICES))]).runs[0].cost == first.cost

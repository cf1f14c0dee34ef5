"""Waiting, and logs on their way."""

import gc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from tests.clouds.world import names_in

from setpoint.clouds import databricks
from setpoint.clouds.fetched_logs import fetched, zipped
from setpoint.clouds.masking import masked
from setpoint.clouds.waiting import Waiter
from setpoint.errors import PlatformError


@given(some.integers(0, 60), some.floats(1.0, 2000.0))
def test_it_is_waited_as_long_as_it_takes_and_no_longer(looks: int, most: float) -> None:
    clock, seen, said = [0.0], [0], list[str]()

    def sleep(seconds: float) -> None:
        assert 0 < seconds <= 30
        clock[0] += seconds

    def look() -> int:
        seen[0] += 1
        return seen[0]

    waiter = Waiter(said.append, sleep, lambda: clock[0])
    try:
        assert waiter.until(look, lambda it: it > looks, str, most) == looks + 1
    except PlatformError:
        assert most <= clock[0] <= most + 1
    assert (looks == 0) or said


def test_the_copy_of_a_log_goes_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    one = fetched("application_1", iter([b"a", b"b"]))
    many = zipped("x.zip", [("f/events_1.zstd", [b"1"]), ("f/appstatus", [b""])])
    for _ in range(2):  # an upload that failed is made again
        with one.open() as file:
            assert file.read() == b"ab"
    assert names_in(many) == ["f/events_1.zstd", "f/appstatus"]
    assert len(list(tmp_path.iterdir())) == 2
    del one, many
    gc.collect()
    assert list(tmp_path.iterdir()) == []


@given(some.recursive(some.text() | some.integers(), lambda it: some.lists(it) | some.dictionaries(some.text(), it)))
def test_masking_keeps_what_is_no_secret(document: object) -> None:
    assert masked({"cluster": document}) == {"cluster": document}


def test_words_of_vendors_and_variables_are_left_out() -> None:
    reason = {"parameters": {"azure_error_message": "https://x?sig=1", "code": "A"}}
    event = {"details": {"reason": reason}}
    found = masked({"cluster_events": {"events": [event]}, "cluster": {"spark_env_vars": {"A": "b"}}})
    assert found["cluster_events"]["events"][0]["details"]["reason"]["parameters"] == {"code": "A"}
    assert found["cluster"]["spark_env_vars"] == {"A": "***"}


def test_another_product_is_none() -> None:
    with pytest.raises(PlatformError, match="not a product"):
        databricks("gcp-dataproc")

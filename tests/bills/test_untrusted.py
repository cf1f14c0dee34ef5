"""Whatever lies where an export is said to be: a reading, or one sentence that names the file."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.bills.exports import LAST, csv_text, usage, write_parquet
from tests.bills.test_azure import day

from setpoint.bills.aws import AwsExport
from setpoint.bills.azure import AzureExport
from setpoint.errors import InputError

SINCE, UNTIL = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
WORDS = st.sampled_from(
    ["", "nan", "inf", "-1e999", "1e400", "0001-01-01", "9999-12-31T23:59:59Z", "{", '{"a": [1]}', '"', "\x00", "×"]
)
NAMES = ["x.csv", "x.csv.gz", "x.parquet"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("export")


def read(place: Path, name: str, content: bytes) -> None:
    for old in place.iterdir():
        old.unlink()
    (place / name).write_bytes(content)
    for source in (AwsExport, AzureExport):
        with suppress(InputError):
            source(place).read(SINCE, UNTIL)


@given(st.sampled_from(NAMES), st.binary(max_size=200))
def test_any_bytes(place: Path, name: str, content: bytes) -> None:
    read(place, name, content)


@given(st.sampled_from(sorted(usage(1, 1.0))), WORDS)
def test_any_word_in_any_field_of_aws(place: Path, column: str, word: str) -> None:
    read(place, "x.csv", csv_text([{**usage(1, 1.0), column: word}, LAST]))


@given(st.sampled_from(sorted(day(1, 1.0))), WORDS)
def test_any_word_in_any_field_of_azure(place: Path, column: str, word: str) -> None:
    read(place, "x.csv", csv_text([{**day(1, 1.0), column: word}]))


@given(st.integers(0, 2000), st.integers(0, 255))
def test_parquet_with_a_damaged_byte(place: Path, at: int, byte: int) -> None:
    whole = place.parent / "whole.parquet"
    if not whole.exists():
        write_parquet(whole, [usage(1, 1.0), LAST])
    content = bytearray(whole.read_bytes())
    content[at % len(content)] = byte
    read(place, "x.parquet", bytes(content))

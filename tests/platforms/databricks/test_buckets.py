"""Logs in S3, through boto3 against the emulated account."""

from collections.abc import Iterator, Sequence

import pytest
from tests.platforms.emr.world import BOOK

from setpoint.errors import PlatformError
from setpoint.platforms.databricks.buckets import WithBuckets
from setpoint.platforms.databricks.logs import LogFile, is_complete, parts_of
from setpoint.platforms.emr.calls import Calls
from setpoint.testing.emr import EmrEmulator

FOLDER = "s3://bucket/logs/0101-1/eventlog"


class Elsewhere:
    """DBFS, as it were."""

    def below(self, folder: str) -> Sequence[LogFile]:
        return (LogFile(f"{folder}/eventlog", 1.0),)

    def read(self, file: LogFile) -> Iterator[bytes]:
        yield file.path.encode()


@pytest.fixture
def cloud() -> Iterator[EmrEmulator]:
    with EmrEmulator(BOOK) as emulator:
        yield emulator


def test_defect_4_07_a_log_of_more_than_a_page_of_parts_is_found_whole(cloud: EmrEmulator) -> None:
    own, other = f"{FOLDER}/0101-1_10_0_0_1/77", f"{FOLDER}/0101-1_10_0_0_1/88"
    for number in range(1005):
        name = f"eventlog-2026-01-{number // 1000 + 1:02d}--{number % 1000 // 60:02d}-{number % 60:02d}"
        cloud.put(f"{own}/{name}", b"%d " % number, cloud.clock())
    cloud.put(f"{own}/eventlog", b"last", cloud.clock())
    cloud.put(f"{other}/eventlog", b"of another run", cloud.clock())
    files = WithBuckets(Elsewhere(), Calls(cloud.client, cloud.clock.wait), "us-east-1")
    parts = parts_of(files.below(FOLDER), ["77"])
    assert len(parts) == 1006
    assert is_complete(parts, cloud.clock().timestamp())
    assert b"".join(files.read(parts[0])) == b"0 "
    assert b"".join(files.read(parts[-1])) == b"last"


def test_what_is_not_in_s3_is_left_to_others(cloud: EmrEmulator) -> None:
    files = WithBuckets(Elsewhere(), Calls(cloud.client, cloud.clock.wait), "us-east-1")
    (found,) = files.below("dbfs:/logs")
    assert b"".join(files.read(found)) == b"dbfs:/logs/eventlog"
    with pytest.raises(PlatformError, match="is a folder"):
        files.read(LogFile("s3://bucket/logs/", 1.0))
    assert files.below("s3://nowhere/x") == ()

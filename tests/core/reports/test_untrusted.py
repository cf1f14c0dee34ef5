"""Whatever a document holds: an answer, or one sentence that names the field; never a traceback."""

import json
import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.reports.made import T0, book, instance, life, report, seen
from tests.core.reports.test_emr import emr, one, serverless

from setpoint.core.cost import meter
from setpoint.core.reports import LARGEST_REPORT_BYTES, ReportedRun, read_report, write_report
from setpoint.errors import InputError

MACHINES = [instance(f"i-{number}", spot=number > 0) for number in range(3)]
TIMES = [seen(f"i-{number}", 280, 3890) for number in range(3)]
VOLUMES = [{"Size": 100, "VolumeType": "gp3", "Iops": 3000, "Attachments": [{"InstanceId": "i-1"}]}]
TASKS = [{"task_key": "a", "run_id": 7, "start_time": T0 * 1000, "end_time": (T0 + 3800) * 1000, "setup_duration": 9}]
AZURE_MACHINE = {"name": "a", "location": "eastus", "priority": "Spot", "hardware_profile": {"vm_size": "Standard_X"}}
RICH = report(life(2), instances=MACHINES, instance_timelines=TIMES, volumes=VOLUMES, tasks=TASKS)
DOCUMENTS = [
    RICH,
    report(life(2), {"azure_attributes": {"availability": "SPOT_AZURE"}}, instances=[AZURE_MACHINE]),
    emr([one("a", 0, 3600, "if-main", Market="ON_DEMAND", EbsVolumes=[{}]), one("b", 9, 900, "if-core")]),
    serverless(),
    write_report(read_report(RICH)),
]

oddities = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "2026-13-99", "NaN", "\x1b[31m", "x" * 9999, "0001-01-01T00:00:00+14:00", "SPOT", "9" * 400]),
    st.lists(st.none(), max_size=2),
    st.dictionaries(st.sampled_from(["events", "Reservations", "num_workers", "x"]), st.integers(-2, 2), max_size=2),
)


def paths(value: object, here: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The way to every value in a document."""
    inner = list(value.items()) if isinstance(value, dict) else []
    inner += list(enumerate(value)) if isinstance(value, list) else []
    return [here, *(path for key, each in inner for path in paths(each, (*here, key)))]


def put(value: object, path: tuple[str | int, ...], new: object) -> object:
    """The document with another value there."""
    if not path:
        return new
    if isinstance(value, dict):
        return {**value, path[0]: put(value[path[0]], path[1:], new)}
    assert isinstance(value, list)
    return [put(each, path[1:], new) if number == path[0] else each for number, each in enumerate(value)]


def read_or_sentence(document: bytes) -> ReportedRun | str:
    try:
        return read_report(document)
    except InputError as error:
        return str(error)


@settings(max_examples=600, deadline=None)
@given(st.data(), st.sampled_from(DOCUMENTS), st.integers(1, 3))
def test_mutated_reports(data: st.DataObject, document: bytes, changes: int) -> None:
    value = json.loads(document)
    for _ in range(changes):
        path = data.draw(st.sampled_from(paths(value)))
        value = put(value, path, data.draw(oddities))
    run = read_or_sentence(json.dumps(value).encode())
    if isinstance(run, str):
        assert re.search(r"[.\w]", run)
        assert run.isprintable()
        assert len(run) < 700
        return
    found = meter(run.usage, book(), "list-estimated")
    assert all(math.isfinite(part.dollars) and part.dollars >= 0 for part in found.parts)
    assert all(use.ended >= use.began for use in run.usage.machines)


@given(st.binary(max_size=200))
def test_any_bytes(document: bytes) -> None:
    with pytest.raises(InputError):
        read_report(document)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[]", "is a list; a JSON object is needed"),
        (b'{"cluster": NaN}', "no JSON"),
        (b"{}", "no cluster report that is known"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b" " * (LARGEST_REPORT_BYTES + 1), "at most 64 are read"),
        (b'{"result": {"result": {"result": {"result": {"cluster": {}}}}}}', "no cluster report that is known"),
    ],
)
def test_no_report_at_all(document: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_report(document)


@pytest.mark.parametrize(
    ("where", "wrong", "words"),
    [
        (("cluster", "num_workers"), -1, "cluster.num_workers is -1, where a number from 0"),
        (("cluster", "num_workers"), 2.5, "cluster.num_workers is 2.5, where a whole number"),
        (("cluster", "num_workers"), "8", "cluster.num_workers is '8', where a number is needed"),
        (("cluster", "num_workers"), 10**9, "where a whole number from 0 to 100000"),
        (("cluster_events", "events", 0, "timestamp"), None, r"events\[0\].timestamp is missing, where a time"),
        (("cluster_events", "events", 0, "timestamp"), 10**30, r"events\[0\].timestamp is 1"),
        (("cluster_events", "events", 1, "details"), [], r"details is a list, where an object"),
        (("instances", 1, "InstanceType"), None, r"instances\[1\].InstanceType is missing"),
        (("instances", 1, "LaunchTime"), "yesterday", r"instances\[1\].LaunchTime is 'yesterday'"),
        (("instance_timelines", 0, "last_seen_running_time"), "2001-01-01", "lies before first_seen_running_time"),
        (("volumes", 0, "Size"), None, r"volumes\[0\].Size is missing"),
        (("tasks", 0, "end_time"), 1, r"tasks\[0\].end_time lies before its start_time"),
        (("cluster", "cluster_name"), "a\x1bb", "cluster.cluster_name is 'a"),
    ],
)
def test_what_is_wrong_is_named(where: tuple[str | int, ...], wrong: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_report(json.dumps(put(json.loads(RICH), where, wrong)).encode())


def test_a_report_without_any_time_or_number_of_workers() -> None:
    with pytest.raises(InputError, match=r"start_time is missing"):
        read_report(report([]))
    events = [life(2)[0] | {"details": {}}, life(2)[2]]
    with pytest.raises(InputError, match=r"cluster.num_workers is missing"):
        read_report(report(events, {"num_workers": None}))

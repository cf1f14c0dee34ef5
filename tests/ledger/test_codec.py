"""Entries and their rows: exact in both directions, and readable across versions."""

import json
import types
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from setpoint.core.domain import Assessment, Cost, CostPart, Hold, Phase
from setpoint.core.history import (
    Approved,
    Billed,
    Decided,
    Described,
    Entry,
    GoalSet,
    PoliciesApplied,
    Restricted,
    RollbackAsked,
    RunRecorded,
    entry_key,
)
from setpoint.core.profile import (
    BusySlots,
    Completeness,
    Counts,
    Executor,
    InputSource,
    LightStages,
    LongTask,
    Operator,
    Profile,
    Spread,
    SqlExecution,
    StreamingQuery,
)
from setpoint.errors import LedgerError
from setpoint.ledger.codec import (
    BODY_VERSION,
    COMPRESSED_FROM_BYTES,
    KINDS,
    _struct_of,
    compress,
    decode,
    decompress,
    encode,
)
from setpoint.testing.ledger_contract import SMALL, START, a_run, sample_entries

T = TypeVar("T")
GOLDEN = Path(__file__).with_name("rows_version_1.jsonl")
"""Rows as version 1 wrote them: lines are added to it, never changed, since ledgers out there hold them."""

SINCE_VERSION_2 = Approved | Billed | RollbackAsked | Described | Restricted | PoliciesApplied
"""Kinds of which version 1 wrote no rows."""
KNOWN_TO_VERSION_1 = [entry for entry in sample_entries() if not isinstance(entry, SINCE_VERSION_2)]
AFTER_PROFILE_1 = len(KNOWN_TO_VERSION_1)
"""From this line on profiles are of version 2; those before have a count of SQL executions that went to `Counts`."""

type_leaves: dict[object, st.SearchStrategy[object]] = {
    float: st.floats(allow_nan=False, allow_infinity=False),
    int: st.integers(-(2**63), 2**63 - 1),
    str: st.text(max_size=12),
    bool: st.booleans(),
    datetime: st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(fold=0)),
}


def values(hint: object) -> st.SearchStrategy[object]:
    """Any value of a type, as the domain uses types."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in {Union, types.UnionType}:
        return st.one_of([values(argument) for argument in arguments])
    if origin is tuple and arguments[-1] is ...:
        return st.lists(values(arguments[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*[values(argument) for argument in arguments])
    if isinstance(hint, type) and is_dataclass(hint):
        hints = get_type_hints(hint)
        return st.builds(hint, **{f.name: values(hints[f.name]) for f in fields(hint)})
    return type_leaves[hint] if hint in type_leaves else st.from_type(hint)  # type: ignore[arg-type]  # NoneType and enumerations


@pytest.mark.parametrize("cls", KINDS.values(), ids=KINDS)
def test_every_entry_comes_back_as_it_was(cls: type[Entry]) -> None:
    @settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    @given(values(cls))
    def round_trip(entry: Entry) -> None:
        row = encode(entry)
        back = decode(row.kind, decompress(compress(row.body)))
        assert back == entry
        assert repr(back) == repr(entry)  # equality takes -0.0 for 0.0, and one instant in two zones for the same
        assert row.key == entry_key(entry)
        assert datetime.fromisoformat(row.at) == entry.at

    round_trip()


def test_every_kind_of_entry_has_a_word() -> None:
    assert set(KINDS.values()) == set(get_args(Entry))


@given(st.binary(max_size=3 * COMPRESSED_FROM_BYTES).map(lambda noise: b"{" + noise))
def test_bodies_come_back_from_their_bytes(body: bytes) -> None:
    assert decompress(compress(body)) == body


def test_a_profile_takes_half_its_bytes_or_less() -> None:
    body = encode(a_run(1, stages=10)).body
    assert len(compress(body)) <= len(body) / 2


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=2, max_size=2))
def test_rows_sort_like_their_times(times: list[datetime]) -> None:
    first, second = (encode(GoalSet("cost", "auto", at)).at for at in times)
    assert (first < second) == (times[0] < times[1])


def test_numbers_of_numpy_are_stored_as_numbers() -> None:
    run = a_run(1)
    part = replace(run.run.cost.parts[0], dollars=np.float64(0.1))
    entry = replace(run, run=replace(run.run, cost=replace(run.run.cost, parts=(part,))))
    assert decode("run", encode(entry).body) == entry


@pytest.mark.parametrize(
    ("unfit", "words"),
    [
        (GoalSet("cost", "auto", START.replace(tzinfo=None)), r"at is a time that is not in UTC"),
        (GoalSet("cost \ud800", "auto", START), r"goal is text with half a character"),
        (GoalSet("cost", "never", START), r"would not read back"),  # type: ignore[arg-type]  # that is the point
        (GoalSet(object(), "auto", START), r"would not read back"),  # type: ignore[arg-type]  # that is the point
        (
            Decided("d", "r", "cost", SMALL, Hold(float("nan"), Assessment(Phase.LEARNING)), START),  # type: ignore[arg-type]  # that is the point
            r"decision\.reason is nan",
        ),
    ],
)
def test_what_would_not_come_back_is_refused_by_name(unfit: Entry, words: str) -> None:
    with pytest.raises(LedgerError, match=words):
        encode(unfit)


@pytest.mark.parametrize("zone", [None, timezone(timedelta(hours=5, minutes=30))])
def test_a_time_deep_inside_must_be_in_utc(zone: timezone | None) -> None:
    run = a_run(1)
    report = replace(run.run.report, finished_at=run.run.report.finished_at.replace(tzinfo=zone))
    with pytest.raises(LedgerError, match=r"run\.report\.finished_at is a time that is not in UTC"):
        encode(replace(run, run=replace(run.run, report=report)))


def with_more(value: object) -> object:
    """The same JSON as a later version might write it: every object has a field more."""
    match value:
        case dict():
            return {"added_later": {"x": [1]}, **{key: with_more(inner) for key, inner in value.items()}}
        case list():
            return [with_more(inner) for inner in value]
    return value


@pytest.mark.parametrize("entry", sample_entries(), ids=entry_key)
def test_fields_that_are_not_known_are_passed_over(entry: Entry) -> None:
    row = encode(entry)
    assert decode(row.kind, json.dumps(with_more(json.loads(row.body))).encode()) == entry


def test_fields_that_are_missing_take_their_default() -> None:
    at = START.isoformat()
    goal = decode("goal", f'{{"version":1,"entry":{{"goal":"cost","mode":"auto","at":"{at}"}}}}'.encode())
    assert goal == GoalSet("cost", "auto", START)
    row = encode(Decided("d", "r", "cost", SMALL, Hold("no", Assessment(Phase.LEARNING)), START))
    bare = json.loads(row.body)
    bare["entry"]["decision"]["assessment"] = {"phase": "LEARNING"}
    assert decode(row.kind, json.dumps(bare).encode()).decision.assessment == Assessment(Phase.LEARNING)  # type: ignore[union-attr]  # a Decided


def test_the_members_of_a_union_keep_their_defaults() -> None:
    @dataclass(frozen=True, slots=True)
    class Later:
        spec: int
        margin: float = 0.05
        notes: tuple[str, ...] = field(default_factory=tuple)

    read = msgspec.json.decode(b'{"type":"later","spec":1}', type=_struct_of(Later, "later"))
    assert (read.margin, read.notes) == (0.05, ())  # type: ignore[attr-defined]  # fields made from the dataclass


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        ("goal", f'{{"version":{BODY_VERSION + 1},"entry":{{}}}}', "newer Setpoint"),
        (
            "goal",
            f'{{"version":{BODY_VERSION + 1},"entry":{{"goal":"cost","mode":"auto","at":"2026-01-01T00:00:00Z"}}}}',
            "newer Setpoint",
        ),
        ("eclipse", '{"version":1,"entry":{}}', "newer Setpoint"),
        ("goal", '{"version":1,"entry":{}}', "missing required field"),
        ("goal", '{"version":1,"ent', "restore the ledger"),
    ],
)
def test_a_row_that_cannot_be_read_says_what_to_do(kind: str, body: str, words: str) -> None:
    with pytest.raises(LedgerError, match=words):
        decode(kind, body.encode())


def test_damaged_bytes_are_named() -> None:
    stored = compress(encode(a_run(1)).body)
    with pytest.raises(LedgerError, match="damaged"):
        decompress(stored[: len(stored) // 2])


def of_profile_1(entry: Entry) -> Entry:
    """The entry with what its profile had in version 1; all that was added since is at its default."""
    if not isinstance(entry, RunRecorded) or entry.run.profile is None:
        return entry
    return replace(entry, run=replace(entry.run, profile=replace(entry.run.profile, version=1)))


def golden_entries() -> list[Entry]:
    """What the golden rows hold, in their order."""
    return [with_costs_of_version_1(entry) for entry in (*map(of_profile_1, KNOWN_TO_VERSION_1), a_run_in_full())]


def with_costs_of_version_1(value: T) -> T:
    """The same with costs as far as version 1 knew them: dollars of cores and of memory."""
    if isinstance(value, Cost):
        cores = CostPart("vcpu", "vcpu", None, "vCPU-hours", value.of("vcpu"))
        memory = CostPart("memory", "memory", None, "GiB-hours", value.of("memory"))
        return cast("T", Cost((cores, memory), value.label))
    if isinstance(value, Profile) or not is_dataclass(value) or isinstance(value, type):
        return value
    return replace(value, **{f.name: with_costs_of_version_1(getattr(value, f.name)) for f in fields(value)})


def a_run_in_full() -> RunRecorded:
    """A run whose profile has all that version 2 added."""
    entry = a_run(2, stages=1)
    assert entry.run.profile is not None
    (bare,) = entry.run.profile.stages
    stage = replace(
        bare,
        first_launch=0.75,
        speculative_tasks=2,
        peak_memory_bytes=2**31,
        locality=(("NODE_LOCAL", 120), ("ANY", 8)),
        spreads=(Spread("run_seconds", 0.5, 1.5, 9.0, 9.75),),
        longest=(LongTask(17, 1, "driver", 9.75),),
        totals=replace(bare.totals, deserialise_seconds=0.5, shuffle_write_seconds=0.25, input_rows=10**9),
    )
    driver = Executor(
        "driver", "localhost", 2, 0.25, 59.5, "spot interruption", 7, "spot", 8, 9, tasks=128, count=3
    )  # fmt: skip
    profile = replace(
        entry.run.profile,
        stages=(stage,),
        executors=(driver,),
        completeness=Completeness("partial", 1, 17, ("line 17 is no JSON",), 4096),
        platform="databricks",
        engine="photon",
        evidence=("operator PhotonScan",),
        counts=Counts(1, 402, 51_200, 3, 1, 4, 3, 2, 5),
        light_stages=LightStages(401, 51_072, 4, stage.totals, 0.5),
        sql=(SqlExecution(1, "save", 0.5, 59.9, "abcd", 2, "no", (Operator("Sort", "spark", 2, (("rows", 5.0),)),)),),
        inputs=(InputSource("s3://lake/in", "parquet", 2**40, 10**9, 400),),
        streaming=(StreamingQuery("q", "clicks", 40, 10**6, 2.0, 14.0, 19.0, 10.0),),
        busy=BusySlots(-0.5, 4.096, (0.5, 2.0)),
    )
    return replace(entry, run=replace(entry.run, profile=profile))


@pytest.mark.parametrize(
    ("line", "entry"), list(zip(GOLDEN.read_text(encoding="utf-8").splitlines(), golden_entries(), strict=True))
)
def test_rows_of_version_1_are_read(line: str, entry: Entry) -> None:
    row = json.loads(line)
    assert decode(row["kind"], json.dumps(row["body"]).encode()) == entry
    assert row["key"] == entry_key(entry)


def test_golden_profiles_leave_no_field_at_its_default() -> None:
    row = json.loads(GOLDEN.read_text(encoding="utf-8").splitlines()[AFTER_PROFILE_1])
    assert all(row["body"]["entry"]["run"]["profile"][field.name] for field in fields(Profile))

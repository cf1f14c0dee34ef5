"""What every ledger owes. Subclass `LedgerContract` as a test class and give it a fixture `subject`."""

import multiprocessing
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from typing import Any

import pytest

from setpoint.core.domain import (
    Assessment,
    Candidate,
    ClusterReport,
    ClusterSpec,
    Cost,
    CostLabel,
    CostPart,
    Decision,
    Hold,
    Outcome,
    Phase,
    Prediction,
    Recommendation,
    Refusal,
    Rollback,
    Run,
    SearchSpace,
)
from setpoint.core.history import (
    FLEET,
    Applied,
    Approved,
    Billed,
    Decided,
    Described,
    Disturbed,
    Entry,
    GoalSet,
    PoliciesApplied,
    Registered,
    Restricted,
    RollbackAsked,
    RunRecorded,
    entry_key,
)
from setpoint.core.profile import (
    Application,
    Completeness,
    Executor,
    Failure,
    Job,
    Profile,
    Stage,
    TaskTotals,
)
from setpoint.core.restrictions import Restrictions
from setpoint.errors import LedgerError
from setpoint.ledger import Ledger

PROCESSES, THREADS = 5, 2
"""Ten writers at once."""
KILLS = 10
PATIENCE_SECONDS = 600.0
"""Only what hangs takes so long, however loaded the machine."""

START = datetime(2026, 1, 1, 3, 0, 0, 123456, tzinfo=UTC)
SMALL, LARGE = ClusterSpec.local(2, 1024), ClusterSpec(4, 2, 4096, 1, 2048, 200)


@dataclass(frozen=True, slots=True)
class LedgerUnderTest:
    """A ledger, empty at first, and what it claims."""

    open: Callable[[], Ledger]
    """Opens the same ledger again where it lasts; can be pickled then, for other processes call it too."""
    lasting: bool
    """Whether it outlives its process. False is a declaration, not a failure."""


def a_cost(cores: float, memory: float, label: CostLabel) -> Cost:
    """Dollars of cores and of memory."""
    parts = (
        CostPart("vcpu", "vCPU", cores * 20, "vCPU-hours", cores, "a list, 2026"),
        CostPart("memory", "memory", memory * 200, "GiB-hours", memory, "a guess", is_estimated=True),
    )
    return Cost(parts, label, ("nothing was said about disks",))


def a_run(number: int, stages: int = 3) -> RunRecorded:
    """A run with a profile; about 2.7 kB for each stage."""
    profile = Profile(
        application=Application(f"app-{number}", "nightly", None, "4.3.0", START.timestamp()),
        wall_seconds=60.1,
        properties=(("spark.master", "local[2]"),),
        executors=(Executor("driver", "localhost", 2, 0.25, None, None, 123_456_789),),
        jobs=(Job(0, 0.5, 59.9, tuple(range(stages)), succeeded=True, sql_execution_id=1),),
        stages=tuple(_a_stage(number, i) for i in range(stages)),
        failures=(Failure("job 0", "Zeichensatz: 日本 \x00 \u2028", "application"),),
        code_signature="5f2b",
        completeness=Completeness("partial", 1, 17, ("line 17 is no JSON",)),
    )
    at = START + timedelta(days=number)
    report = ClusterReport(SMALL, at, at + timedelta(seconds=60.1), 0, host_cores=2)
    cost = a_cost(0.1 + 0.2, 1e-9, "list-estimated")
    return RunRecorded(Run(f"run-{number}", report, Outcome.SUCCEEDED, None, profile, cost), report.finished_at)


def _a_stage(number: int, stage: int) -> Stage:
    rng = random.Random(1000 * number + stage)
    seconds = tuple(sorted(10 * rng.random() for _ in range(128)))
    totals = TaskTotals(run_seconds=sum(seconds), input_bytes=2**40 + number)
    return Stage(stage, 0, f"count at job.py:{stage}", (), 0.5, 59.9, 128, 0, seconds, totals)


def sample_entries() -> tuple[Entry, ...]:
    """One entry of each kind, and a decision of each kind, in the order of a project's life."""
    cost = a_cost(0.02, 0.01, "modelled")
    current = Candidate(SMALL, Prediction(61.7, 0.1, 4.0, 0.01), cost, miss_risk=0.3, loss=0.0301)
    chosen = replace(current, spec=LARGE, loss=0.02)
    numbers = Assessment(Phase.OPTIMIZING, current, chosen, Refusal(chosen, "it was tried and failed"), 96)
    decisions: tuple[Decision, ...] = (
        Hold("too few runs", Assessment(Phase.LEARNING)),
        Recommendation(LARGE, "cheaper", feasible=True, rescue=False, assessment=numbers),
        Rollback(spec=SMALL, failed_spec=LARGE, reason="it ran out of memory", blamed=True, assessment=numbers),
    )
    return (
        Registered("spark", SMALL, SearchSpace(slots=(1, 2, 4)), START),
        GoalSet("cost", "auto", START),
        a_run(1),
        Disturbed("data growth", "input ×2.0", "run-1", START),
        *(Decided(f"d{i}", "run-1", "cost", SMALL, decision, START) for i, decision in enumerate(decisions)),
        Applied("d1", LARGE, START),
        Described("data", (("team", "sales"),), START, is_idempotent=True),
        Restricted(Restrictions(pins=("slots 8",), explore_until=START), START, "house"),
        Approved("d1", "ada", START),
        RollbackAsked("ada", "it was late", START, SMALL, LARGE),
        PoliciesApplied("0f3a", (("house.yml", "name: house\nselect: all\n"),), ("nightly",), START),
        Billed("run-1", "aws", a_cost(0.1, 0.2, "billed"), START),
    )


class LedgerContract:
    """Tests that every entry of the registry passes, and every ledger from outside."""

    @pytest.fixture
    def subject(self) -> LedgerUnderTest:
        """The ledger under test; a subclass gives it."""
        raise NotImplementedError

    @pytest.fixture
    def ledger(self, subject: LedgerUnderTest) -> Ledger:
        """The ledger, opened for the first time."""
        return subject.open()

    def test_what_was_appended_is_read_in_its_order(self, ledger: Ledger) -> None:
        """Entry by entry or together, all kinds come back equal."""
        first, *rest = sample_entries()
        assert ledger.append("nightly", first)
        assert ledger.append("nightly", *rest)
        assert ledger.read("nightly") == sample_entries()

    def test_a_repeated_first_entry_writes_nothing(self, ledger: Ledger) -> None:
        """The first key decides, also for new entries behind it."""
        assert ledger.append("nightly", a_run(1))
        assert not ledger.append("nightly", a_run(1, stages=1), a_run(2))
        assert ledger.read("nightly") == (a_run(1),)

    def test_a_later_entry_that_is_there_is_passed_over(self, ledger: Ledger) -> None:
        """Whether it was written before or twice in this call; the one written first stays."""
        ledger.append("nightly", a_run(1))
        assert ledger.append("nightly", a_run(2), a_run(1, stages=1), a_run(3), a_run(2, stages=1))
        assert ledger.read("nightly") == (a_run(1), a_run(2), a_run(3))

    def test_nothing_is_written_where_there_is_nothing(self, ledger: Ledger) -> None:
        """No entries, no project."""
        assert not ledger.append("nightly")
        assert ledger.projects() == ()

    def test_projects_do_not_see_one_another(self, ledger: Ledger) -> None:
        """The same key in two projects is two facts; reading makes no project."""
        assert ledger.read("nightly") == ()
        for project in ("nightly", "Hourly", "étl", "a b/c"):
            assert ledger.append(project, a_run(1))
        assert ledger.projects() == ("Hourly", "a b/c", "nightly", "étl")
        assert ledger.read("Nightly") == ()

    def test_the_newest_of_some_kinds_is_told_for_every_project_that_has_one(self, ledger: Ledger) -> None:
        """In the order of writing, whatever the times say; streams that are no projects are left out."""
        *_, growth, first, second, third = (e for e in sample_entries() if isinstance(e, Decided | Disturbed))
        ledger.append("nightly", first, second, growth)
        ledger.append("hourly", third, a_run(1), first)
        ledger.append("weekly", a_run(1))
        ledger.append(FLEET, first)
        assert ledger.newest(Decided) == {"nightly": second, "hourly": first}
        assert ledger.newest(Decided, RunRecorded, Disturbed) == {
            "nightly": growth,
            "hourly": first,
            "weekly": a_run(1),
        }
        assert ledger.newest(Applied) == {}

    @pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
    def test_what_would_not_come_back_is_refused(self, ledger: Ledger, number: float) -> None:
        """And nothing of its call is written, whatever stands before it."""
        run = a_run(2)
        unfit = replace(run, run=replace(run.run, cost=a_cost(number, 0.0, "modelled")))
        with pytest.raises(LedgerError, match=r"run\.cost\.parts\[0\]\.quantity"):
            ledger.append("nightly", a_run(1), unfit)
        assert ledger.projects() == ()

    def test_of_ten_threads_one_writes(self, ledger: Ledger) -> None:
        """The same observation, raced."""
        with ThreadPoolExecutor(PROCESSES * THREADS) as pool:
            answers = list(pool.map(lambda _: ledger.append("nightly", *sample_entries()), range(PROCESSES * THREADS)))
        assert sorted(answers) == [False] * (len(answers) - 1) + [True]
        assert ledger.read("nightly") == sample_entries()

    def test_it_is_the_same_when_opened_again(self, subject: LedgerUnderTest) -> None:
        """Old entries are read and still refuse their repetition."""
        _require_lasting(subject)
        subject.open().append("nightly", *sample_entries())
        again = subject.open()
        assert again.read("nightly") == sample_entries()
        assert not again.append("nightly", *sample_entries())

    def test_of_ten_writers_in_many_processes_one_writes(self, subject: LedgerUnderTest) -> None:
        """They race for opening the empty ledger, too."""
        _require_lasting(subject)
        gates = [_start_racer(subject.open) for _ in range(PROCESSES)]
        for _ in ("open the ledger", "append"):
            assert [_heard(gate) for gate in gates] == ["ready"] * PROCESSES
            for gate in gates:
                gate.send("go")
        got = [answer for gate in gates for answer in _heard(gate)]
        assert sorted(map(str, got)) == ["False"] * (len(got) - 1) + ["True"]
        assert subject.open().read("nightly") == sample_entries()

    def test_a_killed_writer_leaves_whole_appends(self, subject: LedgerUnderTest) -> None:
        """SIGKILL at seeded moments: what was acknowledged is there, whole and once."""
        _require_lasting(subject)
        rng = random.Random(7)
        subject.open()
        acknowledged: set[int] = set()
        for life in range(KILLS):
            acknowledged |= _write_until_killed(subject, 1000 * life, rng.randrange(1, 8), rng.uniform(0.0, 0.02))
        entries = subject.open().read("nightly")
        runs = {int(e.run.id.removeprefix("run-")) for e in entries if isinstance(e, RunRecorded)}
        decided = {int(e.id) for e in entries if isinstance(e, Decided)}
        assert acknowledged <= runs
        assert runs == decided
        assert all(entry in (a_run(n), _decided(n)) for n in runs for entry in _of_number(entries, n))
        assert len({entry_key(entry) for entry in entries}) == len(entries)
        assert subject.open().append("nightly", a_run(999_999))


def _require_lasting(subject: LedgerUnderTest) -> None:
    if not subject.lasting:
        pytest.skip("declared: this ledger ends with its process")


def _context() -> ForkServerContext:
    # One server imports everything once and forks the writers: ten of them start in the time of one.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "setpoint.ledger.sql"])
    return context


def _start_racer(open_again: Callable[[], Ledger]) -> Connection:
    """A writer in a process of its own, and the line on which it waits for its start signals."""
    context = _context()
    ours, theirs = context.Pipe()
    context.Process(target=_race, args=(open_again, theirs), daemon=True).start()
    theirs.close()
    return ours


def _heard(gate: Connection) -> Any:  # noqa: ANN401 - whatever the other process says
    """What a writer says next; one that died says so at once, and a slow machine is waited for."""
    assert gate.poll(PATIENCE_SECONDS), f"a writer said nothing for {PATIENCE_SECONDS:.0f} s"
    try:
        return gate.recv()
    except EOFError:
        pytest.fail("a writer died; its last words are on stderr")


def _race(open_again: Callable[[], Ledger], gate: Connection) -> None:
    def append(ledger: Ledger) -> object:
        try:
            return ledger.append("nightly", *sample_entries())
        except Exception as error:  # noqa: BLE001 - it is the answer: the parent compares it
            return repr(error)

    def wait_for_start() -> None:
        gate.send("ready")
        gate.recv()

    wait_for_start()
    ledger = open_again()
    wait_for_start()
    with ThreadPoolExecutor(THREADS) as pool:
        gate.send(list(pool.map(append, [ledger] * THREADS)))


def _decided(number: int) -> Decided:
    return Decided(str(number), f"run-{number}", "cost", SMALL, Hold("because", Assessment(Phase.LEARNING)), START)


def _of_number(entries: tuple[Entry, ...], number: int) -> list[Entry]:
    keys = {entry_key(a_run(number, stages=0)), entry_key(_decided(number))}
    return [entry for entry in entries if entry_key(entry) in keys]


def _append_for_ever(open_again: Callable[[], Ledger], first: int, acknowledgements: Connection) -> None:
    ledger = open_again()
    number = first
    while True:
        ledger.append("nightly", a_run(number), _decided(number))
        acknowledgements.send(number)
        number += 1


def _write_until_killed(subject: LedgerUnderTest, first: int, appends: int, then_seconds: float) -> set[int]:
    """Numbers acknowledged by a writer that is killed some moment after so many appends."""
    context = _context()
    ours, theirs = context.Pipe(duplex=False)
    writer = context.Process(target=_append_for_ever, args=(subject.open, first, theirs), daemon=True)
    writer.start()
    theirs.close()
    acknowledged: set[int] = set()
    with ours:
        while len(acknowledged) < appends:
            acknowledged.add(ours.recv())
        time.sleep(then_seconds)
        writer.kill()
        writer.join(PATIENCE_SECONDS)
        try:
            while True:
                acknowledged.add(ours.recv())
        except (EOFError, OSError):
            return acknowledged

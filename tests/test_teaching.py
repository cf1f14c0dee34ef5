"""What the projects of a ledger teach each other, and how it is kept."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.core.made import entries, run

from setpoint.core.belief.fitting import fit
from setpoint.core.belief.known import KnownWorkload
from setpoint.core.belief.points import Place
from setpoint.core.belief.prior import EMPTY, Prior, Representative
from setpoint.core.belief.prior_json import LARGEST_BYTES, MOST_PLACES, MOST_POINTS
from setpoint.core.domain import ClusterSpec
from setpoint.core.history import Entry, fold
from setpoint.core.prediction.teaching import lessons_for, past_runs
from setpoint.errors import InputError, LedgerError
from setpoint.ledger import Ledger
from setpoint.ledger.memory import MemoryLedger
from setpoint.teaching import RENEWED_AFTER, Teaching, read_prior

SPECS = [ClusterSpec.local(slots, 4096) for slots in (2, 4, 8)]


@dataclass
class Clock:
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class CountingLedger:
    """A ledger that says what was read, one project of which cannot be."""

    inner: Ledger = field(default_factory=MemoryLedger)
    reads: list[str] = field(default_factory=list)
    broken: str = ""

    def append(self, project: str, *written: Entry) -> bool:
        return self.inner.append(project, *written)

    def read(self, project: str) -> tuple[Entry, ...]:
        self.reads.append(project)
        if project == self.broken:
            raise LedgerError("An entry has format 9.")
        return self.inner.read(project)

    def newest(self, *kinds: type[Entry]) -> dict[str, Entry]:
        return self.inner.newest(*kinds)

    def projects(self) -> tuple[str, ...]:
        return self.inner.projects()


def project(level: float) -> list[Entry]:
    return entries(*(run(number, spec, level / spec.slots) for number, spec in enumerate(SPECS)))


@pytest.fixture
def ledger() -> CountingLedger:
    made = CountingLedger()
    for name, level in (("orders", 40.0), ("stock", 90.0)):
        made.append(name, *project(level))
    return made


def learned_from(*written: list[Entry]) -> Prior:
    histories = [fold(each) for each in written]
    return fit([told for each in histories if each and (told := past_runs("", each))]).prior()


def test_a_project_learns_from_the_others_and_not_from_itself(ledger: CountingLedger, tmp_path: Path) -> None:
    teaching = Teaching(ledger, tmp_path, Clock())
    assert teaching.prior_for("orders") == learned_from(project(90.0))
    assert teaching.prior_for("new").workloads == 2
    assert teaching.of_ledger().workloads == 2


def test_lessons_hold_the_prior_and_what_the_machine_does(ledger: CountingLedger, tmp_path: Path) -> None:
    clock, teaching = Clock(), Teaching(ledger, tmp_path, Clock())
    history = fold(ledger.read("orders"))
    assert history is not None
    lessons = teaching.lessons_for("orders", history)
    assert lessons.known == lessons_for(history, teaching.prior_for("orders")).known
    kept = Teaching(ledger, tmp_path, clock)
    assert kept.lessons_for("orders", history) == lessons


def test_a_project_alone_reads_nothing_and_writes_nothing(tmp_path: Path) -> None:
    ledger = CountingLedger()
    ledger.append("orders", *project(40.0))
    assert Teaching(ledger, tmp_path / "prior", Clock()).prior_for("orders") == EMPTY
    assert ledger.reads == []
    assert not (tmp_path / "prior").exists()


def test_the_ledger_is_read_once(ledger: CountingLedger, tmp_path: Path) -> None:
    clock = Clock()
    teaching = Teaching(ledger, tmp_path, clock)
    first = teaching.prior_for("orders")
    assert sorted(ledger.reads) == ["orders", "stock"]
    assert teaching.prior_for("orders") == first
    assert Teaching(ledger, tmp_path, clock).prior_for("orders") == first
    assert len(ledger.reads) == 2


def test_it_is_learned_anew_when_time_has_passed_or_projects_came(ledger: CountingLedger, tmp_path: Path) -> None:
    clock = Clock()
    teaching = Teaching(ledger, tmp_path, clock)
    teaching.prior_for("orders")
    ledger.append("sales", *project(5.0))
    assert teaching.prior_for("orders").workloads == 2
    clock.now += RENEWED_AFTER
    ledger.reads.clear()
    teaching.prior_for("orders")
    assert len(ledger.reads) == 3
    clock.now -= timedelta(days=900)
    teaching.prior_for("orders")
    assert len(ledger.reads) == 6


def test_one_project_that_cannot_be_read_does_not_stop_the_others(ledger: CountingLedger, tmp_path: Path) -> None:
    ledger.broken = "orders"
    ledger.append("empty", *entries())
    assert Teaching(ledger, tmp_path, Clock()).prior_for("new").workloads == 1


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b"[" * 9999])
def test_what_was_kept_and_is_damaged_is_learned_again(ledger: CountingLedger, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "fitted.json").write_bytes(content)
    assert Teaching(ledger, tmp_path, Clock()).prior_for("orders").workloads == 1


@pytest.mark.parametrize("content", [b"", b'{"setpoint_prior": 2}', b"\xff", b"[" * 9999])
def test_an_import_that_cannot_be_read_stops_no_decision(
    ledger: CountingLedger, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "imported.json").write_bytes(content)
    teaching = Teaching(ledger, tmp_path, Clock())
    assert teaching.prior_for("orders") == learned_from(project(90.0))
    with pytest.raises(InputError, match=r"imported\.json"):
        teaching.imported()


def test_where_nothing_can_be_kept_it_is_learned_all_the_same(ledger: CountingLedger, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert Teaching(ledger, tmp_path / "file", Clock()).of_ledger().workloads == 2


def test_what_was_imported_is_added_and_replaced(ledger: CountingLedger, tmp_path: Path) -> None:
    teaching = Teaching(ledger, tmp_path, Clock())
    assert teaching.imported() == EMPTY
    teaching.take(learned_from(project(7.0), project(8.0)))
    teaching.take(learned_from(project(7.0)))
    assert teaching.imported().workloads == 1
    assert teaching.prior_for("orders").workloads == 2
    assert Teaching(MemoryLedger(), tmp_path, Clock()).prior_for("first") == teaching.imported()


def skewed(level: float) -> list[Entry]:
    return entries(*(run(number, spec, level / spec.slots**0.2) for number, spec in enumerate(SPECS)))


def test_an_import_of_its_own_export_does_not_bring_a_project_back_to_itself(tmp_path: Path) -> None:
    ledger = CountingLedger()
    ledger.append("orders", *project(40.0))
    ledger.append("stock", *skewed(9.0))
    teaching = Teaching(ledger, tmp_path, Clock())
    without = teaching.prior_for("orders")
    exported = teaching.of_ledger()
    teaching.take(exported)
    assert teaching.prior_for("orders") == without
    teaching.take(replace(exported, runs=5))  # of another day
    assert [each.workload for each in teaching.prior_for("orders").known] == [each.workload for each in without.known]
    assert len(teaching.prior_for("new").known) == 2
    alone = CountingLedger()
    alone.append("orders", *project(40.0))
    assert [each.workload for each in Teaching(alone, tmp_path / "none", Clock()).prior_for("orders").known] == []
    (tmp_path / "alone").mkdir()
    again = Teaching(alone, tmp_path / "alone", Clock())
    again.take(exported)
    assert len(again.prior_for("orders").known) == 1


def test_what_could_not_be_read_again_is_not_kept(tmp_path: Path) -> None:
    kinds = tuple("\u4e2d" * 60 for _ in range(8))
    places = [Place(float(1 + row), 4.0, 8.0, kinds) for row in range(MOST_PLACES)]
    curves = (
        KnownWorkload(tuple(places[first : first + MOST_POINTS]), (0.0,) * MOST_POINTS, (False,) * MOST_POINTS)
        for first in range(0, MOST_PLACES, MOST_POINTS)
    )
    prior = Prior(tuple(Representative(curve, 0.01) for curve in curves), workloads=48)
    teaching = Teaching(MemoryLedger(), tmp_path / "prior", Clock())
    with pytest.raises(InputError, match="too large to be kept"):
        teaching.take(prior)
    assert teaching.imported() == EMPTY


def test_a_prior_in_a_pipe_that_nobody_fills_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "prior.json")
    with pytest.raises(InputError, match="pipe"):
        read_prior(tmp_path / "prior.json")


def files(folder: Path) -> Iterator[Path]:
    yield folder / "none.json"
    yield folder
    large = folder / "large.json"
    large.write_bytes(b" " * (LARGEST_BYTES + 1))
    yield large


def test_a_file_that_is_no_prior_is_named(tmp_path: Path) -> None:
    for path in files(tmp_path):
        with pytest.raises(InputError, match=path.name):
            read_prior(path)

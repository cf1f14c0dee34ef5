import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.pricebook import Method
from setpoint.errors import InputError, PlatformError
from setpoint.prices import load_book, refreshed
from setpoint.prices.difference import Change, changes
from setpoint.prices.refreshed import Quote, Refresh, overlaid, store, stored

BOOK = load_book("aws", "us-east-1")
NEW = "2026-11-20"


def refresh(*quotes: Quote, as_of: str = NEW, method: Method = "listed", source: str = "aws") -> Refresh:
    return Refresh(
        source=source, cloud="aws", region="us-east-1", as_of=as_of, words="a live list", quotes=quotes, method=method
    )


M5 = Quote("on_demand", "m5.xlarge", 0.2)


def m5(*refreshes: Refresh) -> tuple[float, str]:
    book = overlaid(BOOK, refreshes)
    return book.machines["m5.xlarge"].on_demand.dollars, book.source


@given(st.dates(min_value=date(2020, 1, 1)))
def test_the_newer_price_wins_and_the_older_is_told(day: date) -> None:
    as_of = str(day)
    dollars, source = m5(refresh(M5, as_of=as_of))
    is_newer = as_of >= BOOK.machines["m5.xlarge"].on_demand.as_of
    assert dollars == (0.2 if is_newer else 0.192)
    assert ("1 more are older than those in place" in source) == (not is_newer)


def test_a_refreshed_price_has_its_own_origin_and_leaves_the_others() -> None:
    book = overlaid(BOOK, [refresh(M5)])
    assert book.machines["m5.xlarge"].on_demand.origin == "listed, a live list, 2026-11-20"
    assert book.machines["m5.xlarge"].spot == BOOK.machines["m5.xlarge"].spot
    assert {name: it for name, it in book.machines.items() if name != "m5.xlarge"} == {
        name: it for name, it in BOOK.machines.items() if name != "m5.xlarge"
    }
    assert book.source == f"{BOOK.source}; 1 price of a live list, 2026-11-20"


@given(st.floats(0.001, 10))
def test_a_spot_price_that_stays_is_never_above_on_demand(dollars: float) -> None:
    before = BOOK.machines["m5.xlarge"]
    assert before.spot is not None
    quotes = [Quote("on_demand", "m5.xlarge", dollars)]
    after = overlaid(BOOK, [refresh(*quotes)]).machines["m5.xlarge"]
    assert after.spot is not None
    assert after.spot.dollars <= after.on_demand.dollars
    if dollars >= before.spot.dollars:
        assert after.spot == before.spot
    else:
        share = before.spot.dollars / before.on_demand.dollars
        assert after.spot.dollars == pytest.approx(dollars * share, abs=1e-6)
        assert after.spot.is_estimated
        assert "a live list" in after.spot.origin
    quotes.append(Quote("spot", "m5.xlarge", dollars / 2))
    assert overlaid(BOOK, [refresh(*quotes)]).machines["m5.xlarge"].spot == refresh().price(quotes[1])


def test_a_guess_that_is_scaled_stays_a_guess_and_nothing_is_divided_by_zero() -> None:
    there = BOOK.machines["m5.xlarge"]
    assert there.spot is not None
    guess = replace(
        there, spot=replace(there.spot, method="guessed", dollars=0.3), on_demand=replace(there.on_demand, dollars=0.0)
    )
    book = replace(BOOK, machines={"m5.xlarge": guess})
    after = overlaid(book, [refresh(M5)]).machines["m5.xlarge"].spot
    assert after is not None
    assert (after.dollars, after.method) == (0.2, "guessed")


def test_what_the_account_pays_wins_whatever_its_day() -> None:
    unit = refresh(Quote("dbu", "premium/jobs", 0.11), as_of="2020-01-01", method="own", source="databricks")
    assert overlaid(BOOK, [unit]).dbu["premium", "jobs"].dollars == 0.11


def test_every_kind_of_price_finds_its_place() -> None:
    quotes = (
        Quote("on_demand", "new.large", 1.0),
        Quote("spot", "new.large", 0.4),
        Quote("spot", "unknown.large", 0.4),
        Quote("dbu", "premium/jobs_light", 0.07),
        Quote("dbu", "premium/moon", 9.0),
        Quote("disk", "gp3", 0.09),
        Quote("disk", "st1", 0.045),
        Quote("disk_size", "premium_ssd/64", 10.0),
        Quote("disk_size", "premium_ssd/32", 6.4),
        Quote("disk_size", "premium_ssd/0", 1.0),
        Quote("disk_size", "premium_ssd/x", 1.0),
        Quote("emr_fee", "new.large", 0.2),
    )
    book = overlaid(BOOK, [refresh(*quotes)])
    new = book.machines["new.large"]
    assert new.spot is not None
    assert (new.on_demand.dollars, new.spot.dollars) == (1.0, 0.4)
    assert "unknown.large" not in book.machines
    assert book.dbu["premium", "jobs_light"].dollars == 0.07
    assert (book.disks["gp3"].gib_month.dollars, book.disks["gp3"].free_iops) == (0.09, 3000)
    assert book.disks["st1"].gib_month.dollars == 0.045
    assert book.disks["premium_ssd"].tiers == ((32, 6.4), (64, 10.0))
    assert book.disks["premium_ssd"].gib_month.dollars == 0.2
    assert book.emr_fees["new.large"].dollars == 0.2


def test_what_is_stored_is_read_oldest_first_and_up_to_a_day(tmp_path: Path) -> None:
    old, new = refresh(M5, as_of="2026-10-01"), refresh(M5, as_of="2026-11-01")
    own = refresh(M5, as_of="2026-09-01", method="own", source="databricks")
    for each in (new, own, old):
        store(tmp_path, each)
    assert stored(tmp_path, "aws", "us-east-1") == (old, new, own)
    assert stored(tmp_path, "aws", "us-east-1", until="2026-10-15") == (old, own)
    assert stored(tmp_path, "aws", "eu-west-1") == ()
    assert load_book("aws", "us-east-1", tmp_path, "2020-01-01") == BOOK
    assert load_book("aws", "us-east-1", tmp_path / "none") == BOOK


def test_the_same_source_and_day_is_one_file(tmp_path: Path) -> None:
    store(tmp_path, refresh(M5))
    path = store(tmp_path, refresh(Quote("on_demand", "m5.xlarge", 0.21)))
    assert [it.name for it in tmp_path.iterdir()] == [path.name] == ["aws_aws_us-east-1_2026-11-20.json"]
    assert load_book("aws", "us-east-1", tmp_path).machines["m5.xlarge"].on_demand.dollars == 0.21


def test_whoever_interrupts_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = store(tmp_path, refresh(M5))
    before = path.read_bytes()

    def interrupted(_self: Path, _target: Path) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store(tmp_path, refresh(Quote("on_demand", "m5.xlarge", 9.0)))
    assert [it.name for it in tmp_path.iterdir()] == [path.name]
    assert path.read_bytes() == before


@pytest.mark.parametrize("dollars", [float("nan"), float("inf"), -1.0, 1e9])
def test_a_price_that_cannot_be_is_not_stored(tmp_path: Path, dollars: float) -> None:
    with pytest.raises(PlatformError, match="cannot be"):
        store(tmp_path / "prices", refresh(Quote("on_demand", "m5.xlarge", dollars)))
    assert not (tmp_path / "prices").exists()


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff", b"[" * 100_000])
def test_a_file_that_was_damaged_is_named(tmp_path: Path, content: bytes) -> None:
    path = store(tmp_path, refresh(M5))
    path.write_bytes(content)
    with pytest.raises(InputError, match="holds no refreshed prices") as raised:
        load_book("aws", "us-east-1", tmp_path)
    assert str(path) in str(raised.value)


def test_a_file_under_another_name_is_told(tmp_path: Path) -> None:
    path = store(tmp_path, refresh(M5))
    path.rename(tmp_path / path.name.replace("2026", "2027"))
    with pytest.raises(InputError, match="another region or day"):
        load_book("aws", "us-east-1", tmp_path)


def test_other_files_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / ".refresh-abc").write_bytes(b"half")
    assert load_book("aws", "us-east-1", tmp_path) == BOOK


@given(st.lists(st.builds(Quote, st.just("on_demand"), st.sampled_from(["a", "b"]), st.floats(0, 1e6)), max_size=4))
def test_a_refresh_survives_its_file(quotes: list[Quote]) -> None:
    it = refresh(*quotes)
    assert msgspec.json.decode(msgspec.json.encode(it), type=Refresh) == it


def test_changes_are_told_the_largest_first() -> None:
    quotes = (M5, Quote("on_demand", "m5.2xlarge", 0.768), Quote("on_demand", "new.large", 1.0))
    found = changes(BOOK, overlaid(BOOK, [refresh(*quotes)]))
    assert [change.what for change in found] == ["m5.2xlarge on-demand", "m5.xlarge on-demand", "new.large on-demand"]
    assert [change.share for change in found] == [pytest.approx(1.0), pytest.approx(0.2 / 0.192 - 1), None]
    assert changes(BOOK, BOOK) == ()


def test_what_came_in_one_direction_goes_in_the_other() -> None:
    after = overlaid(BOOK, [refresh(Quote("on_demand", "new.large", 1.0))])
    (came,), (went,) = changes(BOOK, after), changes(after, BOOK)
    assert Change(came.what, came.after, came.before) == went


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    path = store(tmp_path, refresh(M5))
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(InputError, match="no regular file"):
        load_book("aws", "us-east-1", tmp_path)


def test_a_file_that_is_too_large_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store(tmp_path, refresh(M5))
    monkeypatch.setattr(refreshed, "_LARGEST_FILE_BYTES", 10)
    with pytest.raises(InputError, match="too large"):
        load_book("aws", "us-east-1", tmp_path)

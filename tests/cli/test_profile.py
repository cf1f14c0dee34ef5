"""`setpoint profile` on more than one log, as JSON lines, as a report, and on a terminal."""

import io
import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from tests.cli.conftest import Said
from tests.cli.logs import PLAN, SCAN, a_log
from tests.core.rich_run import rich_run

from setpoint.cli import reading_bar
from setpoint.cli.profile_page import render
from setpoint.cli.reading_bar import ReadingBar
from setpoint.core.diagnosis import diagnose
from setpoint.testing.eventlog_builder import JobPlan, build

Setpoint = Callable[..., Said]


def two_logs(folder: Path) -> Path:
    """Two applications, and beside them one log with nothing in it."""
    a_log(folder / "logs")
    other = build(replace(PLAN, name="hourly", id="app-2"))
    (folder / "logs" / "other.log").write_bytes(b"".join(line + b"\n" for line in other))
    (folder / "logs" / "torn").write_bytes(b'{"Event":"SparkListenerLogStart","Spark Version":"4.0.1"}\n')
    return folder / "logs"


def test_several_applications_are_one_line_each(setpoint: Setpoint, tmp_path: Path) -> None:
    said = setpoint("profile", str(two_logs(tmp_path)), "--json")
    names = [json.loads(line)["application"]["name"] for line in said.out.splitlines()]

    assert said.exit_code == 0
    assert sorted(names) == ["[bold]nightly", "hourly"]
    assert len(said.err.splitlines()) == 1
    assert "torn" in said.err


def test_several_applications_follow_each_other_on_the_page(setpoint: Setpoint, tmp_path: Path) -> None:
    said = setpoint("profile", str(two_logs(tmp_path)))

    assert said.out.count("Wall time") == 2
    assert "hourly" in said.out


@pytest.mark.parametrize("number", [1, 2])
def test_the_report_is_one_file_that_needs_no_other(setpoint: Setpoint, tmp_path: Path, number: int) -> None:
    source = a_log(tmp_path / "one") if number == 1 else two_logs(tmp_path)
    page = tmp_path / "report.html"
    said = setpoint("profile", str(source), "--html", str(page))
    text = page.read_text(encoding="utf-8")

    assert (said.exit_code, said.out) == (0, "")
    assert said.err.splitlines()[-1] == f"The report is in {page}."
    assert text.count("What to change") == number
    assert re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=.(?!data:)", text) == []


def test_the_report_and_json_go_together(setpoint: Setpoint, tmp_path: Path) -> None:
    said = setpoint("profile", str(a_log(tmp_path)), "--json", "--html", str(tmp_path / "report.html"))

    assert json.loads(said.out)["counts"]["tasks"] == 20
    assert (tmp_path / "report.html").exists()


def test_a_report_that_cannot_be_written_is_refused_before_reading(setpoint: Setpoint, tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere" / "report.html"):
        said = setpoint("profile", str(a_log(tmp_path)), "--html", str(place))
        assert said.exit_code == 65
        assert "a file in a folder that exists" in said.err


def test_a_report_is_put_in_place_at_once(setpoint: Setpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    page, link = folder / "report.html", folder / "link.html"
    link.symlink_to(page)
    assert setpoint("profile", str(a_log(tmp_path)), "--html", str(link)).exit_code == 0
    assert link.is_symlink()
    old = page.read_bytes()
    monkeypatch.setattr(os, "fsync", full_disk)
    said = setpoint("profile", str(a_log(tmp_path)), "--html", str(page))
    assert said.exit_code != 0
    assert "No space left" in said.err
    assert page.read_bytes() == old
    assert sorted(path.name for path in folder.iterdir()) == ["link.html", "report.html"]


def full_disk(_: int) -> None:
    raise OSError(28, "No space left on device")


def test_a_report_may_go_to_what_is_no_file(setpoint: Setpoint, tmp_path: Path) -> None:
    assert setpoint("profile", str(a_log(tmp_path)), "--html", "/dev/null").exit_code == 0
    assert Path("/dev/null").is_char_device()


def test_the_page_shows_findings_with_what_may_be_done() -> None:
    console = Console(file=io.StringIO(), width=200, soft_wrap=True)
    run = rich_run()
    render(console, run, diagnose(run))
    said = console.file.getvalue()  # type: ignore[attr-defined]  # a StringIO

    for words in ("databricks, photon", "98,124 tasks", "The log is partial, 2 line(s) skipped", "lost-executors", "→"):
        assert words in said
    assert "<img src=x onerror=alert(1)>" in said


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_shows_itself_when_reading_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(file=io.StringIO(), force_terminal=True)
    monkeypatch.setattr("setpoint.cli.console.err", lambda: console)
    monkeypatch.setattr(reading_bar, "_PATIENCE_SECONDS", 0.0)
    with ReadingBar(Terminal()) as bar:
        assert bar.is_wanted
        bar.show(1, 10)
        bar.hide()
        bar.show(5, None)
    assert "reading" in console.file.getvalue()  # type: ignore[attr-defined]  # a StringIO


def test_the_bar_is_patient_and_for_terminals_only() -> None:
    with ReadingBar(io.StringIO()) as bar:
        bar.show(1, 10)
        assert not bar.is_wanted


GROWN = b"".join(line + b"\n" for line in build(PLAN))


def growing(monkeypatch: pytest.MonkeyPatch, file: Path, *pieces: bytes | None) -> None:
    """While the command waits, one piece after the other is written; None is Ctrl-C."""
    waiting = iter(pieces)

    def sleep(_: float) -> None:
        piece = next(waiting)
        if piece is None:
            raise KeyboardInterrupt
        with file.open("ab") as stream:
            stream.write(piece)

    monkeypatch.setattr("setpoint.cli.following.time.sleep", sleep)


def test_a_running_application_is_followed_to_its_end(
    setpoint: Setpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "app.inprogress"
    file.write_bytes(b"")
    cut = GROWN.index(b"SparkListenerTaskEnd")
    growing(monkeypatch, file, GROWN[:cut], b"", GROWN[cut:-100], GROWN[-100:])
    said = setpoint("profile", str(file), "--follow", "--json")
    states = [json.loads(line)["completeness"]["state"] for line in said.out.splitlines()]
    again = setpoint("profile", str(file), "--json")

    assert said.exit_code == 0
    assert states == ["cut_off", "cut_off", "complete"]
    assert said.out.splitlines()[-1] == again.out.strip()


def test_a_followed_page_is_printed_once_where_nobody_looks(
    setpoint: Setpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "app"
    file.write_bytes(GROWN[:9000])
    growing(monkeypatch, file, GROWN[9000:])
    said = setpoint("profile", str(file), "--follow")

    assert (said.exit_code, said.out) == (0, setpoint("profile", str(file)).out)


def test_a_followed_page_is_renewed_on_a_terminal(
    setpoint: Setpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100, height=30)
    monkeypatch.setattr("setpoint.cli.following.out", lambda: console)
    file = tmp_path / "app"
    file.write_bytes(GROWN[:500])
    growing(monkeypatch, file, GROWN[500:9000], GROWN[9000:12000], GROWN[12000:])
    assert setpoint("profile", str(file), "--follow").exit_code == 0

    assert console.file.getvalue().count("Wall time") >= 2  # type: ignore[attr-defined]  # a StringIO


def test_following_is_stopped_by_hand(setpoint: Setpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "app"
    file.write_bytes(GROWN[:-400])
    growing(monkeypatch, file, None)
    said = setpoint("profile", str(file), "--follow")

    assert said.exit_code == 130
    assert "The log is cut off" in said.out
    assert said.err.startswith("setpoint: stopped")


def test_following_says_what_it_cannot_do(setpoint: Setpoint, tmp_path: Path) -> None:
    end = tmp_path / "end"
    end.write_bytes(b'{"Event":"SparkListenerApplicationEnd","Timestamp":1}\n')
    for words, reason in (
        ((str(end),), "holds no usable event log"),
        (("https://host/log",), "is not on this machine"),
        ((str(end), "--html", str(tmp_path / "x.html")), "do not go together"),
        ((str(end), "--processes", "2"), "do not go together"),
    ):
        said = setpoint("profile", *words, "--follow")
        assert said.exit_code == 65
        assert reason in said.err


def test_how_many_processes_is_a_number_from_1(setpoint: Setpoint, tmp_path: Path) -> None:
    assert setpoint("profile", str(a_log(tmp_path)), "--json", "--processes", "2").exit_code == 0
    assert setpoint("profile", str(a_log(tmp_path)), "--processes", "0").exit_code == 2


def test_a_report_takes_the_place_of_a_report_and_of_nothing_else(setpoint: Setpoint, tmp_path: Path) -> None:
    log, page = a_log(tmp_path), tmp_path / "report.html"
    before = log.read_bytes()
    page.touch()

    assert [setpoint("profile", str(log), "--html", str(page)).exit_code for _ in range(2)] == [0, 0]
    refused = setpoint("profile", str(log), "--html", str(log))
    assert refused.exit_code != 0
    assert "is not overwritten" in refused.err
    assert log.read_bytes() == before


def test_names_in_a_log_do_not_steer_the_terminal(setpoint: Setpoint, tmp_path: Path) -> None:
    evil = "\x1b]0;gone\x07\x9b2J\u202e"
    stage = replace(SCAN, name=f"scan{evil}")
    lines = build(replace(PLAN, jobs=(JobPlan((stage,), 1.5),), name=f"nightly{evil}"))
    (tmp_path / f"a\n{evil}").write_bytes(b"\n".join(lines))
    (tmp_path / f"b\n{evil}").write_bytes(b'{"Event":"SparkListenerLogStart"}\n')
    said = setpoint("profile", str(tmp_path))

    assert said.exit_code == 0
    assert "nightly�]0;gone�2J�" in said.out
    assert "scan�" in said.out
    assert said.err.count("\nsetpoint:") == 0
    assert (said.out + said.err).replace("\n", "").isprintable()


@pytest.mark.parametrize("command", ["profile", "recommend"])
def test_an_error_is_one_message_whatever_it_names(setpoint: Setpoint, tmp_path: Path, command: str) -> None:
    said = setpoint(command, str(tmp_path / "no\x1b[31m\nsetpoint: all is well"))

    assert (said.out, said.err.count("\nsetpoint:")) == ("", 0)
    assert said.err.replace("\n", "").isprintable()

"""Commits on a branch of a checkout that stays as it is."""

import subprocess
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from setpoint.errors import PlatformError
from setpoint.platforms.checkouts import commit_file, place_in_checkout

FILE = PurePosixPath("jobs/nightly/cluster.json")


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "config", "user.email", "a@b.c")
    git(tmp_path, "config", "user.name", "A")
    (tmp_path / FILE).parent.mkdir(parents=True)
    (tmp_path / FILE).write_text("{}\n")
    (tmp_path / FILE).chmod(0o755)
    (tmp_path / "jobs" / "other.json").write_text("[]\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "begin")
    return tmp_path


def test_only_the_file_changes_and_only_on_the_branch(checkout: Path) -> None:
    (checkout / "jobs" / "other.json").write_text("not yet")
    (checkout / "jobs" / "new.json").write_text("not yet")
    before = git(checkout, "status", "--porcelain")
    first = commit_file(checkout, "setpoint/x", FILE, "[1]\n", "One")
    assert commit_file(checkout, "setpoint/x", FILE, "[1]\n", "One") == first
    assert git(checkout, "diff", "--stat", "--name-only", "main", "setpoint/x").split() == [str(FILE)]
    assert git(checkout, "show", f"setpoint/x:{FILE}") == "[1]\n"
    assert git(checkout, "ls-tree", "setpoint/x", str(FILE)).startswith("100755")
    assert git(checkout, "status", "--porcelain") == before
    assert git(checkout, "branch", "--show-current") == "main\n"


def test_decisions_follow_each_other_until_they_are_merged(checkout: Path) -> None:
    commit_file(checkout, "x", FILE, "[1]\n", "One")
    commit_file(checkout, "x", FILE, "[2]\n", "Two")
    assert git(checkout, "log", "--format=%s", "x").split() == ["Two", "One", "begin"]
    git(checkout, "merge", "-q", "x")
    (checkout / "a").write_text("a")
    git(checkout, "add", "a")
    git(checkout, "commit", "-q", "-m", "more")
    commit_file(checkout, "x", FILE, "[3]\n", "Three")
    assert git(checkout, "log", "--format=%s", "x").split()[:2] == ["Three", "more"]


@pytest.mark.parametrize(
    ("branch", "words"), [("main", "checked out"), ("a..b", "check-ref-format"), ("-x", "check-ref-format")]
)
def test_what_git_refuses_is_said(checkout: Path, branch: str, words: str) -> None:
    with pytest.raises(PlatformError, match=words):
        commit_file(checkout, branch, FILE, "[1]\n", "One")
    assert git(checkout, "branch", "--list").split() == ["*", "main"]


def test_a_file_in_no_checkout_is_said(tmp_path: Path) -> None:
    with pytest.raises(PlatformError, match="rev-parse failed"):
        place_in_checkout(tmp_path / "x.json")


def test_the_place_of_a_file(checkout: Path) -> None:
    found, path = place_in_checkout(checkout / FILE)
    assert (found.resolve(), path) == (checkout.resolve(), FILE)


NAMES = st.text(st.characters(categories=("L", "N"), include_characters=" -_'"), min_size=1, max_size=8)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(names=st.lists(NAMES.filter(lambda name: name.strip() == name), min_size=1, max_size=3), text=st.text())
def test_any_file_comes_back_as_it_was_given(checkout: Path, names: list[str], text: str) -> None:
    path, content = PurePosixPath("deep", *names), text.replace("\r", "")
    commit_file(checkout, "any", path, content, "Any")
    shown = subprocess.run(["git", "-C", str(checkout), "show", f"any:{path}"], capture_output=True, check=True)
    assert shown.stdout.decode() == content


def test_who_is_unknown_to_git_can_be_committed_for(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("user.email", "user.name"):
        git(checkout, "config", "--unset", key)
    monkeypatch.setenv("HOME", str(checkout))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    commit_file(checkout, "x", FILE, "[1]\n", "One")
    assert git(checkout, "log", "-1", "--format=%an", "x") == "Setpoint\n"


def test_somebody_elses_commits_on_the_branch_stay(checkout: Path) -> None:
    commit_file(checkout, "x", FILE, "[1]\n", "One")
    git(checkout, "worktree", "add", "-q", str(checkout / "other"), "x")
    (checkout / "other" / "theirs").write_text("theirs")
    git(checkout / "other", "add", ".")
    git(checkout / "other", "commit", "-q", "-m", "theirs")
    git(checkout, "worktree", "remove", "--force", str(checkout / "other"))
    commit_file(checkout, "x", FILE, "[2]\n", "Two")
    assert git(checkout, "show", "x:theirs") == "theirs"

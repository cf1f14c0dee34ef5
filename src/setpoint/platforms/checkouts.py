"""Commits on a branch of a user's own checkout: made of objects, so that nothing that is checked out is touched."""

import subprocess
from pathlib import Path, PurePosixPath

from setpoint.errors import PlatformError

__all__ = ["commit_file", "place_in_checkout"]

_GIT_SECONDS = 60
_PLAIN_FILE = "100644"
_NOBODY = ("-c", "user.name=Setpoint", "-c", "user.email=setpoint@localhost")
"""Where nobody told git who they are."""


def place_in_checkout(file: Path) -> tuple[Path, PurePosixPath]:
    """The checkout that a file lies in, and its path there. Raises PlatformError where it lies in none."""
    top = Path(_git(file.parent, "rev-parse", "--show-toplevel"))
    return top, PurePosixPath(file.resolve().relative_to(top.resolve()).as_posix())


def commit_file(checkout: Path, branch: str, path: PurePosixPath, text: str, message: str) -> str:
    """Commit a file on a branch, and give the id of the commit; nothing is pushed.

    The branch is made where there is none, and begins anew where what was on it has been merged. The working tree, the
    index and the branch that is checked out stay as they are. Repeating it makes no second commit.

    Raises PlatformError where git refuses, or where the branch is checked out.
    """
    _git(checkout, "check-ref-format", "--branch", branch)
    ref = f"refs/heads/{branch}"
    if _git(checkout, "symbolic-ref", "--quiet", "HEAD", may_fail=True) == ref:
        raise PlatformError(f"The branch {branch!r} is checked out in {checkout}; choose another one for patches.")
    before = _git(checkout, "rev-parse", "--verify", "--quiet", ref, may_fail=True)
    head = _git(checkout, "rev-parse", "HEAD")
    # Of an ancestor, the merge base is itself.
    is_merged = not before or _git(checkout, "merge-base", before, head, may_fail=True) == before
    parent = head if is_merged else before
    blob = _git(checkout, "hash-object", "-w", "--stdin", "--path", str(path), given=text)
    tree = _with_blob(checkout, f"{parent}^{{tree}}", path.parts, blob)
    if tree == _git(checkout, "rev-parse", f"{parent}^{{tree}}"):
        return parent
    known = _git(checkout, "config", "user.email", may_fail=True)
    given = ("commit-tree", tree, "-p", parent, "-F", "-")
    commit = _git(checkout, *given, given=message, options=() if known else _NOBODY)
    # Refused where somebody else moved the branch meanwhile.
    _git(checkout, "update-ref", "-m", "setpoint", ref, commit, before or "0" * len(commit))
    return commit


def _with_blob(checkout: Path, tree: str, parts: tuple[str, ...], blob: str) -> str:
    """The tree with another content of a file in it, however deep."""
    name, *below = parts
    entries = [line for line in _git(checkout, "ls-tree", "-z", tree).split("\0") if line]
    own = next((line for line in entries if line.partition("\t")[2] == name), "")
    mode, kind, known = (own.partition("\t")[0].split() or ["", "", ""])[:3]
    if below:
        empty = "" if kind == "tree" else _git(checkout, "mktree", given="")
        entry = f"040000 tree {_with_blob(checkout, known if kind == 'tree' else empty, tuple(below), blob)}"
    else:
        entry = f"{mode if kind == 'blob' else _PLAIN_FILE} blob {blob}"
    others = [line for line in entries if line != own]
    return _git(checkout, "mktree", "-z", given="\0".join([*others, f"{entry}\t{name}"]) + "\0")


def _git(folder: Path, *arguments: str, given: str = "", may_fail: bool = False, options: tuple[str, ...] = ()) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *options, *arguments],  # noqa: S607 - the user's own git
            input=given,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=_GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PlatformError(f"git cannot be run in {folder}: {str(error)[:200]}") from None
    if done.returncode and not may_fail:
        raise PlatformError(f"git {arguments[0]} failed in {folder}: {done.stderr.strip()[:300]}")
    return done.stdout.strip() if not done.returncode else ""

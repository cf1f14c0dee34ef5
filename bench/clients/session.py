"""A client as its users start it: one process per command, a home of its own, nothing but words in and words out."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Checks", "Ran", "Session", "Where"]

LONGEST_SECONDS = 240
CHECKOUT = Path(__file__).parents[2]
OWN = (CHECKOUT / "packages" / "sync" / "src", CHECKOUT / "src")
"""Where our own `sync` is, which plays the originals where they are not at hand, and what it needs."""


@dataclass(frozen=True, slots=True)
class Where:
    """The service that is checked, and a key of it."""

    url: str
    key_id: str
    key_secret: str
    log: Path
    """An event log of Databricks."""
    report: Path
    """The cluster report that goes with it."""
    emr_log: Path
    emr_report: Path


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: str
    err: str
    seconds: float

    @property
    def last_id(self) -> str:
        """The id at the end of `Project ID: …` and its like."""
        found = re.findall(r"\b[0-9a-f]{8}-[0-9a-f-]{27}\b", self.out)
        return found[-1] if found else ""

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON
        start = min((at for at in (self.out.find("{"), self.out.find("[")) if at >= 0), default=0)
        try:
            return json.loads(self.out[start:])
        except ValueError:
            return None


@dataclass
class Session:
    """One installation of a client."""

    python: str
    where: Where
    home: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="client-")))
    with_key: bool = True
    extra: dict[str, str] = field(default_factory=dict)
    """More variables: where the clouds are."""

    def run(self, *words: str, typed: str = "") -> Ran:
        """One command, as `sync-cli WORDS`."""
        script = Path(self.python).with_name("sync-cli")
        program = [str(script)] if script.exists() else [self.python, "-m", "sync"]
        return self._process([*program, *words], typed)

    def python_code(self, code: str, *words: str) -> Ran:
        """A few lines of a recipe that imports the library."""
        return self._process([self.python, "-c", code, *words], "")

    def _process(self, command: list[str], typed: str) -> Ran:
        began = time.monotonic()
        try:
            done = subprocess.run(
                command,
                input=typed,
                capture_output=True,
                text=True,
                timeout=LONGEST_SECONDS,
                env=self._environment(),
                check=False,
            )
            code, out, err = done.returncode, done.stdout, done.stderr
        except subprocess.TimeoutExpired:
            code, out, err = 124, "", f"no end after {LONGEST_SECONDS} s"
        return Ran(code, out, err, time.monotonic() - began)

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "PYTHONPATH"}}
        if self.python == sys.executable:
            kept["PYTHONPATH"] = os.pathsep.join(map(str, OWN))
        kept |= {"HOME": str(self.home), "SYNC_API_URL": self.where.url, "AWS_DEFAULT_REGION": "us-east-1"}
        kept |= {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "PAGER": "cat", "COLUMNS": "200"}
        if self.with_key:
            kept |= {"SYNC_API_KEY_ID": self.where.key_id, "SYNC_API_KEY_SECRET": self.where.key_secret}
        return kept | self.extra


@dataclass
class Checks:
    """What was checked and how it came out."""

    of: str
    passed: int = 0
    failed: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def that(self, name: str, ran: Ran, is_right: Callable[[Ran], object] | object = True) -> Ran:  # noqa: FBT002
        """Note whether a command succeeded and printed what it should."""
        try:
            held = ran.code == 0 and bool(is_right(ran) if callable(is_right) else is_right)
        except (KeyError, TypeError, IndexError, AttributeError) as error:
            held = False
            name = f"{name} ({type(error).__name__}: {error})"
        return self._note(name, ran, held=held)

    def refused(self, name: str, ran: Ran, words: str = "") -> Ran:
        """Note whether a failure was told; the originals end with 0 all the same."""
        told = ran.err.strip() or ran.out.strip()
        held = bool(told) and words in told and "Traceback" not in ran.err
        return self._note(name, ran, held=held)

    def told(self, name: str, ran: Ran, held: bool) -> Ran:  # noqa: FBT001
        """Note something about a command whatever came of it."""
        return self._note(name, ran, held=held)

    def _note(self, name: str, ran: Ran, *, held: bool) -> Ran:
        self.seconds[name] = ran.seconds
        if held:
            self.passed += 1
        else:
            said = (ran.err.strip() or ran.out.strip())[-300:].replace("\n", " ⏎ ")
            self.failed.append(f"{name}: exit {ran.code}, {said}")
            print(f"  FAILED {self.failed[-1]}", flush=True)
        return ran

"""One run of a spark-submit command under control.

Control must never stop a pipeline: whatever is wrong with our own files, the application runs and the problem is told.
"""

import secrets
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from os import getpid

from setpoint.core.domain import ClusterSpec
from setpoint.errors import InputError, SetpointError
from setpoint.platforms.spark.arguments import SubmitCommand, parse, program_of
from setpoint.platforms.spark.eventlogs import log_properties, owners_directory
from setpoint.platforms.spark.failure import error_line, redact
from setpoint.platforms.spark.platform import SparkPlatform, SpecChoice
from setpoint.platforms.spark.process import Ended, Streams, run_process
from setpoint.platforms.spark.sizing import Host, read_spec, rewrite
from setpoint.platforms.spark.store import Finished, RunFolder, Started
from setpoint.platforms.spark.surroundings import Installation, find_spark, look_around
from setpoint.platforms.spark.watchdog import CANNOT_START


@dataclass(frozen=True, slots=True)
class Submission:
    """A command that can be controlled, and what surrounds it."""

    command: SubmitCommand
    spec: ClusterSpec
    """What the command itself asks for."""
    host: Host
    installation: Installation
    environment: Mapping[str, str]
    log_directory: str | None
    """Where its owner has the event logs, None where he has none."""


@dataclass(frozen=True, slots=True)
class Launched:
    """A run that has ended."""

    exit_code: int
    """The application's."""
    run_id: str | None
    """None where the run could not be recorded."""
    problems: tuple[str, ...] = ()
    """What Setpoint could not do as it should, in words for the owner."""


def read_submission(words: Sequence[str], environment: Mapping[str, str]) -> Submission:
    """What the owner's command asks for.

    Raises:
        InputError: it cannot be controlled, and why; `run_untouched` runs it all the same.
        PlatformError: there is no spark-submit.
    """
    command = parse(words)
    installation = find_spark(environment, command.program)
    host = look_around(command, installation, environment)
    spec = read_spec(command, host)
    return Submission(command, spec, host, installation, environment, owners_directory(command, host))


def run_untouched(words: Sequence[str], environment: Mapping[str, str], streams: Streams | None = None) -> int:
    """Run the owner's command as it is, recording nothing; the exit code. Raises PlatformError without spark-submit."""
    named = program_of(words)
    installation = find_spark(environment, named)
    return _run(installation, words[1:] if named else words, environment, streams or Streams(), ()).exit_code


def launch(
    platform: SparkPlatform,
    project: str,
    submission: Submission,
    streams: Streams | None = None,
    *,
    cautious: bool = False,
) -> Launched:
    """Run the application on the spec the platform has for it, the known-good one if `cautious`; record the run."""
    choice = platform.spec_to_run(project, submission.spec, cautious=cautious)
    problems = [choice.problem] if choice.problem else []
    spec = _fitting(submission, choice.spec, problems)
    begun = _Begun()
    with ExitStack() as held:
        try:
            begun = _begin(platform, project, submission, replace(choice, spec=spec), held)
        except (SetpointError, OSError) as error:
            problems.append(
                f"This run could not be recorded ({error}): the application ran without telling us anything."
            )
        words = rewrite(submission.command, spec, begun.properties, submission.host).words
        ended = _run(submission.installation, words, submission.environment, streams or Streams(), begun.locks)
        if begun.run:
            _record_end(platform, begun.run, ended, problems)
    return Launched(ended.exit_code, begun.run.id if begun.run else None, tuple(problems))


@dataclass(frozen=True, slots=True)
class _Begun:
    """A run whose start is written down; empty where that failed."""

    run: RunFolder | None = None
    locks: tuple[int, ...] = ()
    """Descriptors that the run's process holds open as long as it lives."""
    properties: Mapping[str, str] = field(default_factory=dict)
    """What makes Spark write its log."""


def _begin(
    platform: SparkPlatform, project: str, submission: Submission, choice: SpecChoice, held: ExitStack
) -> _Begun:
    run = platform.store.create_run(project, platform.clock(), secrets.token_hex(4))
    lock = held.enter_context(run.alive())
    directory = submission.log_directory or run.event_logs.as_uri()
    cores = submission.host.cores if choice.spec.is_local else None
    run.start(Started(choice.spec, platform.clock(), cores, directory, choice.retry, getpid()))
    return _Begun(run, (lock,), log_properties(run.id, directory))


def _fitting(submission: Submission, spec: ClusterSpec, problems: list[str]) -> ClusterSpec:
    """The spec, or the owner's where the command's master cannot take it."""
    try:
        rewrite(submission.command, spec, {}, submission.host)
    except InputError as error:
        problems.append(f"{error} The application ran on its owner's spec, {submission.spec}.")
        return submission.spec
    return spec


def _run(
    installation: Installation,
    words: Sequence[str],
    environment: Mapping[str, str],
    streams: Streams,
    keep_open: tuple[int, ...],
) -> Ended:
    command = [str(installation.program), *words]
    try:
        return run_process(command, installation.environment(environment), streams, keep_open)
    except OSError as error:
        last_words = f"{installation.program} does not start: {error}\n".encode()
        (streams.stderr or sys.stderr.buffer).write(last_words)
        return Ended(CANNOT_START, stopped=False, stderr_tail=last_words)


def _record_end(platform: SparkPlatform, run: RunFolder, ended: Ended, problems: list[str]) -> None:
    tail = redact(ended.stderr_tail.decode(errors="replace"))
    finished = Finished(platform.clock(), ended.exit_code, ended.stopped, error_line(ended.exit_code, tail))
    try:
        run.finish(finished, tail.encode())
    except OSError as error:
        problems.append(f"The end of run {run.id} could not be recorded ({error}); it counts as lost, its log is kept.")

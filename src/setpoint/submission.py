"""One run under control: the owner's spark-submit, on the spec of the loop, and a tick of the loop after it.

Control must never stop a pipeline. Whatever fails on our side is reported, and the application runs all the same: on
the loop's spec, else on the known-good one, else as its owner wrote it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from setpoint.core.domain import Decision, SearchSpace
from setpoint.core.goals import parse_goal
from setpoint.core.history import Mode
from setpoint.core.space import space_around
from setpoint.errors import PlatformError, SetpointError
from setpoint.loop import Loop
from setpoint.platforms.folders import check_name
from setpoint.platforms.java import find_java
from setpoint.platforms.spark import SparkPlatform, Streams, Submission, launch, read_submission, run_untouched
from setpoint.platforms.spark.arguments import program_of
from setpoint.platforms.spark.surroundings import find_spark
from setpoint.settings import Settings, environment
from setpoint.wiring import build_loop, build_platform

__all__ = ["USUAL_GOAL", "Order", "Submitted", "submit", "submit_unsettled", "with_java"]

USUAL_GOAL = "minimise cost"
"""The goal of somebody who sets only a mode or a search space."""

Result = TypeVar("Result")
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Order:
    """What the owner said on the command line about control; None leaves what was said before."""

    goal: str | None = None
    mode: Mode | None = None
    slots: tuple[int, ...] = ()
    task_memory_mib: tuple[int, ...] = ()
    shuffle_partitions: tuple[int, ...] = ()

    def space(self, now: SearchSpace) -> SearchSpace:
        """The search space that is wanted."""
        return SearchSpace(
            slots=self.slots or now.slots,
            task_memory_mib=self.task_memory_mib or now.task_memory_mib,
            shuffle_partitions=self.shuffle_partitions or now.shuffle_partitions,
        )


@dataclass(frozen=True, slots=True)
class Submitted:
    """What came of it."""

    exit_code: int
    """The application's."""
    decision: Decision | None
    """What was decided after the run; None without a goal, or where the loop failed."""


def submit(
    settings: Settings, project: str, words: Sequence[str], order: Order, say: Say, streams: Streams | None = None
) -> Submitted:
    """Run the application, then tick the loop. `say` gets what went wrong on our side, one sentence each.

    Raises PlatformError where there is no spark-submit or no Java, InputError for a wrong project name, goal or
    search space: all found before anything was started.
    """
    check_name(project)
    if order.goal is not None:
        parse_goal(order.goal)
    variables = with_java(settings.home / "java", words)
    try:
        submission = read_submission(words, variables)
    except PlatformError:
        raise  # there is nothing to run it with
    except Exception as error:  # noqa: BLE001 - what we cannot read spark-submit may
        say(f"Setpoint cannot control this command, so it runs as it is. {_in_words(error)}")
        return Submitted(run_untouched(words, variables, streams), None)
    platform = build_platform(settings)
    loop = _shielded(lambda: _prepare(settings, platform, project, submission, order), "before the run", say)
    launched = launch(platform, project, submission, streams, cautious=loop is None)
    for problem in launched.problems:
        say(problem)
    decision = None if loop is None else _shielded(lambda: _close(loop, platform, project), "after the run", say)
    return Submitted(launched.exit_code, decision)


def submit_unsettled(words: Sequence[str], problem: SetpointError, say: Say) -> Submitted:
    """Run the application as its owner wrote it, because our own settings cannot be read."""
    say(f"Setpoint cannot control this run, so the application runs as it is. {problem}")
    with TemporaryDirectory(prefix="setpoint-java-") as scratch:
        return Submitted(run_untouched(words, with_java(Path(scratch), words)), None)


def with_java(scratch: Path, words: Sequence[str]) -> dict[str, str]:
    """The environment, with a Java that suits where Spark is the one that was installed along with us.

    A Spark of the user's own has the Java of the user's own.
    """
    variables = dict(environment())
    if find_spark(variables, program_of(words)).python is not None:
        variables["JAVA_HOME"] = str(find_java(variables, scratch).path)
    return variables


def _prepare(settings: Settings, platform: SparkPlatform, project: str, submission: Submission, order: Order) -> Loop:
    """Bring the project up to date, so that the spec in place is the loop's newest."""
    loop = build_loop(settings, platform)
    platform.register(project, submission.spec)
    loop.register(project, "spark", submission.spec, space_around(submission.spec))
    history = loop.state(project).history
    if order != Order():
        known = history.goal
        goal = order.goal or (known.goal if known else USUAL_GOAL)
        mode = order.mode or (known.mode if known else "auto")
        loop.set_goal(project, goal, mode, order.space(history.space))
    loop.tick(project)
    return loop


def _close(loop: Loop, platform: SparkPlatform, project: str) -> Decision | None:
    decision = loop.tick(project)
    platform.remember_known_good(project, loop.state(project).rollout.known_good)
    return decision


def _shielded(work: Callable[[], Result], when: str, say: Say) -> Result | None:
    """The result, or None and a report: control must never stop a pipeline."""
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - whatever fails in the loop, the application has the last word
        say(f"Setpoint failed {when}; the application is not affected. {_in_words(error)}")
        return None


def _in_words(error: Exception) -> str:
    if isinstance(error, SetpointError):
        return str(error)
    if isinstance(error, OSError):
        return f"The operating system refused: {error}."
    return f"{type(error).__name__}: {error} (this is a defect of Setpoint, please report it)"

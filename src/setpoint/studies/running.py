"""A study made here: the workload once per spec and repeat, through spark-submit, each run recorded as it ends."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from setpoint.core.domain import ClusterSpec, Outcome
from setpoint.core.study import Sample
from setpoint.errors import InputError, PlatformError
from setpoint.platforms.spark import SparkPlatform, Streams, Submission, launch, read_submission
from setpoint.settings import Settings
from setpoint.studies.order import PlannedRun, StudiedSpec, read_specs, runs_in_order
from setpoint.studies.results import Results, open_results
from setpoint.submission import with_java

__all__ = ["Begun", "RunsWanted", "run_study"]

_LONGEST_ERROR = 500
_ELSEWHERE = {"databricks", "emr", "emr-serverless"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsWanted:
    """What the user asked for."""

    specs: Path
    results: Path
    repeats: int = 3
    seed: int = 1
    resume: bool = False
    platform: str = "spark"


@dataclass(frozen=True, slots=True)
class Begun:
    """How far a study is."""

    run: PlannedRun
    number: int
    """From 1, those of before a kill counted."""
    all_runs: int


Begin = Callable[[Begun], None]
End = Callable[[Sample], None]


def run_study(
    settings: Settings, wanted: RunsWanted, words: Sequence[str], begin: Begin, end: End
) -> tuple[Sample, ...]:
    """All samples of the study, those of before a kill included.

    Raises KeyboardInterrupt where a run was stopped from outside; what ended before is in the results.
    """
    _judge_platform(wanted.platform)
    variables = with_java(settings.home / "java", words)
    submission = read_submission(words, variables)
    specs = read_specs(wanted.specs, submission.spec)
    command = sha256("\0".join(words).encode()).hexdigest()[:8]
    workbench = _Workbench(SparkPlatform(settings.home / "studies"), submission, settings.home / "studies", command)
    plan = runs_in_order(specs, wanted.repeats, wanted.seed)
    with open_results(wanted.results, command, resume=wanted.resume) as results:
        for number, run in enumerate(plan, start=1):
            if _is_needed(run, results):
                begin(Begun(run, number, len(plan)))
                results.append(workbench.measure(run))
                end(results.samples[-1])
        return tuple(sample for sample in results.samples if _studied(sample) in specs)


def _judge_platform(platform: str) -> None:
    if platform in _ELSEWHERE:
        raise InputError(
            f"`setpoint study run` does not start runs on {platform} in this version: start one run per spec there, "
            "write node types, workers and runtimes into a CSV file, and give it to `setpoint study import`."
        )
    if platform != "spark":
        raise InputError(f"There is no platform {platform!r}; `setpoint study run` runs on spark, on this machine.")


def _studied(sample: Sample) -> StudiedSpec | None:
    return StudiedSpec(sample.name, sample.spec) if isinstance(sample.spec, ClusterSpec) else None


def _is_needed(run: PlannedRun, results: Results) -> bool:
    """Not where it is there already; nor where the spec failed, since another failure would teach nothing."""
    of_spec = [sample for sample in results.samples if _studied(sample) == run.studied]
    return not any(sample.repeat == run.repeat or sample.outcome is Outcome.FAILED for sample in of_spec)


@dataclass(frozen=True, slots=True)
class _Workbench:
    """Where the runs of one study are made and kept."""

    platform: SparkPlatform
    submission: Submission
    home: Path
    command: str

    def measure(self, run: PlannedRun) -> Sample:
        """Run once, to the end."""
        spec = run.studied.spec
        project = f"study-{self.command}-{sha256(repr(spec).encode()).hexdigest()[:12]}"
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / f"{self.command}.log").open("ab") as log:
            streams = Streams(stdout=log.fileno(), stderr=log)
            launched = launch(self.platform, project, replace(self.submission, spec=spec), streams)
        if launched.run_id is None or launched.problems:
            raise PlatformError("; ".join(launched.problems) or "The run could not be recorded.")
        report = self.platform.cluster_report(project, launched.run_id)
        if report.stopped:
            raise KeyboardInterrupt
        has_worked = report.exit_code == 0
        return Sample(
            spec=report.spec,
            name=run.studied.name,
            seconds=round(report.seconds, 3),
            outcome=Outcome.SUCCEEDED if has_worked else Outcome.FAILED,
            repeat=run.repeat,
            error="" if has_worked else (report.error or f"exit code {report.exit_code}")[:_LONGEST_ERROR],
        )

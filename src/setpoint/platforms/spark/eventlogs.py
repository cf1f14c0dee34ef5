"""Where a run's event log goes, and finding it there afterwards."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from setpoint.core.eventlog.codecs import BrokenStream, decompress
from setpoint.errors import EventLogError, InputError
from setpoint.platforms.spark.arguments import SubmitCommand
from setpoint.platforms.spark.sizing import Host

ENABLED = "spark.eventLog.enabled"
DIRECTORY = "spark.eventLog.dir"
RUN_PROPERTY = "spark.setpoint.run"
DEFAULT_DIRECTORY = "file:/tmp/spark-events"
"""Spark's own, in force where its owner switched event logs on and named no folder."""
METRICS = "spark.eventLog.logStageExecutorMetrics"

CLOCK_SLACK_SECONDS = 2.0
"""File systems keep times as coarsely as this."""
HEAD_BYTES = 4 * 1024 * 1024
"""The properties of an application are among its first events, some 100 kB even with long class paths."""

OpenSource = Callable[[Path], Iterable[Iterable[bytes]]]

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_WAITS = {"yarn": ("spark.yarn.submit.waitAppCompletion", "true"),
          "k8s": ("spark.kubernetes.submission.waitAppCompletion", "true"),
          "spark": ("spark.standalone.submit.waitAppCompletion", "false")}  # fmt: skip


def owners_directory(command: SubmitCommand, host: Host) -> str | None:
    """The event log directory the owner uses already, None where ours may be used.

    Raises InputError for a driver that runs elsewhere and would leave its log, or its end, unseen.
    """
    properties = command.properties(host.inherited)
    directory = properties.get(DIRECTORY, DEFAULT_DIRECTORY)
    in_cluster = properties.get("spark.submit.deployMode") == "cluster"
    if in_cluster:
        _check_cluster_mode(properties)
    if not in_cluster and properties.get(ENABLED, "").lower() != "true":
        return None
    # A relative path means another folder to whoever reads the log later.
    return directory if _SCHEME.match(directory) else str(Path(directory).absolute())


def _check_cluster_mode(properties: Mapping[str, str]) -> None:
    if DIRECTORY not in properties:
        raise InputError(
            "With --deploy-mode cluster the driver, and its event log, is on another machine: add --conf "
            f"{DIRECTORY}=… with a folder that both machines see, or use client mode."
        )
    name, default = _WAITS.get(re.split(r":|$", properties.get("spark.master", ""))[0], ("", "true"))
    if properties.get(name, default).lower() != "true":
        raise InputError(f"spark-submit would not wait for the end of the application: add --conf {name}=true.")


def log_properties(run_id: str, directory: str) -> dict[str, str]:
    """What makes Spark write the run's event log there, marked as ours."""
    return {ENABLED: "true", DIRECTORY: directory, METRICS: "true", RUN_PROPERTY: run_id}


def local_path(directory: str) -> Path | None:
    """The folder behind a path or URI, None where it is not on this machine's file system.

    >>> local_path("file:///var/log/x"), local_path("/var/log/x") == local_path("file:/var/log/x"), local_path("s3a://b/x")
    (PosixPath('/var/log/x'), True, None)
    """
    if not _SCHEME.match(directory):
        return Path(directory)
    location = urlsplit(directory)
    is_here = location.scheme == "file" and location.netloc in {"", "localhost"} and location.path.startswith("/")
    return Path(unquote(location.path)) if is_here else None


def find_log(run_id: str, directory: str, own: Path, started_at: datetime, open_source: OpenSource) -> Path:
    """The event log of a run: in our folder for it, or the one in the owner's folder that names the run.

    Raises EventLogError where there is none.
    """
    folder = local_path(directory)
    if folder is None:
        raise EventLogError(
            f"The event log of run {run_id} is in {directory}: this version reads local folders only, "
            f"so give --conf {DIRECTORY}=file:/… to let Setpoint learn from the job."
        )
    if folder == own:
        logs = _logs_since(folder, 0)
    else:
        recent = _logs_since(folder, started_at.timestamp() - CLOCK_SLACK_SECONDS)
        logs = [log for log in recent if _names_run(log, run_id, open_source)]
    if not logs:
        raise EventLogError(f"Run {run_id} left no event log in {folder}: it ended before Spark had started.")
    # An application that opened several contexts has several logs; the largest holds most of what it did.
    return max(logs, key=lambda log: (sum(file.stat().st_size for file in files_of(log)), log.name))


def _logs_since(folder: Path, epoch_seconds: float) -> list[Path]:
    try:
        entries = [entry for entry in sorted(folder.iterdir()) if not entry.name.startswith(".")]
    except OSError:
        return []
    return [entry for entry in entries if any(file.stat().st_mtime >= epoch_seconds for file in files_of(entry))]


def files_of(log: Path) -> list[Path]:
    """The files of one event log: itself, or what a rolling one's folder holds."""
    inside = sorted(log.iterdir()) if log.is_dir() else [log]
    return [file for file in inside if file.is_file() and not file.name.startswith(".")]


def _names_run(log: Path, run_id: str, open_source: OpenSource) -> bool:
    # Spark writes its own JSON without spaces, but nothing promises so.
    mark = re.compile(rb'"%s"\s*:\s*"%s"' % (re.escape(RUN_PROPERTY).encode(), re.escape(run_id).encode()))
    try:
        head = b"".join(_plain_head(open_source(log)))
    except (EventLogError, OSError):
        return False
    return mark.search(head) is not None


def _plain_head(parts: Iterable[Iterable[bytes]]) -> Iterator[bytes]:
    left = HEAD_BYTES
    for part in parts:
        try:
            for chunk in decompress(part):
                yield chunk
                left -= len(chunk)
                if left <= 0:
                    return
        except BrokenStream:
            return

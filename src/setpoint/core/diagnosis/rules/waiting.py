"""Rules on waiting: for the driver, for slots, for sources, for other executors' data."""

import re

from setpoint.core.diagnosis.case import Case, Finding
from setpoint.core.diagnosis.wall import DriverGap
from setpoint.core.profile import Profile
from setpoint.core.words import counted, data_size, rough_duration, share_of

_SLOW_START_SHARE = 0.3
_SLOW_START_SECONDS = 20.0
_USUAL_START_SECONDS = 10.0
"""What an ordinary application takes to its first stage."""
_DRIVER_SHARE = 0.2
_GAP_SHARE = 0.1
_GAP_LEAST_SECONDS = 5.0
_SCHEDULING_SHARE = 0.1
_SCHEDULING_LEAST_SECONDS = 2.0
_WAITING_SHARE = 0.5
_FETCH_SHARE = 0.2
_FAR_SHARE = 0.5
_FAR = "ANY"
_ENOUGH_TASKS = 20
_PYTHON_CALL_SITE = re.compile(r"\.py:\d+$|PythonRDD")
_SMALL_FILE_BYTES = 8 * 2**20
_GOOD_FILE_BYTES = 128 * 2**20
_MANY_FILES = 1000
_OPENING_SECONDS = 0.03
"""Opening a file and reading its footer on an object store: a few round trips of some 10 ms."""


def slow_start(case: Case) -> Finding | None:
    """Much of the run was over before the first stage was submitted."""
    startup = case.diagnosis.wall.startup_seconds
    if startup < max(_SLOW_START_SECONDS, _SLOW_START_SHARE * case.wall_seconds):
        return None
    came = min((executor.added for executor in case.profile.workers), default=0.0)
    share = share_of(startup, case.wall_seconds)
    text = f"the first stage was submitted after {rough_duration(startup)} ({share} of the run)"
    if 0 < came <= startup:
        text += f"; the first executor came after {rough_duration(came)}"
    advice = (
        "before it the driver works alone: imports, listing, connections; and clusters that start cold keep it waiting"
    )
    return Finding("slow-start", text, startup - _USUAL_START_SECONDS, advice)


def driver_bound(case: Case) -> Finding | None:
    """The driver alone for a good part of the run."""
    alone = case.diagnosis.wall.driver_seconds
    if alone <= _DRIVER_SHARE * case.wall_seconds:
        return None
    gap = case.diagnosis.driver_gaps[0]
    text = (
        f"for {alone:.1f} of {case.wall_seconds:.1f} s ({share_of(alone, case.wall_seconds)}) no stage was at work; "
        f"the longest gap, {rough_duration(gap.seconds)}, lay {_place(gap, case.wall_seconds)}"
    )
    advice = "no worker shortens this: look for listing, collecting, committing, or plain Python between the actions"
    return Finding("driver-bound", text, alone, advice)


def driver_gap(case: Case) -> Finding | None:
    """One long gap, where the driver was not alone often enough for driver-bound."""
    gaps = case.diagnosis.driver_gaps
    if not gaps or gaps[0].seconds < max(_GAP_LEAST_SECONDS, _GAP_SHARE * case.wall_seconds):
        return None
    if driver_bound(case) is not None:
        return None
    gap = gaps[0]
    place = _place(gap, case.wall_seconds)
    text = f"for {rough_duration(gap.seconds)} from {rough_duration(gap.started)} on, {place}, only the driver worked"
    return Finding("driver-gap", text, gap.seconds, "see what the application does at that place")


def _place(gap: DriverGap, wall_seconds: float) -> str:
    after, before = _named(gap.after_stage, gap.after_job), _named(gap.before_stage, gap.before_job)
    if after and before:
        return f"between {after} and {before}"
    if after:
        is_last = gap.started + gap.seconds >= wall_seconds
        return f"at the end, after {after}" if is_last else f"after {after}"
    return f"before {before}" if before else "between smaller stages"


def _named(stage: int | None, job: int | None) -> str:
    if stage is None:
        return ""
    return f"stage {stage}" if job is None else f"stage {stage} of job {job}"


def waiting_for_slots(case: Case) -> Finding | None:
    """Stages submitted while no slot took their tasks."""
    waited = case.diagnosis.wall.scheduling_seconds
    if waited < max(_SCHEDULING_LEAST_SECONDS, _SCHEDULING_SHARE * case.wall_seconds):
        return None
    share = share_of(waited, case.wall_seconds)
    text = f"stages were submitted, but for {rough_duration(waited)} ({share}) no task had begun"
    advice = "executors came late or were all taken: start with more of them, or keep them through short pauses"
    return Finding("waiting-for-slots", text, waited, advice)


def waiting_on_source(case: Case) -> Finding | None:
    """Tasks that did nothing measurable for half of their time."""
    tasks = case.diagnosis.slots.tasks
    waiting, run = tasks.waiting_seconds, tasks.run_seconds
    if not waiting or waiting < _WAITING_SHARE * run or _works_elsewhere(case.profile):
        return None
    text = f"tasks waited for {share_of(waiting, run)} of their run time ({waiting:.0f} of {run:.0f} slot-seconds)"
    advice = "where they wait for a source, more slots per core overlap the waits; where for busy cores, fewer"
    return Finding("waiting-on-source", text, waiting / case.slots / 2, advice)


def _works_elsewhere(profile: Profile) -> bool:
    """Whether tasks compute where the JVM's CPU clock does not count: on a GPU, or in Python workers."""
    reads_nothing = not profile.input_bytes and not any(stage.totals.shuffle_read_bytes for stage in profile.stages)
    python_code = any(_PYTHON_CALL_SITE.search(stage.name) for stage in profile.stages)
    return profile.engine == "rapids" or profile.runs_python or (reads_nothing and python_code)


def fetch_wait(case: Case) -> Finding | None:
    """Tasks that waited for shuffle data of other executors."""
    tasks = case.diagnosis.slots.tasks
    waiting, run = tasks.fetch_wait_seconds, tasks.run_seconds
    if not waiting or waiting < _FETCH_SHARE * run:
        return None
    text = f"tasks waited for shuffle data for {share_of(waiting, run)} of their run time ({waiting:.0f} slot-seconds)"
    advice = "fewer and larger executors, fewer partitions, or faster networks and disks"
    return Finding("fetch-wait", text, waiting / case.slots, advice)


def poor_locality(case: Case) -> Finding | None:
    """Tasks that read their input from other machines though it lay on some of the cluster's."""
    far = tasks = 0
    waiting = 0.0
    for stage, share in case.stages:
        levels = dict(stage.locality)
        if stage.totals.input_bytes and levels.get(_FAR):
            far, tasks = far + levels[_FAR], tasks + sum(levels.values())
            waiting += share.time.waiting_seconds * levels[_FAR] / sum(levels.values())
    hosts = {executor.host for executor in case.profile.workers}
    if tasks < _ENOUGH_TASKS or far < _FAR_SHARE * tasks or len(hosts) == 1:
        return None
    text = f"{share_of(far, tasks)} of {counted(tasks, 'task')} that read input ran on other machines than their data"
    advice = "wait longer for a near slot (spark.locality.wait), or run executors where the data lies"
    return Finding("poor-locality", text, waiting / case.slots / 2, advice)


def small_files(case: Case) -> Finding | None:
    """Sources of very many small files."""
    small = [s for s in case.profile.inputs if s.files >= _MANY_FILES and s.bytes < _SMALL_FILE_BYTES * s.files]
    if not small:
        return None
    worst = max(small, key=lambda source: source.files)
    spared = sum(source.files - source.bytes / _GOOD_FILE_BYTES for source in small)
    reading = sum(share.time.waiting_seconds for stage, share in case.stages if stage.totals.input_bytes)
    gain = min(_OPENING_SECONDS * spared, reading) / case.slots
    text = f"the source {worst.name} was read as {worst.files:,} files of {data_size(worst.bytes / worst.files)} each"
    advice = "compact them (OPTIMIZE, or a rewrite with fewer partitions) to files of 100 MiB and more"
    return Finding("small-files", text, gain, advice)

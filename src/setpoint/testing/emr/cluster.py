"""One emulated EMR cluster: STARTING → BOOTSTRAPPING → RUNNING ⇄ WAITING → TERMINATING → TERMINATED, by the clock.

Nothing happens between two looks at it: `advance` makes up for the time since. Steps run one after another.
"""

import gzip
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from setpoint.core.domain import ClusterSpec
from setpoint.testing.emr.machines import Group, Instance, timeline
from setpoint.testing.emr.runner import Application, Ran, Runner

__all__ = ["Cluster", "Host", "Step"]

Json = dict[str, Any]
_BOOTSTRAPPED = 0.6
"""Share of the start-up until machines are there and bootstrap actions begin."""
_WINDING_UP_SECONDS = 30.0
_CAPACITY_SECONDS = 300.0
"""How long EMR tries to get machines that the zone does not have."""
_OTHER_STEP_SECONDS = 30.0
"""Of a step that is no Spark application."""
_LOG_DIR = re.compile(r"spark\.eventLog\.dir=(\S+)")
_OVER = ("COMPLETED", "FAILED", "CANCELLED", "INTERRUPTED")


class Host(Protocol):
    """What a cluster needs of the cloud it is in."""

    runner: Runner
    lacking: set[str]
    """Instance types that the zone has none of."""
    startup_seconds: float
    url: str

    def new_id(self, prefix: str) -> str:
        """An id nobody has."""
        ...

    def put(self, url: str, content: bytes, at: datetime) -> None:
        """Write an object to S3 as of a time."""
        ...

    def spec_of(self, arguments: Json) -> ClusterSpec:
        """What applications find."""
        ...


@dataclass(slots=True)
class Step:
    """One step."""

    id: str
    asked: Json
    created: datetime
    state: str = "PENDING"
    began: datetime | None = None
    ended: datetime | None = None
    ran: Ran | None = None
    applications: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    """Event logs of its applications, to be put in place at its end."""

    @property
    def args(self) -> list[str]:
        """Its command line."""
        return [str(each) for each in self.asked["HadoopJarStep"].get("Args", [])]

    def shown(self, log_uri: str) -> Json:
        """As ListSteps has it."""
        jar = self.asked["HadoopJarStep"]
        properties = {each["Key"]: each["Value"] for each in jar.get("Properties", [])}
        status: Json = {"State": self.state, "StateChangeReason": {}}
        status["Timeline"] = timeline(self.created, None, self.ended, self.began)
        if self.state == "FAILED" and self.ran is not None:
            failure = {"Reason": "Unknown Error."}
            status["FailureDetails"] = failure | ({"LogFile": f"{log_uri}stderr.gz"} if log_uri else {})
        config = {"Jar": jar["Jar"], "Properties": properties, "Args": self.args}
        more = {"ResourceManagerApplicationIds": self.applications, "ResourceManager": "YARN"}
        return {
            "Id": self.id,
            "Name": self.asked["Name"],
            "Config": config | ({"MainClass": jar["MainClass"]} if "MainClass" in jar else {}),
            "ActionOnFailure": self.asked.get("ActionOnFailure", "TERMINATE_CLUSTER"),
            "Status": status,
            "AdditionalInfo": more if self.applications else {},
        }


class Cluster:
    """A cluster that was asked for with the arguments of RunJobFlow."""

    def __init__(self, cluster_id: str, arguments: Json, groups: list[Group], host: Host, now: datetime) -> None:
        self.id, self.arguments, self.groups, self.created = cluster_id, arguments, groups, now
        self.state, self.since = "STARTING", now
        self.ready: datetime | None = None
        self.ended: datetime | None = None
        self.reason: Json = {}
        self.errors: list[Json] = []
        self.steps: list[Step] = []
        self.tags: dict[str, str] = {each["Key"]: each["Value"] for each in arguments.get("Tags", [])}
        self.scaling: Json | None = arguments.get("ManagedScalingPolicy")
        self.keeps_alive = bool(arguments["Instances"].get("KeepJobFlowAliveWhenNoSteps", False))
        self.is_protected = bool(arguments["Instances"].get("TerminationProtected", False))
        self.on_hdfs: dict[str, bytes] = {}
        """Event logs that went to the cluster's own disks."""
        self._host = host
        self._applications = 0
        self.add_steps(arguments.get("Steps", []), now)

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.state in ("TERMINATED", "TERMINATED_WITH_ERRORS")

    def add_steps(self, steps: list[Json], now: datetime) -> list[str]:
        """Steps to be done after those there are; their ids."""
        new = [Step(self._host.new_id("s-"), each, now) for each in steps]
        self.steps += new
        return [step.id for step in new]

    def advance(self, now: datetime) -> None:
        """Make up for the time since the last look."""
        while self._move(now):
            pass

    def terminate(self, now: datetime, code: str = "USER_REQUEST", message: str = "Terminated by user request") -> None:
        """Begin to end it."""
        if self.is_over or self.state == "TERMINATING":
            return
        for step in self.steps:
            if step.state == "RUNNING":
                self._close(step, "INTERRUPTED" if code != "USER_REQUEST" else "CANCELLED", now)
            elif step.state == "PENDING":
                step.state = "CANCELLED"
        self.reason = {"Code": code, "Message": message}
        self.state, self.since = "TERMINATING", now

    def resize(self, group: Group, counts: Json, now: datetime) -> None:
        """Ask for other numbers of machines in a group or fleet."""
        group.asked |= counts
        for each in group.instances:
            each.ended = each.ended or now
        self._provision(group, now, now + timedelta(seconds=60))

    def _move(self, now: datetime) -> bool:
        startup = timedelta(seconds=self._host.startup_seconds)
        match self.state:
            case "STARTING" if self._lacks():
                return self._refuse(now)
            case "STARTING":
                return self._enter("BOOTSTRAPPING", self.created + startup * _BOOTSTRAPPED, now, self._get_machines)
            case "BOOTSTRAPPING":
                return self._enter("RUNNING", self.created + startup, now, self._become_ready)
            case "RUNNING" | "WAITING":
                return self._work(now)
            case "TERMINATING":
                winding_up = self.since + timedelta(seconds=_WINDING_UP_SECONDS)
                has_failed = self.reason["Code"] not in ("ALL_STEPS_COMPLETED", "USER_REQUEST")
                name = "TERMINATED_WITH_ERRORS" if has_failed else "TERMINATED"
                return self._enter(name, winding_up, now, self._give_back)
            case _:
                return False

    def _enter(self, state: str, at: datetime, now: datetime, then: Callable[[], None]) -> bool:
        if at > now:
            return False
        self.state, self.since = state, at
        then()
        return True

    def _lacks(self) -> str:
        """The first instance type that cannot be had."""
        wanted = [each[0] for group in self.groups for each in group.wanted(frozenset(self._host.lacking))]
        return next((name for name in wanted if name in self._host.lacking), "")

    def _refuse(self, now: datetime) -> bool:
        at = self.created + timedelta(seconds=_CAPACITY_SECONDS)
        if at > now:
            return False
        name = self._lacks()
        words = f"EC2 has insufficient capacity for {name} in the requested availability zone."
        self.errors = [{"ErrorCode": "EC2_INSUFFICIENT_CAPACITY", "ErrorMessage": words, "ErrorData": []}]
        self.terminate(at, "INSTANCE_FLEET_TIMEOUT" if self.groups[0].is_fleet else "INSTANCE_FAILURE", words)
        return True

    def _get_machines(self) -> None:
        for group in self.groups:
            self._provision(group, self.created + timedelta(seconds=20), self.since)

    def _provision(self, group: Group, began: datetime, ready: datetime) -> None:
        for name, market, count in group.wanted(frozenset(self._host.lacking)):
            for _ in range(count):
                volumes = tuple(self._host.new_id("vol-") for _ in range(group.volumes(name)))
                ids = (self._host.new_id("ci-"), self._host.new_id("i-"))
                group.instances.append(Instance(*ids, name, market, began, ready, volumes=volumes))

    def _become_ready(self) -> None:
        self.ready = self.since
        for group in self.groups:
            group.ready = self.since

    def _give_back(self) -> None:
        self.ended = self.since
        for group in self.groups:
            group.ended = self.since
            for each in group.instances:
                each.ended = each.ended or self.since

    def _work(self, now: datetime) -> bool:
        running = next((step for step in self.steps if step.state == "RUNNING"), None)
        if running is not None:
            return self._finish(running, now)
        waiting = next((step for step in self.steps if step.state == "PENDING"), None)
        if waiting is not None:
            self._start(waiting, max(self.since, waiting.created))
            return True
        if self.keeps_alive:
            self.state = "WAITING"
            return False
        self.terminate(self.since, "ALL_STEPS_COMPLETED", "Steps completed")
        return True

    def _start(self, step: Step, at: datetime) -> None:
        step.state, step.began = "RUNNING", at
        self.state, self.since = "RUNNING", at
        self._scale_up(at)
        seconds, exit_code, words = 0.0, 0, ""
        for _ in range(" ".join(step.args).count("spark-submit")):
            self._applications += 1
            ready = self.ready or at
            name = f"application_{round(ready.timestamp() * 1000) - 30_000}_{self._applications:04d}"
            spec = self._host.spec_of(self.arguments)
            began = at + timedelta(seconds=seconds)
            ran = self._host.runner.run(Application(name, step.asked["Name"], step.args, spec, began))
            step.applications.append(name)
            step.files |= ran.files
            seconds, exit_code, words = seconds + ran.seconds, exit_code or ran.exit_code, words or ran.words
        step.ran = Ran(seconds or _OTHER_STEP_SECONDS, exit_code, words)

    def _scale_up(self, now: datetime) -> None:
        """Managed scaling, which jumps to its maximum for any burst of containers."""
        limits = (self.scaling or {}).get("ComputeLimits")
        workers = [group for group in self.groups if group.role != "MASTER"]
        if not limits or not workers or workers[-1].is_fleet:
            return
        group = workers[-1]
        others = sum(each.asked["InstanceCount"] for each in workers[:-1])
        wanted = limits["MaximumCapacityUnits"] - others
        missing = wanted - group.asked["InstanceCount"]
        if missing > 0:
            group.asked["InstanceCount"] = missing
            self._provision(group, now, now + timedelta(seconds=60))
            group.asked["InstanceCount"] = wanted

    def _finish(self, step: Step, now: datetime) -> bool:
        if step.ran is None or step.began is None:
            return False
        at = step.began + timedelta(seconds=step.ran.seconds)
        if at > now:
            return False
        self.since = at
        self._close(step, "FAILED" if step.ran.exit_code else "COMPLETED", at)
        if step.state == "FAILED":
            self._after_failure(step, at)
        return True

    def _after_failure(self, step: Step, at: datetime) -> None:
        match step.asked.get("ActionOnFailure", "TERMINATE_CLUSTER"):
            case "TERMINATE_CLUSTER" | "TERMINATE_JOB_FLOW":
                self.terminate(at, "STEP_FAILURE", "Shut down as step failed")
            case "CANCEL_AND_WAIT":
                for each in self.steps:
                    each.state = "CANCELLED" if each.state == "PENDING" else each.state
            case _:
                pass

    def _close(self, step: Step, state: str, at: datetime) -> None:
        step.state, step.ended = state, at
        self._leave_logs(step, at)

    def step_log_uri(self, step: Step) -> str:
        """Where the step's own log goes; empty where the cluster keeps none."""
        uri = str(self.arguments.get("LogUri", ""))
        return f"{uri.rstrip('/')}/{self.id}/steps/{step.id}/" if uri else ""

    def _leave_logs(self, step: Step, at: datetime) -> None:
        folder = self._log_folder(step)
        for name, content in step.files.items() if step.state in ("COMPLETED", "FAILED") else ():
            if folder.startswith("s3"):
                self._host.put(f"{folder.rstrip('/')}/{name}", content, at)
            else:
                self.on_hdfs[name] = content
        uri, ran = self.step_log_uri(step), step.ran
        if uri and ran is not None:
            code = f"waitProcessCompletion ended with exit code {ran.exit_code} : {' '.join(step.args)}\n"
            self._host.put(f"{uri}controller.gz", gzip.compress(code.encode(), mtime=0), at)
            self._host.put(f"{uri}stderr.gz", gzip.compress(f"{ran.words}\n".encode(), mtime=0), at)

    def _log_folder(self, step: Step) -> str:
        told = _LOG_DIR.findall(" ".join(step.args))
        properties: list[Json] = [
            each.get("Properties", {})
            for each in self.arguments.get("Configurations", [])
            if each["Classification"] == "spark-defaults"
        ]
        return str(told[-1] if told else (properties or [{}])[0].get("spark.eventLog.dir", ""))

    @property
    def has_work(self) -> bool:
        """Whether a step is still to be done."""
        return any(step.state not in _OVER for step in self.steps)

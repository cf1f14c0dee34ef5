"""The platform `emr`: runs that AWS ran, and specs left for whatever launches the next one.

A run's cluster is made for it, so there is nothing to edit in AWS. What was decided is left as complete arguments of
`run_job_flow` or `start_job_run`, to be fetched; where the launcher has its cluster in a file, also as a patch for it.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from setpoint.core.configurations.emr_arguments import are_alike
from setpoint.core.domain import ClusterReport, ClusterSpec
from setpoint.errors import Conflict, InputError, LeftToOwner, PlatformError
from setpoint.files import write_whole
from setpoint.platforms.checkouts import commit_file, place_in_checkout
from setpoint.platforms.emr.calls import AwsClient, Calls
from setpoint.platforms.emr.hardware import BookOf, Ec2Hardware
from setpoint.platforms.emr.launcher import Template, check_unchanged, patch_of, read_template, text_with
from setpoint.platforms.emr.on_ec2 import OnEc2
from setpoint.platforms.emr.on_kept import OnKept
from setpoint.platforms.emr.on_serverless import OnServerless
from setpoint.platforms.emr.project import EmrProject
from setpoint.platforms.emr.sensor import Begun, Reader, Sensor
from setpoint.platforms.emr.store import MOST_REMEMBERED, Handed, Left, Store

__all__ = ["EmrPlatform", "connect", "in_role"]


class EmrPlatform:
    """A `Platform` over EMR on EC2 and EMR Serverless."""

    def __init__(
        self,
        home: Path,
        connect: Callable[[str, str], AwsClient],
        book_of: BookOf | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Look at AWS.

        Args:
            home: below which projects and what was left for them are kept.
            connect: opens a client of boto3 for a service and a region.
            book_of: knows the hardware of instance types; EC2 is asked where it is None.
            clock: the time there.
            sleep: waits before a call is repeated.
        """
        self.store = Store(home)
        self.calls = Calls(connect, sleep)
        self.clock = clock
        self.on_ec2 = OnEc2(self.calls, book_of or Ec2Hardware(self.calls), clock, home.absolute() / "emr-downloads")
        self.on_kept = OnKept(self.on_ec2)
        self.on_serverless = OnServerless(self.calls, clock)

    def register(self, name: str, project: EmrProject) -> None:
        """Bring a project under control: how its runs are known, and what launches them."""
        if project.template is not None:
            template = read_template(Path(project.template), is_serverless=project.is_serverless)
            self._sensor(project).spec_in(project, template.arguments)
        self.store.register(name, project)

    def place_of(self, project: str) -> str:
        """The region. Raises UnknownProject."""
        return self.store.project(project).region

    def finished_runs(self, project: str) -> tuple[str, ...]:
        """Clusters that were started for the project and have ended, or its job runs; oldest first."""
        found = self.store.project(project)
        return self._reader(found).ended(found)

    def event_log(self, project: str, run_id: str) -> Iterable[Iterable[bytes]]:
        """The event log that a run left in S3."""
        found = self.store.project(project)
        return self._reader(found).event_log(found, run_id)

    def cluster_report(self, project: str, run_id: str) -> ClusterReport:
        """What EMR says really ran, and what it billed."""
        found = self.store.project(project)
        report = self._reader(found).report(found, run_id)
        return _with_spec(report, _recognised(report.spec, self.store.left(project)))

    def current_spec(self, project: str) -> ClusterSpec:
        """What the next run would get.

        What was left to be fetched, unless a run has begun since or its launcher's file was changed; then what that
        file says, else what the newest run had.
        """
        found = self.store.project(project)
        return self._current(project, found, self._template(found))

    def apply(self, project: str, spec: ClusterSpec, *, expect: ClusterSpec) -> None:
        """Leave a spec for the next run, unless the current one is neither `expect` nor `spec`.

        Raises LeftToOwner where it was committed on a branch instead: the next run gets it once its owner takes it.
        """
        found = self.store.project(project)
        with self.store.locked(project):
            template = self._template(found)
            current = self._current(project, found, template)
            left = self.store.left(project)
            if current == spec:
                if left is not None and left.spec == spec:
                    self._show(project, found, left, template)
                return
            if current != expect:
                raise Conflict(
                    f"The next run of {project!r} would get {current} and not {expect}; nothing was changed."
                )
            if found.resize:
                self.on_kept.resize(found, spec)
            elif found.branch is not None and template is not None:
                self._hand_over(project, found.branch, spec, template, self._sensor(found))
            else:
                self._leave(project, found, spec, template, left)

    def fetched(self, project: str) -> dict[str, Any] | None:
        """Complete arguments for the next run, as they were left; None where none were, or do not stand any more."""
        left = self.store.left(project)
        if left is None or self.store.project(project).branch or self.current_spec(project) != left.spec:
            return None
        return dict(left.arguments)

    def next_arguments(self, project: str) -> dict[str, Any]:
        """Complete arguments for the next run: as they were left, else the launcher's own, else as the newest run had.

        Raises InputError where nothing is launched, because its cluster is kept alive.
        """
        found = self.store.project(project)
        if found.resize:
            raise InputError(f"The cluster of {project!r} is kept alive and resized; nothing is launched for its runs.")
        left = self.fetched(project)
        if left is not None:
            return left
        template = self._template(found)
        if template is not None:
            return dict(template.arguments)
        return self._sensor(found).arguments(found, self.current_spec(project), None)

    def _leave(
        self, project: str, found: EmrProject, spec: ClusterSpec, template: Template | None, before: Left | None
    ) -> None:
        own = None if template is None else template.arguments
        arguments = self._sensor(found).arguments(found, spec, own)
        earlier = () if before is None else (before.spec, *before.before)
        remembered = tuple(dict.fromkeys(each for each in earlier if each != spec))[:MOST_REMEMBERED]
        left = Left(spec, self.clock(), arguments, "" if template is None else template.hash, remembered)
        if template is not None:
            check_unchanged(template)
        # Whoever is killed here has left nothing, or everything that the next call needs to show it.
        self.store.leave(project, left)
        self._show(project, found, left, template)

    def with_owner(self, project: str, spec: ClusterSpec) -> str | None:
        """See HandsOver: where a spec was committed for the owner of the launcher's file."""
        found, handed = self.store.project(project), self.store.handed(project)
        return handed.place if found.branch and handed is not None and handed.spec == spec else None

    def _hand_over(self, project: str, branch: str, spec: ClusterSpec, template: Template, sensor: Sensor) -> None:
        """Commit the launcher's file as it is to be, for its owner to take; repeated, it makes no second commit."""
        arguments = sensor.arguments(self.store.project(project), spec, template.arguments)
        checkout, path = place_in_checkout(template.path)
        message = f"Run {project} on {spec}\n\nDecided by Setpoint; `setpoint explain {project}` says why.\n"
        commit = commit_file(checkout, branch, path, text_with(template, arguments), message)
        place = f"its owner is to take {commit[:12]} on the branch {branch} of {checkout}"
        self.store.hand_over(project, Handed(spec, place))
        raise LeftToOwner(f"{template.path} belongs to whoever launches {project!r}: {place}.")

    def _show(self, project: str, found: EmrProject, left: Left, template: Template | None) -> None:
        self.store.show(project, left)
        if template is not None:
            path = Path(found.patch) if found.patch else self.store.folder(project) / "cluster.patch"
            write_whole(path, patch_of(template, left.arguments).encode())

    def _current(self, project: str, found: EmrProject, template: Template | None) -> ClusterSpec:
        if found.resize:
            return self.on_kept.current(found)
        left = None if found.branch else self.store.left(project)
        newest = self._sensor(found).newest(found)
        written = None if template is None else self._sensor(found).spec_in(found, template.arguments)
        if left is not None and _stands(left, newest, template, written):
            return left.spec
        if written is not None:
            return _recognised(written, left)
        if newest is not None:
            return _recognised(newest.spec, left)
        raise PlatformError(
            f"No run of {project!r} was seen yet and it has no launcher's file, so its cluster is not known."
        )

    def _template(self, found: EmrProject) -> Template | None:
        return (
            None if found.template is None else read_template(Path(found.template), is_serverless=found.is_serverless)
        )

    def _reader(self, found: EmrProject) -> Reader:
        return self.on_kept if found.resize else self._sensor(found)

    def _sensor(self, found: EmrProject) -> Sensor:
        return self.on_serverless if found.is_serverless else self.on_ec2


def _stands(left: Left, newest: Begun | None, template: Template | None, written: ClusterSpec | None) -> bool:
    """Whether what was left still is what the next run gets."""
    was_taken = newest is None or newest.at < left.at or are_alike(newest.spec, left.spec)
    if template is None or written is None:
        return was_taken
    return was_taken and (template.hash == left.template_hash or are_alike(written, left.spec))


def _recognised(spec: ClusterSpec, left: Left | None) -> ClusterSpec:
    """A spec as we wrote it where it is one that we left: AWS tells some of them in other words."""
    known = () if left is None else (left.spec, *left.before)
    return next((each for each in known if are_alike(each, spec)), spec)


def _with_spec(report: ClusterReport, spec: ClusterSpec) -> ClusterReport:
    return report if report.spec == spec else replace(report, spec=spec)


def connect(service: str, region: str, profile: str | None = None, **credentials: str) -> AwsClient:
    """A client of boto3 with the credentials that are usual here (environment, profile, role), or with given ones.

    Raises PlatformError.
    """
    try:
        import boto3
        from botocore.config import Config
    except ImportError as error:
        raise PlatformError("The platform emr needs boto3: install setpoint[aws].") from error
    once = Config(retries={"total_max_attempts": 1}, connect_timeout=10, read_timeout=60, user_agent_extra="setpoint")
    return boto3.Session(profile_name=profile, **credentials).client(service, region_name=region, config=once)


def in_role(role: str, external_id: str) -> Callable[[str, str], AwsClient]:
    """Clients of boto3 in a role, which is taken with an external id; as this machine where it is empty.

    The credentials of a role end after an hour; whoever finds them expired opens its clients again.
    """

    def opened(service: str, region: str) -> AwsClient:
        if not role:
            return connect(service, region)
        try:
            answer = connect("sts", region).assume_role(
                RoleArn=role, RoleSessionName="setpoint", **({"ExternalId": external_id} if external_id else {})
            )
        except Exception as error:
            raise PlatformError(f"The role {role} cannot be taken: {str(error)[:300]}") from error
        given = answer["Credentials"]
        return connect(
            service,
            region,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )

    return opened

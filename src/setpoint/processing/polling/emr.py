"""A region of EMR on EC2 as a place to look at: a run is a cluster that was started for it and has ended."""

import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import IO, Any

import msgspec

from setpoint.errors import InputError
from setpoint.platforms.emr import EmrProject, logs
from setpoint.platforms.emr.calls import Calls, Refusal
from setpoint.platforms.emr.clusters import Seen, belongs, fits_name, tags_of
from setpoint.platforms.emr.lookout import Mark, look
from setpoint.platforms.emr.report import applications_of, collect
from setpoint.processing.polling.places import Brought, Found, TooEarly
from setpoint.store.rows import ProjectRow

__all__ = ["EmrPlace", "emr_project"]

Json = Mapping[str, Any]
_PRODUCT = "aws-emr"
WAITED = timedelta(minutes=20)
"""For a log that was not closed, after the cluster's end."""
LOOK_AGAIN_SECONDS = 120.0


@dataclass(frozen=True)
class EmrPlace:
    """A `Place`."""

    api: Calls
    region: str
    most_bytes: int
    """Largest log that is brought."""
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    @property
    def calls(self) -> int:
        """See Place."""
        return self.api.count

    def look(self, mark: Json, projects: Sequence[ProjectRow]) -> tuple[Sequence[Found], Json]:
        """See Place."""
        known = [(project, emr_project(project, self.region)) for project in projects]
        looked = mark.get("looked")
        living = {str(name): datetime.fromisoformat(at) for name, at in (mark.get("living") or {}).items()}
        before = Mark(datetime.fromisoformat(looked) if looked else None, living)
        ended, after = look(self.api, self.region, before, self.clock())
        found = []
        for cluster in ended:
            fitting = [(row, emr) for row, emr in known if emr is not None and fits_name(emr, cluster.name)]
            tags = self._tags(cluster) if any(emr.tag is not None for _, emr in fitting) else {}
            ours = [row for row, emr in fitting if belongs(emr, cluster.name, tags)]
            found += [Found(row, cluster.id, {"cluster": cluster.id}) for row in ours]
        at = None if after.looked is None else after.looked.isoformat()
        return found, {"looked": at, "living": {name: when.isoformat() for name, when in after.living.items()}}

    def bring(self, project: ProjectRow, told: Json, into: IO[bytes]) -> Brought:
        """See Place."""
        emr = emr_project(project, self.region)
        if emr is None:
            raise InputError("The project says no longer how its clusters are known.")
        cluster_id = str(told["cluster"])
        try:
            report = collect(self.api, self.region, cluster_id)
        except Refusal as error:
            if error.code in _NOT_LET_IN:
                raise
            raise InputError(str(error)) from None
        times = report["Cluster"]["Status"]["Timeline"]
        if "EndDateTime" not in times:
            raise TooEarly(LOOK_AGAIN_SECONDS)
        began, ended = (datetime.fromisoformat(times[key]) for key in ("CreationDateTime", "EndDateTime"))
        found = self._log(emr, report, began, ended)
        if (found is None or found[1].is_open) and self.clock() < ended + WAITED:
            raise TooEarly(LOOK_AGAIN_SECONDS)
        if found is None:
            return Brought(report, _PRODUCT, "", str(logs.no_log(cluster_id, logs.folders_of(report, emr.event_logs))))
        place, log = found
        if log.size_bytes > self.most_bytes:
            why = f"its log has {log.size_bytes:,} bytes, and {self.most_bytes:,} are the most that are taken"
            return Brought(report, _PRODUCT, "", why)
        self._pack(place, log, into)
        return Brought(report, _PRODUCT, f"{cluster_id}.zip")

    def _log(
        self, emr: EmrProject, report: Json, began: datetime, ended: datetime
    ) -> tuple[logs.Place, logs.FoundLog] | None:
        applications = applications_of(report, emr.step)
        for place in logs.folders_of(dict(report), emr.event_logs, emr.step):
            try:
                listed = logs.listed(self.api, self.region, place)
            except Refusal as error:
                if error.code == "NoSuchBucket" or (place.is_guess and error.code == "AccessDenied"):
                    continue
                raise
            log = logs.chosen(logs.logs_among(listed), applications, began, ended)
            if log is not None:
                return place, log
        return None

    def _pack(self, place: logs.Place, log: logs.FoundLog, into: IO[bytes]) -> None:
        with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for part in log.parts:
                entry = zipfile.ZipInfo(part.key.removeprefix(place.prefix))
                entry.compress_type = zipfile.ZIP_DEFLATED
                with archive.open(entry, "w", force_zip64=True) as file:
                    for chunk in logs.stored_bytes(self.api, self.region, place, part):
                        file.write(chunk)

    def _tags(self, cluster: Seen) -> Mapping[str, str]:
        """Lists of clusters do not tell tags."""
        given = {"ClusterId": cluster.id}
        found = self.api.ask("emr", self.region, "describe_cluster", "Cluster", **given)["Cluster"]
        return tags_of(found.get("Tags"))


_NOT_LET_IN = frozenset({"AccessDeniedException", "AccessDenied", "UnrecognizedClientException"})


def emr_project(project: ProjectRow, region: str) -> EmrProject | None:
    """How the clusters of a project are known; None where it does not say, or not so that it can be read."""
    said = project.settings.get("emr")
    if not isinstance(said, Mapping):
        return None
    try:
        return msgspec.convert({**said, "region": region}, EmrProject)
    except (msgspec.ValidationError, InputError):
        return None

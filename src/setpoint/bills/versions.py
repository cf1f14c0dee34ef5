"""Which files of an export hold now: exports are written anew again and again, and only the newest version counts.

AWS writes a folder for each billing period (`20260501-20260601`, `BILLING_PERIOD=2026-05`, `year=2026/month=5`) and,
where older versions are kept, a folder for each version in it; so does Azure. A manifest, or the time in a folder's
name, tells which is the newest. Sources: AWS Data Exports user guide, "Understanding export delivery"; Azure Cost
Management exports.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import msgspec

from setpoint.bills.files import DATA_ENDINGS, text_of
from setpoint.errors import InputError
from setpoint.sources.blobs import Blob

__all__ = ["newest"]

_PERIOD = re.compile(r"\d{8}-\d{8}|billing_period=\d{4}-\d\d", re.IGNORECASE)
_YEAR, _MONTH = re.compile(r"year=\d{4}"), re.compile(r"month=\d{1,2}")
_TIMED = re.compile(r"\d{4}-\d\d-\d\dT|\d{8}T\d{6}Z?$")
_SHOWN = 4


class _Run(msgspec.Struct):
    """Of Azure's manifest."""

    submitted: str = msgspec.field(name="submittedTime", default="")


class _Manifest(msgspec.Struct):
    """The parts of AWS's and Azure's manifests that tell versions apart."""

    assembly: str = msgspec.field(name="assemblyId", default="")
    run: _Run = msgspec.field(name="runInfo", default_factory=_Run)


@dataclass(frozen=True, slots=True)
class _File:
    blob: Blob
    export: PurePosixPath
    """The folder of all periods."""
    period: str
    version: str
    """Folders below that of the period; empty where each version is written over the one before."""


def newest(blobs: Iterable[Blob]) -> list[Blob]:
    """Of each billing period the files of its newest version.

    Raises InputError where there is no data, several exports lie together (dollars would count twice), or nothing tells
    which version is the newest.
    """
    every = list(blobs)
    files = [_filed(blob) for blob in every if blob.place.name.lower().endswith(DATA_ENDINGS)]
    if not files:
        raise InputError("There is no cost export there: no file ends with .csv, .csv.gz or .parquet.")
    exports = sorted({str(file.export) for file in files if file.period})
    if len(exports) > 1:
        names = ", ".join(exports[:_SHOWN])
        raise InputError(f"There are {len(exports)} exports ({names}); name one, or dollars would count twice.")
    manifests = dict(_manifests(every))
    periods: dict[str, list[_File]] = {}
    for file in files:
        periods.setdefault(file.period, []).append(file)
    return [file.blob for period in sorted(periods) for file in _newest_of(periods[period], manifests)]


def _filed(blob: Blob) -> _File:
    folders = blob.place.parent.parts
    for at, name in enumerate(folders):
        following = folders[at + 1] if at + 1 < len(folders) else ""
        if _PERIOD.fullmatch(name):
            return _File(blob, PurePosixPath(*folders[:at]), name.lower(), "/".join(folders[at + 1 :]))
        if _YEAR.fullmatch(name) and _MONTH.fullmatch(following):
            period = f"{name}/{following}"
            return _File(blob, PurePosixPath(*folders[:at]), period, "/".join(folders[at + 2 :]))
    return _File(blob, blob.place.parent, "", "")


def _manifests(blobs: Iterable[Blob]) -> Iterator[tuple[PurePosixPath, _Manifest]]:
    for blob in blobs:
        if blob.place.name.lower().endswith("manifest.json"):
            try:
                yield blob.place.parent, msgspec.json.decode(text_of(blob), type=_Manifest)
            except (msgspec.MsgspecError, UnicodeDecodeError):
                raise InputError(f"{blob.name} is no manifest of a cost export.") from None


def _newest_of(files: Sequence[_File], manifests: Mapping[PurePosixPath, _Manifest]) -> list[_File]:
    versions = sorted({file.version for file in files if file.period})
    if len(versions) <= 1:
        return list(files)
    any_file = next(file for file in files if file.version == versions[-1])
    folder = any_file.blob.place.parent
    for _ in PurePosixPath(any_file.version).parts:
        folder = folder.parent
    chosen = _said(folder, versions, manifests) or _timed(versions)
    if chosen is None:
        raise InputError(
            f"{folder} has {len(versions)} versions of one billing period, and no manifest that says which is the "
            "newest: read one of their folders."
        )
    return [file for file in files if file.version == chosen]


def _said(folder: PurePosixPath, versions: Sequence[str], manifests: Mapping[PurePosixPath, _Manifest]) -> str | None:
    """By the manifest of the period, or by those of its versions."""
    ours = manifests.get(folder)
    if ours is not None and ours.assembly in versions:
        return ours.assembly
    times = {
        version: manifests[folder / version].run.submitted for version in versions if folder / version in manifests
    }
    if len(times) == len(versions) and all(times.values()):
        return max(times, key=lambda version: times[version])
    return None


def _timed(versions: Sequence[str]) -> str | None:
    return max(versions) if all(_TIMED.match(version) for version in versions) else None

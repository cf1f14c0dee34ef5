"""Made-up logs that sources are filled with."""

import io
import tarfile
import zipfile
from pathlib import Path

from setpoint.testing.eventlog_builder import ApplicationPlan, JobPlan, StagePlan, build, local

LINES = [line + b"\n" for line in build(ApplicationPlan((JobPlan((StagePlan((1.0,) * 12),)),), local(2)))]
TEXT = b"".join(LINES)
HALF = len(LINES) // 2
FIRST, SECOND = b"".join(LINES[:HALF]), b"".join(LINES[HALF:])


def log_of(application: str, attempt: str | None = None) -> bytes:
    """A log of another application."""
    named = f'"App ID":"{application}"' + (f',"App Attempt ID":"{attempt}"' if attempt else "")
    start = f'{{"Event":"SparkListenerApplicationStart","App Name":"it",{named},"Timestamp":1700000000000}}\n'
    kept = [line for line in LINES if b"SparkListenerApplicationStart" not in line]
    return kept[0] + start.encode() + b"".join(kept[1:])


def zip_of(entries: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return stream.getvalue()


def tar_of(entries: dict[str, bytes], *special: tarfile.TarInfo) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for info in special:
            archive.addfile(info)
        for name, data in entries.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def write(file: Path, data: bytes) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return file

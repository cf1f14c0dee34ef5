"""DBFS of the emulated workspace: files that appear at a time, read in chunks of base64."""

from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from datetime import datetime

from setpoint.testing.databricks.answers import Json, Refused, invalid, missing

__all__ = ["Dbfs"]

MOST_BYTES = 1 << 20
"""Of one read, and of one block of a write."""


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    appears: datetime


@dataclass(slots=True)
class Dbfs:
    """Files by their whole path, such as `/logs/0101-1/eventlog`; directories are where files are."""

    _files: dict[str, _File] = field(default_factory=dict)
    _open: dict[int, tuple[str, bytearray]] = field(default_factory=dict)

    def leave(self, path: str, content: bytes, appears: datetime) -> None:
        """Write a file that nobody sees before `appears`, which is also when it was modified."""
        self._files[_plain(path)] = _File(content, appears)

    def forget(self, folder: str) -> None:
        """Remove all files below a folder."""
        below = _plain(folder) + "/"
        self._files = {path: file for path, file in self._files.items() if not path.startswith(below)}

    def status(self, asked: Json, now: datetime) -> Json:
        """`dbfs/get-status`."""
        path = _plain(asked.get("path", ""))
        found = self._seen(now)
        if path in found:
            return _entry(path, found[path])
        if path == "/" or any(name.startswith(path + "/") for name in found):
            return {"path": path, "is_dir": True, "file_size": 0, "modification_time": 0}
        raise missing(f"No file or directory exists on path {path}.")

    def content(self, path: str, now: datetime) -> bytes | None:
        """A whole file; None where nobody sees one."""
        found = self._seen(now).get(_plain(path))
        return None if found is None else found.content

    def list(self, asked: Json, now: datetime) -> Json:
        """`dbfs/list`: one level."""
        path = str(self.status(asked, now)["path"])
        found = self._seen(now)
        if path in found:
            return {"files": [_entry(path, found[path])]}
        base = path.rstrip("/") + "/"
        names = sorted({base + name[len(base) :].split("/")[0] for name in found if name.startswith(base)})
        return {"files": [self.status({"path": name}, now) for name in names]}

    def read(self, asked: Json, now: datetime) -> Json:
        """`dbfs/read`: at most a mebibyte, and none past the end."""
        path, offset = _plain(asked.get("path", "")), int(asked.get("offset", 0))
        length = int(asked.get("length", MOST_BYTES // 2))
        if length > MOST_BYTES:
            raise Refused(400, "MAX_READ_SIZE_EXCEEDED", f"Read size must be at most {MOST_BYTES} bytes.")
        if path not in self._seen(now):
            raise missing(f"No file or directory exists on path {path}.")
        part = self._files[path].content[offset : offset + length]
        return {"bytes_read": len(part), "data": b64encode(part).decode()}

    def put(self, asked: Json, now: datetime) -> Json:
        """`dbfs/put`: a small file at once."""
        self._write(asked, b64decode(asked.get("contents", "")), now)
        return {}

    def create(self, asked: Json, now: datetime) -> Json:
        """`dbfs/create`: begin to write in blocks."""
        if not asked.get("overwrite") and _plain(asked["path"]) in self._seen(now):
            raise _exists(asked["path"])
        handle = len(self._open) + 1
        self._open[handle] = (asked["path"], bytearray())
        return {"handle": handle}

    def add_block(self, asked: Json, _now: datetime) -> Json:
        """`dbfs/add-block`."""
        block = b64decode(asked["data"])
        if len(block) > MOST_BYTES:
            raise Refused(400, "MAX_BLOCK_SIZE_EXCEEDED", f"A block has at most {MOST_BYTES} bytes.")
        self._handle(asked)[1].extend(block)
        return {}

    def close(self, asked: Json, now: datetime) -> Json:
        """`dbfs/close`: only now the file has its content."""
        path, content = self._handle(asked)
        self.leave(path, bytes(content), now)
        self._open[int(asked["handle"])] = ("", bytearray())
        return {}

    def _handle(self, asked: Json) -> tuple[str, bytearray]:
        found = self._open.get(int(asked["handle"]), ("", bytearray()))
        if not found[0]:
            raise missing(f"No stream with handle {asked['handle']} exists.")
        return found

    def _write(self, asked: Json, content: bytes, now: datetime) -> None:
        if not asked.get("overwrite") and _plain(asked["path"]) in self._seen(now):
            raise _exists(asked["path"])
        self.leave(asked["path"], content, now)

    def _seen(self, now: datetime) -> dict[str, _File]:
        return {path: file for path, file in self._files.items() if file.appears <= now}


def _exists(path: str) -> Refused:
    return Refused(400, "RESOURCE_ALREADY_EXISTS", f"A file or directory already exists at the input path {path}.")


def _plain(path: str) -> str:
    plain = "/" + path.removeprefix("dbfs:").strip("/")
    if path.removeprefix("dbfs:")[:1] != "/":
        raise invalid(f"Path must be absolute: {path}")
    return plain


def _entry(path: str, file: _File) -> Json:
    modified = round(file.appears.timestamp() * 1000)
    return {"path": path, "is_dir": False, "file_size": len(file.content), "modification_time": modified}

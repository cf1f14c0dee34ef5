"""The Files API of the emulated workspace: volumes of Unity Catalog, in the same tree as DBFS.

Source: Databricks REST API, "Files" 2.0: `fs/files` in bytes, `fs/directories` by pages.
"""

from collections.abc import Callable

from setpoint.testing.databricks.answers import Json, Refused
from setpoint.testing.databricks.workspace import Workspace

__all__ = ["volumes_way"]

Way = Callable[[Workspace, Json], Json | bytes]
_FILES, _FOLDERS = "fs/files/", "fs/directories/"
MOST_ENTRIES = 1000


def volumes_way(method: str, name: str) -> Way | None:
    """How a file is read or written, or a folder listed; None where the path is another."""
    if name.startswith(_FILES):
        path = "/" + name.removeprefix(_FILES)
        return {"GET": _reading(path), "PUT": _writing(path)}.get(method)
    if name.startswith(_FOLDERS) and method == "GET":
        return _listing("/" + name.removeprefix(_FOLDERS).rstrip("/"))
    return None


def _reading(path: str) -> Way:
    def answer(space: Workspace, _asked: Json) -> bytes:
        found = space.files.content(path, space.now)
        if found is None:
            raise Refused(404, "NOT_FOUND", f"The file being accessed is not found: {path}")
        return found

    return answer


def _writing(path: str) -> Way:
    def answer(space: Workspace, asked: Json) -> Json:
        if space.files.content(path, space.now) is not None and str(asked.get("overwrite")).lower() != "true":
            raise Refused(409, "ALREADY_EXISTS", f"The file already exists: {path}")
        space.files.leave(path, asked["content"], space.now)
        return {}

    return answer


def _listing(path: str) -> Way:
    def answer(space: Workspace, asked: Json) -> Json:
        try:
            listed = space.files.list({"path": path}, space.now)["files"]
        except Refused as refused:
            raise Refused(404, "NOT_FOUND", f"The directory being accessed is not found: {path}") from refused
        first = int(asked.get("page_token") or 0)
        page: Json = {"contents": [_entry(each) for each in listed[first : first + MOST_ENTRIES]]}
        if first + MOST_ENTRIES < len(listed):
            page["next_page_token"] = str(first + MOST_ENTRIES)
        return page

    return answer


def _entry(told: Json) -> Json:
    found: Json = {"path": told["path"], "name": told["path"].rpartition("/")[2], "is_directory": told["is_dir"]}
    return (
        found
        if told["is_dir"]
        else found
        | {
            "file_size": told["file_size"],
            "last_modified": told["modification_time"],
        }
    )

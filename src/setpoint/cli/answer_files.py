"""Pages and tables that a command writes where the user says."""

from pathlib import Path

from setpoint.errors import InputError
from setpoint.files import write_whole

__all__ = ["judge_place", "put_in_place"]


def judge_place(option: str, path: Path, begins: bytes) -> None:
    """Before anything is read or run: a file that can be written, and that is nobody else's.

    Args:
        option: as the user wrote it.
        path: of the file to be written.
        begins: what the files that this command writes begin with; no other file is overwritten.

    Raises:
        InputError: the answer could not, or must not, be written there.
    """
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise InputError(f"{option} {path}: it needs the name of a file in a folder that exists.")
    if not path.is_file():
        return
    with path.open("rb") as stream:
        # A name given twice must not put the answer in the place of the only log, or of the measurements.
        if stream.read(len(begins)) not in {b"", begins}:
            raise InputError(f"{option} {path}: another file has this name and is not overwritten: give a new name.")


def put_in_place(path: Path, text: str) -> None:
    """At once: nobody sees half of an answer, and one that cannot be written leaves the old one alone."""
    target = path.resolve()
    if target.exists() and not target.is_file():
        target.write_text(text, encoding="utf-8")  # a terminal or a pipe, which must stay what it is
    else:
        write_whole(target, text.encode())

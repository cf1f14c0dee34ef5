"""Files that are read whole, and what only looks like one."""

import os
from pathlib import Path
from threading import Thread

import pytest

from setpoint.files import read_most


def test_one_byte_more_than_allowed_shows_that_there_is_more(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"12345")
    assert read_most(file, 5) == b"12345"
    assert read_most(file, 3) == b"1234"
    (tmp_path / "link").symlink_to(file)
    assert read_most(tmp_path / "link", 9) == b"12345"


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", ".", "none"):
        with pytest.raises(OSError, match=r"pipe|directory|No such"):
            read_most(tmp_path / name, 5)


def test_a_pipe_that_a_shell_made_is_read() -> None:
    ours, theirs = os.pipe()

    def tell() -> None:
        with os.fdopen(theirs, "wb") as pipe:
            pipe.write(b"told")

    writer = Thread(target=tell)
    writer.start()
    assert read_most(Path(f"/dev/fd/{ours}"), 9) == b"told"
    writer.join()
    os.close(ours)

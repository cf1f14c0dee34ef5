"""What a file is called that came from elsewhere."""

from collections.abc import Iterable
from email.message import Message
from urllib.parse import unquote

__all__ = ["file_name", "safe_name"]

LONGEST_NAME = 255
UNNAMED = "eventlog"


def safe_name(text: str) -> str:
    r"""The last part of a path, of printable characters; the usual name where nothing is left.

    >>> [safe_name(text) for text in ("../../etc/passwd", "a b.zstd", "C:\\logs\\x.gz", "..", "a\x00b")]
    ['passwd', 'a b.zstd', 'x.gz', 'eventlog', 'ab']
    """
    last = text.replace("\\", "/").rstrip("/").rpartition("/")[2]
    plain = "".join(letter for letter in last if letter.isprintable()).strip(" .")
    # What is cut off is the beginning: the end says what kind of file it is. Files have names of so many bytes.
    return plain.encode("utf-8", "replace")[-LONGEST_NAME:].decode("utf-8", "ignore").strip(" .") or UNNAMED


def file_name(path: str, headers: Iterable[tuple[str, str]]) -> str:
    """As the answer calls it, else as its address does.

    >>> file_name("/bucket/app-1%2Bx.zstd", [])
    'app-1+x.zstd'
    >>> file_name("/x", [("content-disposition", 'attachment; filename="../log.gz"')])
    'log.gz'
    """
    told = Message()
    for name, value in headers:
        if name.lower() == "content-disposition" and "Content-Disposition" not in told:
            told["Content-Disposition"] = value
    try:
        called = told.get_filename()
    except (LookupError, UnicodeError, ValueError):
        called = None
    return safe_name(called or unquote(path))

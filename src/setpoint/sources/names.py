"""Names that Spark and Databricks give the parts of rolled logs, and names of what is never a log."""

import re

ROLLED_PART = re.compile(
    r"events_(?P<number>\d{1,9})_(?P<application>.+?)(?P<compacted>\.compact)?(\.[a-z0-9]{2,6}){0,2}"
)
DATABRICKS_PART = re.compile(r"eventlog-\d{4}-\d\d-\d\d--\d\d-\d\d.*")
DATABRICKS_LAST = "eventlog"
_APPLICATION_ID = re.compile(r"app-\d{14}-\d{4}|local-\d{13}|application_\d+_\d+(_\d+)?|spark-[0-9a-f]{32}")
_PASSED_OVER = (".", "_", "appstatus_")


def is_part_name(name: str) -> bool:
    """Whether this is a part of a rolled log, whatever is in it."""
    return bool(ROLLED_PART.fullmatch(name) or DATABRICKS_PART.fullmatch(name)) and not name.endswith(".crc")


def is_passed_over(name: str) -> bool:
    """Whether a file or folder of this name is bookkeeping: hidden, _SUCCESS, __MACOSX, appstatus_….

    >>> [is_passed_over(name) for name in ("_SUCCESS", ".app.crc", "appstatus_app-1", "app-1")]
    [True, True, True, False]
    """
    return name.startswith(_PASSED_OVER)


def natural(name: str) -> tuple[tuple[int, str], ...]:
    """Sorts numbers within names by their value.

    >>> sorted(["part-10", "part-9"], key=natural)
    ['part-9', 'part-10']
    """
    pieces = re.split(r"(\d{1,15})", name)
    return tuple((int(piece), "") if index % 2 else (0, piece) for index, piece in enumerate(pieces))


def stem(name: str) -> str:
    """A name without its suffixes and without what numbers the parts of a split file.

    The numbers that end the ids of applications tell applications apart, not parts.

    >>> stem("app-1.part2.gz"), stem("app-1.part3"), stem("app-1.aa"), stem("app-1.ab"), stem("local-1422981759269")
    ('app-1.part', 'app-1.part', 'app-1.', 'app-1.', 'local-1422981759269')
    """
    bare = re.sub(r"\.(gz|zst|zstd|lz4|snappy|bz2|json|log|txt|inprogress)\b", "", name)
    if _APPLICATION_ID.fullmatch(bare):
        return bare
    return re.sub(r"(?<![a-zA-Z])[a-z]{1,2}$|\d+$", "", bare)

"""The kinds of URL that are read, and how a URL is shown without what is secret in it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

# What stands before the @ of abfss: is a container.
_CREDENTIALS = re.compile(r"(?<!abfs://)(?<!abfss://)(?<=//)[^/@\s]+(?=@)")
_QUERY = re.compile(r"""(?<=\?)(?<!\s\?)[^\s'"?*/]+=[^\s'"]*""")


@dataclass(frozen=True, slots=True)
class Scheme:
    """How one kind of store is reached."""

    protocol: str
    """As fsspec calls it."""
    extra: str
    options: Callable[[float], dict[str, object]]
    """What its client takes for a time-out in seconds."""
    hint: str = ""
    """What else it needs to know."""


_S3 = Scheme("s3", "s3", lambda seconds: {"config_kwargs": {"connect_timeout": seconds, "read_timeout": seconds}})
_GS = Scheme("gs", "gs", lambda seconds: {"timeout": seconds})
_AZURE = Scheme("abfs", "azure", lambda seconds: {"connection_timeout": int(seconds), "read_timeout": int(seconds)})
DBFS = Scheme(
    "dbfs", "dbfs", lambda _: {}, " Give FSSPEC_DBFS_INSTANCE and FSSPEC_DBFS_TOKEN, or read where /dbfs is mounted."
)

SCHEMES = {
    "s3": _S3, "s3a": _S3, "s3n": _S3, "gs": _GS, "gcs": _GS,
    "abfs": _AZURE, "abfss": _AZURE, "az": _AZURE, "dbfs": DBFS,
}  # fmt: skip


def redacted(text: str) -> str:
    """A URL or a message without passwords and signatures.

    >>> redacted("https://me:secret@host/log?X-Amz-Signature=abc")
    'https://…@host/log?…'
    """
    return _QUERY.sub("…", _CREDENTIALS.sub("…", text))

"""Event logs out of the history server that EMR keeps outside of a cluster, for those that went to HDFS only.

EMR hands out a URL that signs a browser in; behind it is Spark's history server, whose API gives a log as a zip.
https://docs.aws.amazon.com/emr/latest/APIReference/API_GetPersistentAppUIPresignedURL.html
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from setpoint.errors import EventLogError, PlatformError
from setpoint.platforms.emr.calls import Calls

__all__ = ["SETTLED_SECONDS", "Browse", "browse", "downloaded"]

Browse = Callable[[str, Sequence[str], Path], str | None]
"""Opens the first URL, as a browser would with its cookies, then tries the others in turn until one gives a file, which
is kept at the path; the URL it was from, None where none gave one."""
SETTLED_SECONDS = 600
"""After the end of a cluster, until its history is there in full: EMR takes it over every few minutes."""
_MOST_LOOKS, _BETWEEN_LOOKS_SECONDS = 12, 10.0
_API = "api/v1/applications"
_ATTEMPTS = ("1", "")
_NOT_FOUND = 404


def downloaded(
    calls: Calls, region: str, cluster_arn: str, applications: Sequence[str], browse: Browse, to: Path
) -> Path | None:
    """The zip with the log of the first of these applications that has one; None where there is none.

    Raises PlatformError where AWS does not answer.
    """
    made = calls.ask("emr", region, "create_persistent_app_ui", "PersistentAppUIId", TargetResourceArn=cluster_arn)
    given = {"PersistentAppUIId": made["PersistentAppUIId"], "PersistentAppUIType": "SHS"}
    for _ in range(_MOST_LOOKS):
        answer = calls.ask("emr", region, "get_persistent_app_ui_presigned_url", **given)
        if answer.get("PresignedURLReady") and answer.get("PresignedURL"):
            signed = str(answer["PresignedURL"])
            return to if browse(signed, _urls(signed, applications), to) is not None else None
        calls.sleep(_BETWEEN_LOOKS_SECONDS)
    raise PlatformError(f"EMR's history server for {cluster_arn} was not ready in time; it is asked again later.")


def _urls(signed: str, applications: Sequence[str]) -> list[str]:
    """Of logs, below the folder that the signed URL leads to."""
    parts = urlsplit(signed)
    folder = parts.path if parts.path.endswith("/") else f"{parts.path.rpartition('/')[0]}/"
    paths = [
        f"{folder}{_API}/{quote(application)}/{f'{attempt}/' if attempt else ''}logs"
        for application in applications
        for attempt in _ATTEMPTS
    ]
    return [urlunsplit((parts.scheme, parts.netloc, path, "", "")) for path in paths]


def browse(first: str, others: Sequence[str], to: Path) -> str | None:
    """See Browse. Raises PlatformError where the server cannot be reached; the URL, which signs in, is never told."""
    import httpx2

    try:
        with httpx2.Client(follow_redirects=True, timeout=60.0) as client:
            client.get(first).raise_for_status()
            for url in others:
                with client.stream("GET", url) as answer:
                    if answer.status_code == _NOT_FOUND:
                        continue
                    answer.raise_for_status()
                    with to.open("wb") as file:
                        for chunk in answer.iter_bytes():
                            file.write(chunk)
                    return url
    except httpx2.HTTPError as error:
        where = urlsplit(first).netloc
        raise PlatformError(f"EMR's history server at {where} cannot be read ({type(error).__name__}).") from None
    except OSError as error:
        raise EventLogError(f"The event log cannot be kept at {to} ({error.strerror}).") from error
    return None

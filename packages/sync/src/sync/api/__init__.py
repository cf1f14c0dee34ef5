"""The service's API, function by function."""

from setpoint.client import account
from setpoint.client.logs import presigned
from sync.asking import ask, guarded
from sync.config import get_config
from sync.models import AccessReport, AccessReportLine, AccessStatusCode, Response

__all__ = ["generate_presigned_url", "get_access_report"]


def get_access_report() -> AccessReport:
    """Whether the service takes the key."""
    asked = ask(account.products())
    status = AccessStatusCode.RED if asked.error else AccessStatusCode.GREEN
    said = str(asked.error) if asked.error else f"Signed in at {get_config().api_url}"
    return AccessReport([AccessReportLine("Sync Authentication", status, said)])


def generate_presigned_url(s3_url: str, expires_in_secs: int = 3600) -> Response[str]:  # noqa: ARG001 - as published
    """A link through which an object of S3 can be read for an hour."""
    return guarded(lambda: presigned(s3_url))

"""Which workspace is meant, and with which kind of credentials: as Databricks' own tools find them."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from setpoint.errors import InputError, PlatformError
from setpoint.platforms.databricks.project import Product
from setpoint.platforms.databricks.transport import CallFailed, Calls, workspace

__all__ = ["SignedIn", "region_of", "signed_in"]

_ZONES = "/api/2.0/clusters/list-zones"
_TRIES = 3
"""Of a call while somebody waits for the answer."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A workspace that there are credentials for; whether they count is seen with the first call."""

    calls: Calls
    host: str
    auth: str
    """pat, oauth-m2m, azure-cli and others, as the SDK calls them."""
    product: Product


def signed_in(host: str = "", profile: str = "") -> SignedIn:
    """Find credentials: in a profile of `~/.databrickscfg`, else as is usual for Databricks' tools.

    Raises InputError where host and profile do not go together, PlatformError where there are no credentials.
    """
    try:
        from databricks.sdk.core import Config
    except ImportError:
        raise PlatformError("Databricks needs a client: install setpoint[databricks].") from None
    given = _plain(host)
    try:
        # Without a limit the SDK waits for five minutes for a host that does not answer.
        found = Config(host=given if given and not profile else None, profile=profile or None, retry_timeout_seconds=1)
    except ValueError:
        # What the SDK says here may name the values that it found.
        where = f"in the profile {profile!r} of ~/.databrickscfg" if profile else "in the environment or a profile"
        raise PlatformError(
            f"There are no credentials for {given or 'a workspace of Databricks'} {where}: set DATABRICKS_HOST and "
            "DATABRICKS_TOKEN, or DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET, or run `databricks auth login`."
        ) from None
    there = _plain(str(found.host or ""))
    if given and profile and given != there:
        raise InputError(f"The profile {profile!r} is of {there or 'no host'}, and not of {given}: name one of them.")
    product: Product = "azure-databricks" if found.is_azure else "gcp-databricks" if found.is_gcp else "aws-databricks"
    calls = workspace(there, profile=profile) if profile else workspace(there)
    calls.most_tries = _TRIES
    return SignedIn(calls, there, str(found.auth_type or ""), product)


def region_of(calls: Calls) -> str:
    """The region of AWS in which a workspace makes its clusters; empty where it does not say."""
    try:
        zone = str(calls.read(_ZONES).get("default_zone") or "")
    except CallFailed:
        return ""
    return zone.rstrip("abcdefgh") if zone[-1:].isalpha() else zone


def _plain(host: str) -> str:
    """The address of a workspace alone: no user, no path. Raises InputError where a token would go over plain HTTP."""
    if not host:
        return ""
    try:
        parts = urlsplit(host if "://" in host else f"https://{host}")
        name, number = parts.hostname or "", parts.port
    except ValueError:
        raise InputError(
            "The host of the workspace is no address: write it like https://dbc-1.cloud.databricks.com."
        ) from None
    if parts.scheme not in {"http", "https"} or not name:
        raise InputError("The host of the workspace is no address: write it like https://dbc-1.cloud.databricks.com.")
    if parts.scheme != "https" and not _is_this_machine(name):
        raise InputError(f"{parts.scheme}://{name} would take credentials over the network in clear: use https.")
    port = f":{number}" if number else ""
    return f"{parts.scheme}://{f'[{name}]' if ':' in name else name}{port}"


def _is_this_machine(name: str) -> bool:
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False

"""How the places of accounts are reached: with their own credentials, and nowhere that is only ours to reach."""

import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from urllib.parse import urlsplit

from setpoint.core.pricebook import Cloud, PriceBook
from setpoint.errors import InputError, PlatformError, SettingsError
from setpoint.identity.vault import Vault
from setpoint.intake import Allowed
from setpoint.platforms.databricks import CallFiles, Calls, DatabricksPlatform, JobOf, workspace
from setpoint.platforms.emr import in_role
from setpoint.platforms.emr.calls import Calls as EmrCalls
from setpoint.platforms.emr.calls import Connect
from setpoint.processing.polling.databricks import DatabricksPlace
from setpoint.processing.polling.emr import EmrPlace
from setpoint.processing.polling.places import Place
from setpoint.store import Store
from setpoint.store.rows import ProjectRow, WorkspaceRow

__all__ = ["Reaching", "checked_host"]

LOGGER = logging.getLogger(__name__)
_DOMAINS = (
    "databricks.com",
    "databricks.us",
    "databricks.mil",
    "azuredatabricks.net",
    "databricks.azure.us",
    "databricks.azure.cn",
)
"""Below which workspaces are. Source: Databricks, "Workspace instance names, URLs, and IDs"."""
_CLOUDS: Mapping[str, Cloud] = {"aws": "aws", "azure": "azure", "gcp": "gcp"}
CALL_SECONDS = 30
_MOST_KEPT = 256
_OWN_STORAGE = re.compile(r"(dbfs:)?/(?!/)")
"""Of the workspace itself, read by its calls with its token; buckets would be read as whoever runs us."""

_BUCKET = re.compile(r"(s3|s3a|abfss|gs)://[^/]")
"""Never a file of this machine, whatever a job says of where its logs are."""


@dataclass(frozen=True)
class Reaching:
    """Opens places, and platforms to change jobs there."""

    store: Store
    vault: Vault
    allowed: Allowed
    book_of: Callable[[Cloud, str], PriceBook]
    most_bytes: int
    opens: Callable[..., Calls] = workspace
    """The calls of a workspace by its address and token."""
    connects: Callable[[str, str], Connect] = in_role
    """Clients of AWS in a role, with an external id; as this machine where the role is empty."""
    own_account: str = ""
    """Whose buckets may be read with the credentials of this machine: those who run the service."""
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    _kept: dict[tuple[str, str], Calls] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def place(self, row: WorkspaceRow) -> Place:
        """A place to look at. Raises InputError where it may not be reached, PlatformError where it cannot be."""
        if row.settings.get("kind") == "emr":
            return self._region(row)
        calls = self._calls(row)
        cloud = _cloud(row)

        def may_read(folder: str) -> bool:
            is_own = row.account_id == self.own_account and _BUCKET.match(folder) is not None
            return is_own or _OWN_STORAGE.match(folder) is not None

        return DatabricksPlace(
            api=calls,
            files=CallFiles(calls),
            product_code=f"{cloud}-databricks",
            plan=str(row.settings.get("plan_type") or "Premium"),
            region=_region(row),
            most_bytes=self.most_bytes,
            may_read=may_read,
            now=self.now,
        )

    def _region(self, row: WorkspaceRow) -> EmrPlace:
        said = row.settings
        role = str(said.get("role_arn") or "")
        if not role and row.account_id != self.own_account:
            raise InputError(f"The region {row.id} has no role to be taken: connect it anew with role_arn.")
        connect = self.connects(role, str(said.get("external_id") or ""))
        # As with Databricks: the queue puts off what does not pass at once.
        api = EmrCalls(connect, lambda seconds: self.sleep(min(seconds, 1.0)))
        return EmrPlace(api, str(said["region"]), self.most_bytes, lambda: datetime.fromtimestamp(self.now(), UTC))

    def actuator(self, project: ProjectRow) -> DatabricksPlatform | None:
        """What changes the job of a project, where its owner wants that done by itself; None: it is left to be fetched.

        Raises PlatformError where its workspace cannot be reached.
        """
        said = project.settings
        if not (said.get("auto_apply_recs") and said.get("job_id") and said.get("workspace_id")):
            return None
        row = self.store.workspaces.get(project.account_id, str(said["workspace_id"]))
        if row is None or not row.settings.get("databricks_host") or "databricks_token" not in row.secrets:
            return None
        try:
            calls = self._calls(row)
        except InputError as error:
            raise PlatformError(str(error)) from None
        cloud = _cloud(row)
        return DatabricksPlatform(
            calls=calls,
            files=CallFiles(calls),
            jobs={project.stream: JobOf(str(said["job_id"]), str(said.get("cluster_path") or ""))},
            product_code=f"{cloud}-databricks",
            book=self.book_of(cloud, _region(row) or "us-east-1"),
            plan=str(row.settings.get("plan_type") or "Premium"),
        )

    def _calls(self, row: WorkspaceRow) -> Calls:
        """Counted from nought; the client behind them is kept, since opening one asks the workspace what it is."""
        key = (row.id, row.updated_at.isoformat())
        with self._lock:
            kept = self._kept.get(key)
        if kept is None:
            kept = self._opened(row)
            with self._lock:
                if len(self._kept) >= _MOST_KEPT:
                    self._kept.clear()
                self._kept[key] = kept
        # What does not pass at once is put off by the queue: nobody sits and waits while others could be looked at.
        return Calls(kept.do, sleep=kept.sleep, most_tries=2, first_wait_seconds=0.5, longest_wait_seconds=0.5)

    def _opened(self, row: WorkspaceRow) -> Calls:
        host = checked_host(str(row.settings.get("databricks_host") or ""), self.allowed)
        kept = row.secrets.get("databricks_token")
        if not kept:
            raise InputError(f"The workspace {row.id} has no token: set its databricks_token.")
        try:
            token = self.vault.decrypt(kept)
        except SettingsError as error:
            raise PlatformError(str(error)) from None
        # Named, so that credentials of this machine are never sent to a host that a client named.
        return self.opens(host, timeout_seconds=CALL_SECONDS, token=token, auth_type="pat")


def checked_host(text: str, allowed: Allowed) -> str:
    """The address of a workspace. Raises InputError where it is none of Databricks' and was not allowed either.

    >>> checked_host("adb-1.2.azuredatabricks.net", Allowed())
    'https://adb-1.2.azuredatabricks.net'
    >>> checked_host("https://169.254.169.254", Allowed())
    Traceback (most recent call last):
    setpoint.errors.InputError: 169.254.169.254 is no workspace of Databricks: have it added to fetch_allowed.
    """
    parts = urlsplit(text if "://" in text else f"https://{text}")
    host = (parts.hostname or "").rstrip(".").lower()
    is_theirs = any(host.endswith(f".{domain}") for domain in _DOMAINS) and parts.scheme == "https"
    if not is_theirs and not _is_allowed(host, allowed):
        raise InputError(
            f"{host[:100] or 'An empty name'} is no workspace of Databricks: have it added to fetch_allowed."
        )
    if parts.username is not None or parts.scheme not in {"https", "http"}:
        raise InputError("The address of a workspace is like https://dbc-….cloud.databricks.com, with no password.")
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}"


def _is_allowed(host: str, allowed: Allowed) -> bool:
    from ipaddress import ip_address

    if allowed.host(host):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in allowed.networks if network.version == address.version)


def _cloud(row: WorkspaceRow) -> Cloud:
    said = _CLOUDS.get(str(row.settings.get("compute_provider") or ""))
    host = str(row.settings.get("databricks_host") or "")
    if said is not None:
        return said
    return "azure" if "azuredatabricks" in host else "gcp" if ".gcp." in host else "aws"


def _region(row: WorkspaceRow) -> str:
    return str(row.settings.get("aws_region") or "")

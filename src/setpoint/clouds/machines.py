"""Machines of a Databricks cluster where its agent noted none: EC2 still knows them for an hour after their end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from setpoint.agent import on_driver
from setpoint.clouds.waiting import Waiter
from setpoint.errors import PlatformError

__all__ = ["Watch", "monitor", "seen"]


@dataclass(frozen=True, slots=True)
class Watch:
    """Where the machines of a workspace's clusters are."""

    product: str
    host: str
    token: str = field(repr=False)
    aws_region: str | None
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def is_azure(self) -> bool:
        """Whether they are Azure's."""
        return self.product.startswith("azure")

    def cloud(self) -> Any:  # noqa: ANN401 - Ec2 or AzureVms
        """Whoever can be asked for them. Raises PlatformError where a library or a setting is missing."""
        if self.is_azure:
            needed = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_SUBSCRIPTION_ID")
            missing = [name for name in needed if not self.variables.get(name)]
            if missing:
                raise PlatformError(f"Azure cannot be asked for them without {', '.join(missing)}.")
            return on_driver.AzureVms(dict(self.variables))
        if not self.aws_region:
            raise PlatformError("EC2 cannot be asked for them without DATABRICKS_AWS_REGION.")
        try:
            return on_driver.Ec2(self.aws_region)
        except ImportError:
            raise PlatformError("EC2 can be asked for them with boto3 only: install setpoint[aws].") from None


def seen(watch: Watch, cluster_id: str) -> dict[str, Any]:
    """Instances and volumes, as far as EC2 knows them. Raises PlatformError where it cannot be asked."""
    if watch.is_azure:
        raise PlatformError("Azure forgets them at once.")
    cloud = watch.cloud()
    try:
        instances, volumes = cloud.seen(cluster_id)
    except Exception as error:  # noqa: BLE001 - boto3's tree, which is not imported here
        raise PlatformError(f"EC2 in {watch.aws_region} cannot be asked for them: {str(error)[:200]}") from None
    if not instances:
        return {}
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode({"instances": instances, "volumes": volumes}))
    return found


def monitor(watch: Watch, cluster_id: str, waiter: Waiter) -> None:
    """What the agent does on the driver, from here: look until the cluster ends. Raises PlatformError."""
    cloud, workspace = watch.cloud(), on_driver.Workspace(watch.host, watch.token)
    keep: dict[str, on_driver.Notes] = {}

    def look() -> bool:
        return on_driver.look(cluster_id, workspace, cloud, keep, datetime.now(UTC).isoformat())

    try:
        is_living = look()
    except Exception as error:  # noqa: BLE001 - of urllib, boto3 or Azure: the first look must succeed
        raise PlatformError(f"Cluster {cluster_id} cannot be monitored: {str(error)[:200]}") from None
    if is_living:
        waiter.sleep(on_driver.EVERY_SECONDS)
        on_driver.run(look, waiter.sleep, waiter.say)

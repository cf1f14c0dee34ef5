"""What the agent on a driver noted of its cluster's machines, beside the event log."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from setpoint.errors import PlatformError
from setpoint.platforms.databricks.logs import LogFiles, destination_of

__all__ = ["noted_machines"]

Json = Mapping[str, Any]
_NAMES = ("aws_cluster_info.json", "azure_cluster_info.json", "cluster_instances.json")


def noted_machines(files: LogFiles, block: Json, cluster_id: str, contexts: Sequence[str]) -> Json | None:
    """Instances, their times and volumes of a cluster as the agent wrote them; None where there was no agent.

    Layout: `<destination>/<cluster>/sync_data/<spark context>/<name>`. Raises PlatformError where it is no JSON.
    """
    folder = destination_of(block, cluster_id).removesuffix("eventlog")
    if not folder:
        return None
    for file in files.below(f"{folder}sync_data"):
        *_, context, name = file.path.split("/")
        if name in _NAMES and (not contexts or context in contexts):
            try:
                found: Json = msgspec.json.decode(b"".join(files.read(file)), type=dict)
            except msgspec.MsgspecError as error:
                raise PlatformError(f"The notes of the agent in {file.path} are damaged: {error}.") from None
            return found
    return None

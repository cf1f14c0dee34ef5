"""Which Spark properties a Profile keeps: those that size an application or tell where it ran, and never a secret."""

import re
from collections.abc import Iterable

_KEPT = re.compile(
    r"spark\.(master|submit\.deployMode|plugins|speculation|task\.cpus|scheduler\.mode|default\.parallelism"
    r"|app\.(name|id|startTime|submitTime|attempt\.id)"
    r"|jars|jars\.packages|files|archives|submit\.pyFiles|(driver|executor)\.extraLibraryPath"
    r"|(driver|executor)\.(cores|memory|memoryOverhead|memoryOverheadFactor|maxResultSize|instances|pyspark\.memory)"
    r"|yarn\.am\.(cores|memory)|cores\.max|memory\.(fraction|storageFraction|offHeap\.enabled|offHeap\.size)"
    r"|kubernetes\.(driver|executor)\.(limit|request)\.cores"
    r"|dynamicAllocation\.\w[\w.]*|eventLog\.\w[\w.]*|setpoint\.\w[\w.]*"
    r"|sql\.(shuffle\.partitions|adaptive\.\w[\w.]*|autoBroadcastJoinThreshold|files\.maxPartitionBytes)"
    r"|databricks\.clusterUsageTags\.(sparkVersion|clusterNodeType|driverNodeType|clusterWorkers|clusterScalingType"
    r"|clusterMinWorkers|clusterMaxWorkers|cloudProvider|runtimeEngine|clusterCreator|clusterSku|clusterAvailability"
    r"|clusterFirstOnDemand|region|dataPlaneRegion|containerZoneId|clusterEbsVolume(Count|Size|Type)))"
)
_SECRET = re.compile(r"pass|token|secret|credential|key|redacted", re.IGNORECASE)
_CREDENTIALS = re.compile(r"//[^/@\s]*@")
"""A user and maybe a password in an address."""
_LONGEST_VALUE = 500


def keep(properties: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    """The properties worth keeping.

    >>> keep([("spark.master", "local[2]"), ("spark.setpoint.token", "x"), ("spark.ui.port", "4040")])
    {'spark.master': 'local[2]'}
    >>> keep([("spark.eventLog.dir", "s3://user:word@bucket/logs")])
    {'spark.eventLog.dir': 's3://bucket/logs'}

    Lists of jars and files may be long: only their beginning is kept.
    """
    return {
        name: _shortened(without_credentials(value))
        for name, value in properties
        if value is not None and _KEPT.fullmatch(name) and not _SECRET.search(name) and not _SECRET.search(value)
    }


def _shortened(value: str) -> str:
    return value if len(value) <= _LONGEST_VALUE else value[: _LONGEST_VALUE - 1] + "…"


def without_credentials(address: str) -> str:
    """An address, or a text that holds one, without the user and the password in it.

    >>> without_credentials("jdbc:postgresql://me:word@host/db")
    'jdbc:postgresql://host/db'
    """
    return _CREDENTIALS.sub("//", address)


def local_slots(master: str | None) -> int | None:
    """Task slots of a local master, None where the name does not say.

    >>> local_slots("local[4]"), local_slots("local"), local_slots("local[*]"), local_slots("yarn")
    (4, 1, None, None)
    """
    if master == "local":
        return 1
    match = re.fullmatch(r"local\[(\d{1,6})(,\s*\d+)?\]", master or "")
    return int(match[1]) if match else None

"""Which platform ran the application and which engine carried out its operators, with the evidence for it."""

import re
from collections.abc import Mapping

from setpoint.core.profile import Engine, Platform

__all__ = ["engine_evidence", "guess_platform", "platform_marks"]

_MARKS: dict[bytes, Platform] = {
    b'"spark.databricks.': "databricks",
    b'"spark.emr.': "emr",
    b'"spark.sql.emr.': "emr",
    b"/usr/share/aws/emr/": "emr",
    b"com.amazon.ws.emr.": "emr",
    b"emr-serverless": "emr",
    b'"spark.dataproc.': "dataproc",
    b"dataproc:": "dataproc",
    b"gs://dataproc-": "dataproc",
    b"/usr/local/share/google/dataproc": "dataproc",
}
"""What only that platform puts into an application's environment."""
_DATAPROC_MASTER = re.compile(rb'"spark\.driver\.host":"(?P<host>[\w-]+-m\.(c|[\w-]+\.c)\.[\w.-]*internal)"')
"""Dataproc calls the master of a cluster `<cluster>-m`, in the internal domain of Google's network."""
_ORDER: tuple[Platform, ...] = ("databricks", "emr", "dataproc")

_PLUGINS: dict[str, Engine] = {
    "com.nvidia.spark": "rapids",
    "gluten": "gluten",
    "cometplugin": "comet",
    "comet.": "comet",
}


def platform_marks(environment: bytes) -> dict[Platform, str]:
    """Platforms that the environment of an application, as its event has it, tells of, each with what tells it."""
    found: dict[Platform, str] = {}
    for mark, platform in _MARKS.items():
        if platform not in found and mark in environment:
            found[platform] = f"{mark.decode().strip(chr(34))} in the environment"
    if "dataproc" not in found and (master := _DATAPROC_MASTER.search(environment)) is not None:
        found["dataproc"] = f"the driver ran on {master['host'].decode()}"
    return found


def guess_platform(marks: Mapping[Platform, str]) -> Platform:
    """The platform that the marks tell of."""
    return next((platform for platform in _ORDER if platform in marks), "plain")


def engine_evidence(operators: Mapping[Engine, str], properties: Mapping[str, str]) -> dict[Engine, str]:
    """Engines with what tells of them, the surest first."""
    found: dict[Engine, str] = {engine: f"operator {operators[engine]}" for engine in sorted(operators)}
    plugins = properties.get("spark.plugins", "").lower()
    for name, engine in _PLUGINS.items():
        if name in plugins:
            found.setdefault(engine, f"spark.plugins = {properties['spark.plugins']}")
    for name in ("runtimeEngine", "sparkVersion"):
        value = properties.get(f"spark.databricks.clusterUsageTags.{name}", "")
        if "photon" in value.lower():
            found.setdefault("photon", f"spark.databricks.clusterUsageTags.{name} = {value}")
    return found

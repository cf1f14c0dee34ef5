"""Secrets that people write into cluster definitions do not leave the workspace with a report."""

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["masked"]

Json = Mapping[str, Any]
_SECRET = re.compile(r"passw|secret|token|credential|private|account\.key|access\.?key|api\.?key", re.IGNORECASE)
_MASK = "***"
_WORDS = ("azure_error_message", "databricks_error_message")
"""Long words of vendors in the reasons of events, with addresses in them; clients leave them out too."""


def masked(report: Json) -> dict[str, Any]:
    """The report without values of variables and of settings that look secret.

    >>> masked({"cluster": {"spark_env_vars": {"A": "b"}, "spark_conf": {"x.password": "p", "spark.a": "1"}}})
    {'cluster': {'spark_env_vars': {'A': '***'}, 'spark_conf': {'x.password': '***', 'spark.a': '1'}}}
    """
    return {key: _masked(key, value) for key, value in report.items()}


def _masked(key: str, value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, list):
        return [_masked(key, each) for each in value]
    if not isinstance(value, Mapping):
        return value
    if key == "spark_env_vars":
        return dict.fromkeys(value, _MASK)
    if key == "spark_conf":
        return {name: _MASK if _SECRET.search(name) else each for name, each in value.items()}
    return {name: _masked(name, each) for name, each in value.items() if name not in _WORDS}

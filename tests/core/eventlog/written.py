"""Event lines as Spark writes them, few fields at a time, and what is read from them."""

import json
from collections.abc import Mapping

from setpoint.core.eventlog import LogFold, read_profile
from setpoint.core.profile import Profile

START_MS = 1_700_000_000_000
_SQL = "org.apache.spark.sql.execution.ui.SparkListener"


def line(name: str, fields: Mapping[str, object]) -> bytes:
    return json.dumps({"Event": name, **fields}, separators=(",", ":")).encode()


def event(name: str, **fields: object) -> bytes:
    """An event of Spark's core: `App_Name` stands for "App Name"."""
    return line(f"SparkListener{name}", {key.replace("_", " "): value for key, value in fields.items()})


def sql_event(name: str, **fields: object) -> bytes:
    return line(_SQL + name, fields)


def start(app_id: str = "app-1", **fields: object) -> bytes:
    return event("ApplicationStart", App_Name="a", App_ID=app_id, Timestamp=START_MS, **fields)


def task_end(
    stage: int = 0, launched: int = START_MS, finished: int = START_MS + 1000, executor: str = "1", **fields: object
) -> bytes:
    info = {"Launch Time": launched, "Finish Time": finished, "Executor ID": executor, "Host": "h"}
    named = {"Stage_ID": stage, "Task_Info": info, "Task_Metrics": {"Executor Run Time": 900}, **fields}
    return event("TaskEnd", **named)


def environment(**properties: str) -> bytes:
    """Properties: `executor__cores` stands for `spark.executor.cores`."""
    named = {f"spark.{name.replace('__', '.')}": value for name, value in properties.items()}
    return event("EnvironmentUpdate", Spark_Properties=named)


START = start()
END = event("ApplicationEnd", Timestamp=START_MS + 60_000)


def folded(*lines: bytes) -> LogFold:
    fold = LogFold()
    fold.read([b"\n".join(lines)])
    return fold


def read(*lines: bytes) -> Profile:
    return read_profile([[b"\n".join(lines)]])

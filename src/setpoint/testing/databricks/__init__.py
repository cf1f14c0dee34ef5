"""A workspace of Databricks on this machine: the calls a control loop makes, answered over HTTP from memory."""

from setpoint.testing.databricks.answers import Refused, half
from setpoint.testing.databricks.runner import Asked, Ran, Runner, SimulatedRunner
from setpoint.testing.databricks.server import DatabricksEmulator
from setpoint.testing.databricks.workspace import Workspace

__all__ = ["Asked", "DatabricksEmulator", "Ran", "Refused", "Runner", "SimulatedRunner", "Workspace", "half"]

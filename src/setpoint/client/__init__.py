"""A client of the service, typed, for blocking and asynchronous code.

Operations are values, the same for both clients:

    from setpoint.client import Client, projects

    with Client("http://127.0.0.1:8765", key_id, key_secret) as service:
        project = service.call(projects.create("nightly", product_code="aws-databricks"))

Every failure is one error of `setpoint.errors`, whose text is a sentence; its cause is the `Failure` with what the
service said word for word.
"""

from setpoint.client import (
    account,
    approvals,
    goals,
    history,
    predictions,
    projects,
    recommendations,
    submissions,
    workspaces,
)
from setpoint.client.configuration import (
    Configuration,
    DatabricksAccess,
    Key,
    connect,
    load_configuration,
    save_configuration,
)
from setpoint.client.failures import Failure
from setpoint.client.http import AsyncClient, Client
from setpoint.client.logs import EventLog, LogAt, LogFile
from setpoint.client.records import Prediction, Project, Recommendation, Submission, Workspace
from setpoint.client.retries import Retries
from setpoint.client.steps import Operation
from setpoint.client.tokens import FileTokens, MemoryTokens, Token, TokenStore
from setpoint.client.told import Approved, Decision, Goal, Metric, RolledBack, Run, Saved, Standing, Waiting

__all__ = [
    "Approved",
    "AsyncClient",
    "Client",
    "Configuration",
    "DatabricksAccess",
    "Decision",
    "EventLog",
    "Failure",
    "FileTokens",
    "Goal",
    "Key",
    "LogAt",
    "LogFile",
    "MemoryTokens",
    "Metric",
    "Operation",
    "Prediction",
    "Project",
    "Recommendation",
    "Retries",
    "RolledBack",
    "Run",
    "Saved",
    "Standing",
    "Submission",
    "Token",
    "TokenStore",
    "Waiting",
    "Workspace",
    "account",
    "approvals",
    "connect",
    "goals",
    "history",
    "load_configuration",
    "predictions",
    "projects",
    "recommendations",
    "save_configuration",
    "submissions",
    "workspaces",
]

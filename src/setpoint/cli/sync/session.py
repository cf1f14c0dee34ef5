"""The service that commands speak to, and the project that an argument means."""

from contextlib import AbstractContextManager

from setpoint.client import Client, Configuration, Project, connect, load_configuration, projects
from setpoint.errors import NotFound
from setpoint.settings import environment

__all__ = ["configuration", "project_id", "project_of", "service"]


class NoSuchProject(NotFound):
    """An argument names no project; a mistake in usage, as the product had it."""

    exit_code = 2


def configuration() -> Configuration:
    """What the files in `~/.sync` and the variables say."""
    return load_configuration(environment())


def service(given: Configuration | None = None) -> AbstractContextManager[Client]:
    """The configured service."""
    return connect(given or configuration(), _agent())


def project_id(client: Client, reference: str) -> str:
    """The id of a project that is named by its id or by its app id."""
    try:
        return client.call(projects.find(reference))
    except NotFound as error:
        raise NoSuchProject(str(error)) from None


def project_of(client: Client, reference: str) -> Project:
    """The project that is named by its id or by its app id."""
    return client.call(projects.get(project_id(client, reference)))


def _agent() -> str:
    from importlib.metadata import version

    return f"setpoint/{version('setpoint')}"

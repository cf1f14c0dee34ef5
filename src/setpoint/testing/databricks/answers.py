"""How a workspace says no: the JSON of its errors, with the status that goes with it."""

from typing import Any

__all__ = ["Json", "Refused", "half", "invalid", "missing"]

Json = dict[str, Any]


class Refused(Exception):  # noqa: N818 - reads as a statement
    """An answer that is not 200."""

    def __init__(self, status: int, code: str, message: str, *, retry_after_seconds: int | None = None) -> None:
        """Say what the client reads as `error_code` and `message`."""
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.retry_after_seconds = retry_after_seconds

    def body(self) -> Json:
        """The JSON of the answer."""
        return {"error_code": self.code, "message": self.message}


def invalid(message: str) -> Refused:
    """A request that makes no sense; also what older calls say of a job or a cluster that is not there."""
    return Refused(400, "INVALID_PARAMETER_VALUE", message)


def half() -> Refused:
    """A fault: the answer is a page that breaks off in the middle, with the status of a whole one."""
    return Refused(200, "", "")


def missing(message: str) -> Refused:
    """A file or a way that is not there."""
    return Refused(404, "RESOURCE_DOES_NOT_EXIST", message)

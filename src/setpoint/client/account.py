"""Operations about the account: what the service can do for it."""

from collections.abc import Sequence

from setpoint.client.steps import Ask, Operation, result_of
from setpoint.errors import ServiceError

__all__ = ["products"]


def products() -> "Operation[Sequence[str]]":
    """Codes of the platforms that the service knows, e.g. `aws-databricks`."""
    found = result_of((yield Ask("GET", "/v1/projects/products")))
    if not isinstance(found, list):
        raise ServiceError("The service answered without a list of products.")
    return tuple(str(each) for each in found)

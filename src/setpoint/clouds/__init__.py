"""Databricks and EMR for commands and recipes: the ports of `setpoint.client.clouds` over the platforms.

An adapter is one entry in a registry; it is opened when a command needs it, so that the others stay quick.
"""

from collections.abc import Callable

from setpoint.client import DatabricksAccess
from setpoint.client.clouds import DatabricksCloud, EmrCloud
from setpoint.errors import PlatformError

__all__ = ["DATABRICKS", "EMR", "Say", "databricks", "emr"]

Say = Callable[[str], None]
"""Tells a person how far it is."""
OpenDatabricks = Callable[[Say, DatabricksAccess | None], DatabricksCloud]


def databricks(product: str, say: Say = lambda _: None, access: DatabricksAccess | None = None) -> DatabricksCloud:
    """A workspace; where it is not said which, the configured one.

    Raises PlatformError for an unknown product, SettingsError where no workspace is configured.
    """
    if product not in DATABRICKS:
        raise PlatformError(f"{product} is not a product on Databricks; there are {', '.join(DATABRICKS)}.")
    return DATABRICKS[product](say, access)


def emr(region: str | None, say: Say = lambda _: None) -> EmrCloud:
    """EMR in a region; None: the region that AWS's own tools use."""
    return EMR["aws-emr"](region, say)


def _open_databricks(product: str) -> OpenDatabricks:
    def opened(say: Say, access: DatabricksAccess | None) -> DatabricksCloud:
        from setpoint.clouds.databricks_site import open_workspace

        return open_workspace(product, say, access)

    return opened


def _open_emr(region: str | None, say: Say) -> EmrCloud:
    from setpoint.clouds.emr_site import open_region

    return open_region(region, say)


DATABRICKS: dict[str, OpenDatabricks] = {
    "aws-databricks": _open_databricks("aws-databricks"),
    "azure-databricks": _open_databricks("azure-databricks"),
}
"""By product code."""
EMR: dict[str, Callable[[str | None, Say], EmrCloud]] = {"aws-emr": _open_emr}
"""By product code; they are given the region."""

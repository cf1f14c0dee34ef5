"""The live price sources, and what they need to know."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from setpoint.prices import PriceSource
from setpoint.prices.aws import AwsPrices
from setpoint.prices.azure import AzurePrices
from setpoint.prices.databricks import DatabricksPrices, Table

__all__ = ["PRICE_SOURCES", "Access"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How the sources are reached."""

    today: str
    """ISO 8601."""
    file: Path | None = None
    """An export to read instead of asking."""
    table: Table = "list_prices"
    host: str = ""
    """Of a Databricks workspace."""
    warehouse: str = ""
    token: str = field(default="", repr=False)


PRICE_SOURCES: dict[str, Callable[[Access], PriceSource]] = {
    "aws": lambda access: AwsPrices(access.today),
    "azure": lambda access: AzurePrices(access.today),
    "databricks": lambda access: DatabricksPrices(
        access.today, access.table, access.file, access.host, access.warehouse, access.token
    ),
}

"""Price sources → PriceBook: the port and the registry."""

from typing import Protocol

from setpoint.core.pricebook import PriceBook
from setpoint.prices.emr_serverless import EmrServerlessPrices

__all__ = ["PRICE_SOURCES", "PriceSource"]


class PriceSource(Protocol):
    """Somewhere prices come from."""

    def price_book(self, region: str) -> PriceBook:
        """The prices of a region. Raises InputError where it has none, naming the regions it has."""
        ...


PRICE_SOURCES: dict[str, PriceSource] = {"emr-serverless": EmrServerlessPrices()}

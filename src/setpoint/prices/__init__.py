"""Prices of a cloud's region: what comes with the package, overlaid by what was refreshed from live sources."""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from setpoint.core.pricebook import Cloud, PriceBook

if TYPE_CHECKING:
    from pathlib import Path

    from setpoint.prices.live import PRICE_SOURCES
    from setpoint.prices.refreshed import Refresh

__all__ = ["PRICE_SOURCES", "PriceSource", "Tell", "load_book"]

Tell = Callable[[str], None]
"""Hears how far something long has come."""


class PriceSource(Protocol):
    """A live place that prices are read from."""

    def refresh(self, cloud: Cloud, region: str, tell: Tell) -> "Refresh":
        """The prices of a region now.

        Raises:
            PlatformError: the source refuses or cannot be reached.
            InputError: it has no prices of that cloud, or what it says cannot be used.
        """
        ...


def load_book(cloud: Cloud, region: str, folder: "Path | None" = None, until: str = "") -> PriceBook:
    """The prices of a region; what was refreshed into `folder`, up to the day `until`, wins where it is newer.

    Raises:
        InputError: the region is not known, and the known ones are named; or a refreshed file cannot be read.
    """
    from setpoint.prices.embedded import embedded_book

    book = embedded_book(cloud, region)
    if folder is None or not folder.is_dir():
        return book
    from setpoint.prices.refreshed import overlaid, stored

    return overlaid(book, stored(folder, book.cloud, book.region, until))


def __getattr__(name: str) -> object:
    # The live sources are loaded by those who refresh; a book that is only read starts without them.
    if name == "PRICE_SOURCES":
        return import_module("setpoint.prices.live").PRICE_SOURCES
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Composition root: Settings → Loop. The only module that knows every room."""

from dataclasses import replace
from datetime import UTC, datetime

from setpoint.core.domain import PriceBook
from setpoint.errors import LedgerError
from setpoint.ledger import Ledger, open_ledger
from setpoint.loop import Loop
from setpoint.platforms import Platform
from setpoint.platforms.spark import SparkPlatform
from setpoint.prices import PRICE_SOURCES
from setpoint.settings import Settings

__all__ = ["build_ledger", "build_loop", "build_platform", "price_book"]


def price_book(settings: Settings) -> PriceBook:
    """List prices of the region, overruled by the user's own."""
    book = PRICE_SOURCES["emr-serverless"].price_book(settings.region)
    vcpu, gib = settings.vcpu_hour_dollars, settings.gib_hour_dollars
    if vcpu is None and gib is None:
        return book
    return replace(
        book,
        vcpu_hour_dollars=book.vcpu_hour_dollars if vcpu is None else vcpu,
        gib_hour_dollars=book.gib_hour_dollars if gib is None else gib,
        source=f"your own rates, else {book.source}" if None in (vcpu, gib) else "your own rates",
    )


def build_ledger(settings: Settings) -> Ledger:
    """The ledger of this installation; its folder is made."""
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerError(f"The folder {settings.home} cannot be made ({error.strerror}).") from error
    return open_ledger(settings.ledger_url)


def build_platform(settings: Settings) -> SparkPlatform:
    """The platform `spark` of this installation."""
    return SparkPlatform(settings.home)


def build_loop(settings: Settings, platform: Platform | None = None) -> Loop:
    """The loop over them; over another platform where one is given."""
    chosen = build_platform(settings) if platform is None else platform
    return Loop(chosen, build_ledger(settings), price_book(settings), lambda: datetime.now(UTC))

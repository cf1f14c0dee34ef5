"""Composition root: Settings → Loop. The only module that knows every room."""

from dataclasses import replace
from datetime import UTC, datetime

from setpoint.core.pricebook import Price, PriceBook
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
    if (vcpu is None and gib is None) or book.cores is None:
        return book
    source = "your own rates"
    cores = replace(
        book.cores,
        vcpu_hour=book.cores.vcpu_hour if vcpu is None else Price(vcpu, source, "", "own"),
        gib_hour=book.cores.gib_hour if gib is None else Price(gib, source, "", "own"),
    )
    return replace(book, cores=cores, source=f"{source}, else {book.source}" if None in (vcpu, gib) else source)


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

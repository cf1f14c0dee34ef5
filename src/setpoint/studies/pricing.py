"""Samples → study, with the book of each spec's cloud and region."""

from collections.abc import Sequence

from setpoint.core.cloud import CloudSpec
from setpoint.core.domain import ClusterSpec
from setpoint.core.pricebook import PriceBook
from setpoint.core.study import Sample, Study, StudySpec, study
from setpoint.errors import InputError, SettingsError
from setpoint.settings import Settings
from setpoint.studies.sheet import SheetLine
from setpoint.wiring import cloud_book, price_book

__all__ = ["priced"]


def priced(settings: Settings, samples: Sequence[Sample], lines: Sequence[SheetLine] = ()) -> Study:
    """The study. Raises InputError for a region that nobody has prices of, with the line where `lines` tell it."""
    books: dict[tuple[str, str], PriceBook] = {}

    def book_of(spec: StudySpec) -> PriceBook:
        key = ("", "") if isinstance(spec, ClusterSpec) else (spec.cloud, spec.region)
        if key not in books:
            books[key] = (
                price_book(settings) if isinstance(spec, ClusterSpec) else cloud_book(settings, spec.cloud, spec.region)
            )
        return books[key]

    for position, sample in enumerate(samples):
        try:
            book_of(sample.spec)
        except SettingsError:
            raise
        except InputError as error:
            if position < len(lines) and isinstance(sample.spec, CloudSpec):
                raise lines[position].wrong("region", str(error).rstrip(".")) from None
            raise
    return study(samples, book_of)

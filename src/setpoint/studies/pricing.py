"""Samples → study, with the book of each spec's cloud and region."""

from collections.abc import Sequence
from dataclasses import replace

from setpoint.core.cloud import CloudSpec
from setpoint.core.domain import ClusterSpec
from setpoint.core.places import listed_type
from setpoint.core.pricebook import PriceBook
from setpoint.core.study import Sample, Study, StudySpec, study
from setpoint.errors import InputError, SettingsError
from setpoint.settings import Settings
from setpoint.studies.sheet import SheetLine
from setpoint.wiring import cloud_book, price_book, reported_book

__all__ = ["priced"]


def priced(settings: Settings, samples: Sequence[Sample], lines: Sequence[SheetLine] = ()) -> Study:
    """The study. What a line names and nobody has prices of is not priced; InputError where an option names it."""
    books: dict[tuple[str, str], PriceBook] = {}

    def book_of(spec: StudySpec) -> PriceBook:
        key = ("", "") if isinstance(spec, ClusterSpec) else (spec.cloud, spec.region)
        if key not in books:
            books[key] = (
                price_book(settings)
                if isinstance(spec, ClusterSpec)
                else reported_book(settings, spec.cloud, spec.region)
            )
        return books[key]

    for position, sample in enumerate(samples):
        line = lines[position] if position < len(lines) else None
        if isinstance(sample.spec, CloudSpec) and not (line and line.cells.get("region")):
            _check_region(settings, sample.spec, line)
    return study([_as_listed(sample, book_of(sample.spec)) for sample in samples], book_of)


def _check_region(settings: Settings, spec: CloudSpec, line: SheetLine | None) -> None:
    """A region that an option or the settings name, and not the line, has prices."""
    try:
        cloud_book(settings, spec.cloud, spec.region)
    except SettingsError:
        raise
    except InputError as error:
        if line is not None:
            raise line.wrong("region", str(error).rstrip(".")) from None
        raise


def _as_listed(sample: Sample, book: PriceBook) -> Sample:
    """Its instance types written as in the book."""
    spec = sample.spec
    if isinstance(spec, ClusterSpec):
        return sample
    driver = spec.driver_node_type and listed_type(spec.driver_node_type, book)
    named = replace(spec, node_type=listed_type(spec.node_type, book), driver_node_type=driver)
    return replace(sample, spec=replace(named, driver_node_type=None if driver == named.node_type else driver))

"""Makes the tables of the demo's pipeline, as a Spark application of its own: `spark-submit shop_tables.py FOLDER`.

Every value is a hash of its row's number: the tables are the same wherever and however often they are made. At the end
the pipeline is rehearsed on a handful of rows, so that a recording of the JVM's classes has those the pipeline needs.
"""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

PRODUCTS = 5_000
CUSTOMERS = 20_000
LINES_PER_BASKET = 4
SCALES = (1, 2)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much there is of everything. One file is one task of the pipeline."""

    orders: int = 90_000
    order_files: int = 6
    pages: int = 192
    page_files: int = 24
    reviews_milliseconds: tuple[int, int] = (26, 22)
    """Shortest request, and by how much others may be longer: 8 pages of 37 ms make tasks of 0.3 s."""
    stock_milliseconds: tuple[int, int] = (20, 10)
    catalogue: int = 74_000
    """Rows of about 4 kB: 300 MB, which Spark's broadcast builds in a page that doubles: 256 MiB are copied to 512 MiB.
    Both together never fit into the old generation of a heap of 1 GiB (683 MiB) and always into one of 2 GiB (1365)."""

    def scaled(self, scale: int) -> "Sizes":
        """More orders and pages, in more files of the same size; the catalogue stays."""
        return replace(
            self,
            orders=self.orders * scale,
            order_files=self.order_files * scale,
            pages=self.pages * scale,
            page_files=self.page_files * scale,
        )


REHEARSAL = Sizes(orders=100, order_files=2, pages=4, page_files=2, catalogue=100)


def write_tables(spark: "SparkSession", folder: Path, sizes: Sizes) -> None:
    """Write orders, pages and catalogue."""
    from pyspark.sql import functions as F  # noqa: N812 - PySpark's own convention

    lines = [
        F.concat_ws(":", _drawn(PRODUCTS, f"p{i}"), _drawn(10_000, f"c{i}") / 100) for i in range(LINES_PER_BASKET)
    ]
    customer = _drawn(CUSTOMERS, "customer").alias("customer_id")
    orders = _rows(spark, sizes.orders, sizes.order_files).select(customer, F.concat_ws(";", *lines).alias("basket"))
    orders.write.parquet(str(folder / "orders"))
    pages = _rows(spark, sizes.pages, sizes.page_files).select(
        _drawn(PRODUCTS, "page").alias("product_id"),
        _between(*sizes.reviews_milliseconds, "reviews").alias("reviews_milliseconds"),
        _between(*sizes.stock_milliseconds, "stock").alias("stock_milliseconds"),
    )
    pages.write.parquet(str(folder / "pages"))
    _write_catalogue(spark, folder, sizes)


def _write_catalogue(spark: "SparkSession", folder: Path, sizes: Sizes) -> None:
    from pyspark.sql import functions as F  # noqa: N812 - PySpark's own convention

    sentence = F.concat(F.lit("product of quality "), F.lpad(_drawn(32, "text").cast("string"), 2, "0"), F.lit(". "))
    catalogue = _rows(spark, sizes.catalogue, 4).select(
        F.col("id").alias("product_id"), F.repeat(sentence, 174).alias("description")
    )
    catalogue.write.parquet(str(folder / "catalogue"))


def _rows(spark: "SparkSession", count: int, files: int) -> "DataFrame":
    return spark.range(0, count, 1, files)


def _drawn(below: int, seed: str) -> "Column":
    """A whole number below the given one, drawn by the row's number and the seed."""
    from pyspark.sql import functions as F  # noqa: N812 - PySpark's own convention

    return F.pmod(F.xxhash64("id", F.lit(seed)), F.lit(below))


def _between(least: int, spread: int, seed: str) -> "Column":
    return _drawn(spread, seed) + least


def main() -> None:
    """Write the tables of each scale into FOLDER/scale-N."""
    from job import run  # type: ignore[import-not-found]  # the pipeline, beside this file: spark-submit puts it on the path
    from pyspark.sql import SparkSession

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    spark = SparkSession.builder.appName("shop-tables").getOrCreate()
    try:
        for scale in SCALES:
            write_tables(spark, folder / f"scale-{scale}", Sizes().scaled(scale))
        write_tables(spark, folder / "rehearsal", REHEARSAL)
        run(spark, folder / "rehearsal", folder / "rehearsal", 2)
        rmtree(folder / "rehearsal")
    finally:
        spark.stop()


if __name__ == "__main__":
    main()

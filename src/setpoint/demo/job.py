"""The demo's pipeline: a plain PySpark application that knows nothing of Setpoint.

It reports on the best-selling products of a shop: revenue is computed from the orders, reviews are fetched page by page
from a slow service, and the descriptions come from a wide catalogue. Run it by
`spark-submit job.py --input DIR --output DIR [--code-version 1|2]`.
"""

import argparse
import json
import sys
from pathlib import Path

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - PySpark's own convention

TABLES = {
    "orders": "customer_id bigint, basket string",
    "pages": "product_id bigint, reviews_milliseconds bigint, stock_milliseconds bigint",
    "catalogue": "product_id bigint, description string",
    "revenue": "product_id bigint, revenue double",
    "reviews": "product_id bigint, reviews bigint",
}
"""Schema of each table; given, because inferring one costs a Spark job."""

REPORTED_PRODUCTS = 50


class Shop:
    """The tables of one input folder, and those derived from them in an output folder."""

    def __init__(self, spark: SparkSession, source: Path, target: Path) -> None:
        """Remember where the tables are; nothing is read yet."""
        self._spark = spark
        self._source = source
        self._target = target

    def compute_revenue(self) -> None:
        """Revenue per product, from the baskets of all orders: work for the cores."""
        revenue = self._order_lines().groupBy("product_id").agg(F.sum("price").alias("revenue"))
        self._write(revenue, "revenue")

    def compute_habits(self) -> None:
        """How the spending of each cohort of customers spreads: work for the cores (code version 2)."""
        cohort = (F.col("customer_id") % 16).alias("cohort")
        spread = F.stddev("price").alias("spread")
        self._write(self._order_lines().groupBy(cohort).agg(spread, F.count("price").alias("lines")), "habits")

    def fetch_reviews(self) -> None:
        """Reviews per product, one slow request per page: work for the slots."""
        self._write(self._fetched("reviews"), "reviews")

    def fetch_stock(self) -> None:
        """Stock per product, from another slow service (code version 2)."""
        self._write(self._fetched("stock"), "stock")

    def report(self) -> list[dict[str, object]]:
        """Best-selling products with their descriptions: needs memory for the whole catalogue on the driver."""
        best = self._read(self._target, "revenue").orderBy(F.desc("revenue"), "product_id").limit(REPORTED_PRODUCTS)
        described = best.join(F.broadcast(self._read(self._source, "catalogue")), "product_id")
        summary = F.substring("description", 1, 24).alias("summary")
        rows = described.select("product_id", F.round("revenue", 2).alias("revenue"), summary).collect()
        return sorted((row.asDict() for row in rows), key=lambda row: (-row["revenue"], row["product_id"]))

    def _order_lines(self) -> DataFrame:
        orders = self._read(self._source, "orders")
        lines = orders.select("customer_id", F.explode(F.split("basket", ";")).alias("line"))
        fields = F.split("line", ":")
        return lines.select(
            "customer_id", fields[0].cast("bigint").alias("product_id"), fields[1].cast("double").alias("price")
        )

    def _fetched(self, service: str) -> DataFrame:
        pages = self._read(self._source, "pages")
        answers = pages.select("product_id", slow_request(f"{service}_milliseconds").alias("answer"))
        return answers.groupBy("product_id").agg(F.count("answer").alias(service))

    def _read(self, folder: Path, name: str) -> DataFrame:
        return self._spark.read.schema(TABLES[name]).parquet(str(folder / name))

    def _write(self, table: DataFrame, name: str) -> None:
        table.write.mode("overwrite").parquet(str(self._target / name))


def slow_request(milliseconds_column: str) -> Column:
    """Stand in for a remote call: hold the slot, use no core. Not deterministic, hence never folded or skipped."""
    return F.reflect(F.lit("java.lang.Thread"), F.lit("sleep"), F.col(milliseconds_column))


def run(spark: SparkSession, source: Path, target: Path, code_version: int) -> list[dict[str, object]]:
    """Run the pipeline; the report is also written to `report.json` in the target folder."""
    # With opening a file as dear as a full partition, one file is one task whatever the number of slots.
    spark.conf.set("spark.sql.files.openCostInBytes", "128MB")
    spark.conf.set("spark.sql.shuffle.partitions", "4")
    shop = Shop(spark, source, target)
    shop.compute_revenue()
    shop.fetch_reviews()
    if code_version == 2:  # noqa: PLR2004 - the version's number is its name
        shop.compute_habits()
        shop.fetch_stock()
    report = shop.report()
    (target / "report.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    return report


def main() -> None:
    """Parse the command line, run, say what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--input", type=Path, required=True, help="folder with orders, pages and catalogue")
    parser.add_argument("--output", type=Path, required=True, help="folder of the results, overwritten")
    parser.add_argument("--code-version", type=int, choices=(1, 2), default=1)
    arguments = parser.parse_args()
    spark = SparkSession.builder.appName("shop-report").getOrCreate()
    try:
        report = run(spark, arguments.input, arguments.output, arguments.code_version)
    finally:
        spark.stop()
    best = report[0]
    sys.stdout.write(f"{len(report)} products reported, best is {best['product_id']} with {best['revenue']}\n")


if __name__ == "__main__":
    main()

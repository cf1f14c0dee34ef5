"""Ten Spark applications, each slow for another reason: `spark-submit jobs.py NAME`.

They make their own input, so that nothing has to be fetched and every run of a job does the same work.
"""

import hashlib
import sys
from collections.abc import Callable

from pyspark import StorageLevel
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.feature import VectorAssembler
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - PySpark's own convention

Job = Callable[[SparkSession], None]


def sql_agg_join(spark: SparkSession) -> None:
    """Aggregate orders per customer, join the customers, report per segment: what most pipelines do."""
    orders = spark.range(0, 6_000_000, 1, 16).select(
        hashed("id", 600_000).alias("customer"), (hashed("id", 10_000, 1) / 100).alias("amount"), day("id")
    )
    customers = spark.range(600_000).select(F.col("id").alias("customer"), hashed("id", 40, 2).alias("segment"))
    totals = orders.groupBy("customer", "day").agg(F.sum("amount").alias("amount"), F.count("*").alias("orders"))
    joined = totals.hint("merge").join(customers, "customer")
    joined.groupBy("segment", "day").agg(F.avg("amount"), F.max("orders")).collect()


def skew_join(spark: SparkSession) -> None:
    """Join on a key of which one value makes up half of the rows: one long task at the end."""
    hot = F.when(hashed("id", 100, 3) < 50, F.lit(7)).otherwise(hashed("id", 200_000))
    visitor = F.sha2(F.col("id").cast("string"), 256)
    clicks = spark.range(0, 3_000_000, 1, 16).select(hot.alias("page"), visitor.alias("by"))
    pages = spark.range(200_000).select(F.col("id").alias("page"), hashed("id", 100, 4).alias("topic"))
    joined = clicks.hint("merge").join(pages, "page")
    lengths = joined.select("topic", F.length(F.sha2(F.concat("by", "topic"), 256)).alias("n"))
    lengths.groupBy("topic").sum("n").collect()


def big_sort(spark: SparkSession) -> None:
    """Sort wide rows: shuffles all of them, spills where the heap is small."""
    rows = spark.range(0, 2_000_000, 1, 16).select(F.xxhash64("id").alias("key"), *texts("id", 3))
    consume(rows.orderBy("key"))


def ml_gradient(spark: SparkSession) -> None:
    """Fit a logistic regression: many passes over a cached table."""
    inputs = [f"x{n}" for n in range(20)]
    columns = [(hashed("id", 1000, n) / 1000).alias(name) for n, name in enumerate(inputs)]
    label = ((F.col("x0") + F.col("x1") * F.col("x2") + hashed("id", 1000, 99) / 2000) > 1).cast("double")
    table = spark.range(0, 300_000, 1, 16).select("id", *columns).select(label.alias("label"), *inputs)
    features = VectorAssembler(inputCols=inputs, outputCol="features").transform(table).select("label", "features")
    LogisticRegression(maxIter=30, tol=0.0, regParam=1e-4).fit(features.cache())


def python_udf(spark: SparkSession) -> None:
    """Call Python for each row, in six fat partitions: bound by cores, and by six more than by shuffles."""

    @F.udf("string")
    def sealed(number: int) -> str:
        text = str(number).encode()
        for _ in range(40):
            text = hashlib.sha256(text).digest()
        return text.hex()

    consume(spark.range(0, 240_000, 1, 6).select(sealed("id").alias("seal")).groupBy("seal").count())


def waiting(spark: SparkSession) -> None:
    """Ask a slow service 48 times: takes slots, not cores."""
    calls = spark.range(0, 48, 1, 48).select("id", slow_call(F.lit(500).cast("bigint")).alias("answer"))
    calls.groupBy((F.col("id") % 8).alias("group")).agg(F.count("answer")).collect()


def cached_reuse(spark: SparkSession) -> None:
    """Use one dear table five times, kept in memory as far as it fits; the rest is computed anew."""
    table = spark.range(0, 1_000_000, 1, 16).select("id", *texts("id", 3)).persist(StorageLevel.MEMORY_ONLY)
    for n in range(5):
        table.groupBy(hashed("id", 50, n).alias("group")).agg(F.max("t0"), F.min("t1"), F.max("t2")).collect()
    table.unpersist()


def many_small(spark: SparkSession) -> None:
    """Run forty small queries one after the other: the driver's time and the tasks' overhead."""
    rows = spark.range(0, 40_000, 1, 4).select("id", hashed("id", 1000).alias("key"))
    for n in range(40):
        rows.where(F.col("key") >= n).groupBy("key").agg(F.sum("id").alias("sum")).agg(F.max("sum")).collect()


def window_heap(spark: SparkSession) -> None:
    """Gather long lists under few keys: what cannot spill, and dies where the heap is too small for it."""
    text = F.repeat(*texts("id", 1), 4)
    rows = spark.range(0, 1_200_000, 1, 16).select(hashed("id", 6).alias("key"), text.alias("text"))
    lists = rows.groupBy("key").agg(F.collect_list("text").alias("list"))
    consume(lists.select("key", F.size(F.array_sort("list")).alias("length"), F.element_at("list", 1).alias("first")))


def broadcast_collect(spark: SparkSession) -> None:
    """Broadcast a table and bring a large answer to the driver: needs the heap at one place, whatever the slots."""
    small = spark.range(0, 300_000, 1, 8).select("id", F.sha2(F.col("id").cast("string"), 256).alias("name"))
    large = spark.range(0, 2_000_000, 1, 16).select(hashed("id", 300_000).alias("id"), hashed("id", 1000, 1).alias("n"))
    named = large.join(F.broadcast(small), "id").groupBy("name").agg(F.sum("n").alias("n"))
    answer = named.select("n", F.repeat("name", 24).alias("text")).collect()
    sys.stdout.write(f"{len(answer)} rows\n")


JOBS: dict[str, Job] = {
    job.__name__: job
    for job in (
        sql_agg_join, skew_join, big_sort, ml_gradient, python_udf,
        waiting, cached_reuse, many_small, window_heap, broadcast_collect,
    )
}  # fmt: skip


def hashed(column: str, below: int, salt: int = 0) -> Column:
    """A number from 0 to `below` that looks random and is the same in every run."""
    return F.pmod(F.xxhash64(F.col(column), F.lit(salt)), F.lit(below))


def day(column: str) -> Column:
    """One of three days."""
    return hashed(column, 3, 5).alias("day")


def texts(column: str, count: int) -> list[Column]:
    """Columns t0, t1, … of 64 letters that do not compress well."""
    return [F.sha2(F.concat(F.col(column).cast("string"), F.lit(f"-{n}")), 256).alias(f"t{n}") for n in range(count)]


def slow_call(milliseconds: Column) -> Column:
    """Hold the slot, use no core. Not deterministic, hence never folded or skipped."""
    return F.reflect(F.lit("java.lang.Thread"), F.lit("sleep"), milliseconds)


def consume(table: DataFrame) -> None:
    """Compute every row and throw it away."""
    table.write.format("noop").mode("overwrite").save()


def main() -> None:
    """Run the job that the command line names."""
    name = sys.argv[1]
    spark = SparkSession.builder.appName(name).getOrCreate()
    try:
        JOBS[name](spark)
    finally:
        spark.stop()


if __name__ == "__main__":
    main()

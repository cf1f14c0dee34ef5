"""Real Spark for the emulators."""

import os

import pytest

from setpoint.errors import JavaMissing
from setpoint.platforms.java import find_java
from setpoint.platforms.spark.surroundings import find_spark
from setpoint.testing.real_spark import RealSpark, Scale

SCRIPT = """
import sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.appName("really").getOrCreate()
print(spark.range(1000, numPartitions=6).selectExpr("sum(id)").first()[0])
spark.stop()
sys.exit(int(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def real_spark(tmp_path_factory: pytest.TempPathFactory) -> RealSpark:
    """With a small application at s3://code/job.py that ends with the code it is given."""
    pytest.importorskip("pyspark", reason="pyspark is not installed (extra `spark`)")
    folder = tmp_path_factory.mktemp("spark")
    try:
        java = find_java(os.environ, folder)
    except JavaMissing as error:
        pytest.skip(str(error))
    script = folder / "job.py"
    script.write_text(SCRIPT)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "PYSPARK_"))}
    environment |= {"JAVA_HOME": str(java.path)}
    files = {"s3://code/job.py": script}
    return RealSpark(find_spark(environment), environment, files, Scale(slots=0.125, seconds=60.0))

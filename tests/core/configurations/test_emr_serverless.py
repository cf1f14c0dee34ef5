"""Sizes of job runs of EMR Serverless."""

import math
import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.configurations.emr_serverless import (
    WORKER_SHAPES,
    Worker,
    asked_sizes,
    job_run_of,
    worker_shape,
)
from setpoint.core.domain import ClusterSpec
from setpoint.errors import InputError

LARGE = {"maximumCapacity": {"cpu": "4000 vCPU", "memory": "30000 GB"}}


def job(words: str, **more: object) -> dict[str, Any]:
    submit = {"entryPoint": "s3://b/job.py", "sparkSubmitParameters": words}
    return {"applicationId": "00abc", "executionRoleArn": "arn:x", "jobDriver": {"sparkSubmit": submit}, **more}


WORKERS = st.builds(
    Worker,
    st.sampled_from(sorted(WORKER_SHAPES)),
    st.integers(512, 110 * 1024),
    st.integers(384, 11 * 1024),
    st.floats(20, 2000),
)


@given(worker=WORKERS)
def test_a_worker_holds_what_is_asked_for_and_little_more(worker: Worker) -> None:
    least, most, step = WORKER_SHAPES[worker.cores]
    asked = math.ceil((worker.heap_mib + worker.overhead_mib) / 1024)
    if asked > most:
        with pytest.raises(InputError, match="at most"):
            worker_shape(worker)
        return
    shape = worker_shape(worker)
    assert shape.memory_gib >= asked
    assert (shape.memory_gib - least) % step == 0
    assert shape.memory_gib == least or shape.memory_gib < asked + step
    assert shape.memory_gib <= most


OPTIONS = st.lists(
    st.sampled_from(
        [
            "--conf spark.executor.cores=8",
            "--executor-cores 2",
            "--conf spark.dynamicAllocation.maxExecutors=12",
            "--conf spark.dynamicAllocation.initialExecutors=9",
            "--conf spark.dynamicAllocation.minExecutors=4",
            "--conf spark.dynamicAllocation.enabled=false",
            "--num-executors=7",
            "--driver-memory 6g",
            "--conf spark.app.x='a b'",
            "--class org.Main",
            "--conf spark.sql.shuffle.partitions=64",
        ]
    ),
    max_size=6,
)


@given(
    options=OPTIONS,
    executors=st.integers(1, 60),
    cores=st.sampled_from(sorted(WORKER_SHAPES)),
    heap=st.integers(1024, 6 * 1024),
    partitions=st.none() | st.integers(1, 2000),
)
def test_what_is_written_is_read_again(
    options: list[str], executors: int, cores: int, heap: int, partitions: int | None
) -> None:
    run = job(" ".join(options))
    wanted = ClusterSpec(executors, cores, heap, 4, 4096, partitions)
    written: dict[str, Any] = job_run_of(run, wanted, LARGE)
    found = asked_sizes(written, LARGE).spec()
    assert (found.workers, found.worker_cores, found.worker_memory_mib) == (executors, cores, heap)
    assert partitions is None or found.shuffle_partitions == partitions
    assert job_run_of(written, found, LARGE) == written
    words = shlex.split(written["jobDriver"]["sparkSubmit"]["sparkSubmitParameters"])
    kept = [word for word in ("spark.app.x=a b", "org.Main") if any(word.split("=")[0] in each for each in options)]
    assert all(word in words for word in kept)
    numbers = asked_numbers(words)
    assert numbers.get("spark.dynamicAllocation.initialExecutors", 0) <= executors or not is_dynamic(options)
    assert numbers.get("spark.dynamicAllocation.minExecutors", 0) <= executors or not is_dynamic(options)


def is_dynamic(options: list[str]) -> bool:
    return "--conf spark.dynamicAllocation.enabled=false" not in options


def asked_numbers(words: list[str]) -> dict[str, int]:
    pairs = (word.partition("=") for word in words if word.startswith("spark."))
    return {name: int(value) for name, _, value in pairs if value.isdecimal()}


def test_defaults_are_those_of_emr_serverless() -> None:
    sizes = asked_sizes(job("--conf spark.dynamicAllocation.maxExecutors=3"))
    assert sizes.spec() == ClusterSpec(3, 4, 14 * 1024, 4, 14 * 1024)
    assert worker_shape(sizes.executor[0]).memory_gib == 16


def test_the_later_word_wins() -> None:
    own = [{"classification": "spark-defaults", "properties": {"spark.executor.cores": "8", "spark.driver.cores": "8"}}]
    application = {"runtimeConfiguration": [own[0] | {"properties": {"spark.executor.cores": "16"}}]}
    run = job(
        "--conf spark.driver.cores=2 --conf spark.dynamicAllocation.maxExecutors=2 --driver-memory 4g",
        configurationOverrides={"applicationConfiguration": own},
    )
    spec = asked_sizes(run, application).spec()
    assert (spec.worker_cores, spec.driver_cores, spec.driver_memory_mib) == (8, 2, 4096)


def test_the_capacity_of_the_application_is_the_most() -> None:
    small = {"maximumCapacity": {"cpu": "20 vCPU", "memory": "200 GB"}}
    assert asked_sizes(job(""), small).executors == 4
    with pytest.raises(InputError, match="room for 4"):
        job_run_of(job(""), ClusterSpec(5, 4, 14 * 1024, 4, 14 * 1024), small)


def test_what_has_no_size_is_refused() -> None:
    with pytest.raises(InputError, match="maxExecutors"):
        asked_sizes(job(""))
    with pytest.raises(InputError, match="sparkSubmit"):
        asked_sizes({"jobDriver": {"hive": {"query": "select 1"}}})
    with pytest.raises(InputError, match="split"):
        asked_sizes(job("--conf 'spark"))
    with pytest.raises(InputError, match="3 vCPUs"):
        job_run_of(
            job("--num-executors 2 --conf spark.dynamicAllocation.enabled=false"), ClusterSpec(2, 3, 99, 4, 4096)
        )


def test_words_that_are_no_sizes_are_said() -> None:
    with pytest.raises(InputError, match=r"spark\.executor\.cores"):
        asked_sizes(job("--executor-cores many --conf spark.dynamicAllocation.maxExecutors=2"))
    with pytest.raises(InputError, match="disk"):
        worker_shape(Worker(4, 4096, 384, 10))
    with pytest.raises(InputError, match="no JSON"):
        asked_sizes({"jobDriver": object()})


def test_an_overhead_may_be_told() -> None:
    words = "--conf spark.dynamicAllocation.maxExecutors=2 --conf spark.executor.memoryOverhead=3g "
    (executor,) = asked_sizes(job(words)).executor
    assert executor.overhead_mib == 3072
    (executor,) = asked_sizes(job("--num-executors 2 --conf spark.executor.memoryOverheadFactor=0.5"), LARGE).executor
    assert executor.overhead_mib == 7 * 1024

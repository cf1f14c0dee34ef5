"""A spark-submit command line survives being read and written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.domain import ClusterSpec
from setpoint.core.sizes import format_mib, parse_mib
from setpoint.errors import InputError
from setpoint.platforms.spark.arguments import FLAGS, STARTS_NOTHING, VALUE_OPTIONS, Option, SubmitCommand, parse
from setpoint.platforms.spark.sizing import Host, read_spec, rewrite

HOST = Host(cores=6, inherited={})
SIZING = {
    "spark.master", "spark.driver.cores", "spark.driver.memory", "spark.executor.instances", "spark.executor.cores",
    "spark.executor.memory", "spark.cores.max", "spark.sql.shuffle.partitions", "spark.dynamicAllocation.maxExecutors",
    "spark.dynamicAllocation.minExecutors", "spark.dynamicAllocation.initialExecutors",
}  # fmt: skip

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)
values = texts.filter(lambda text: not text.startswith("-"))
applications = st.tuples(values.map(lambda t: f"{t}.py"), st.lists(texts, max_size=4)).map(lambda t: (t[0], *t[1]))
counts = st.integers(1, 64)
memory_texts = st.one_of(
    st.builds(lambda n, u: f"{n}{u}", counts, st.sampled_from(["g", "G", "gb", "t", "m", "mb"])),
    st.integers(1, 65536).map(str),
)
foreign_options = st.one_of(
    st.sampled_from(sorted(FLAGS - STARTS_NOTHING)).map(lambda flag: (flag,)),
    st.just(("-v",)),
    st.tuples(st.sampled_from(["--name", "--jars", "--files", "--queue", "--class"]), texts),
    st.builds(lambda o, v: (f"{o}={v}",), st.sampled_from(["--name", "--packages", "--py-files"]), texts),
    st.builds(
        lambda c, k, v: (c, f"spark.foreign.{k}={v}"), st.sampled_from(["--conf", "-c"]), st.integers(0, 3), texts
    ),
    st.builds(lambda v: (f"--conf=spark.foreign.joined={v}",), texts),
)


def spelled(option: str, name: str, value: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[str, ...]]:
    """Every way to write one setting."""
    return st.one_of(
        value.map(lambda v: (option, str(v))),
        value.map(lambda v: (f"{option}={v}",)),
        value.map(lambda v: ("--conf", f"{name}={v}")),
        value.map(lambda v: ("-c", f"{name}={v}")),
        value.map(lambda v: (f"--conf={name}={v}",)),
    )


common = st.one_of(
    spelled("--driver-memory", "spark.driver.memory", memory_texts),
    counts.map(lambda n: ("--conf", f"spark.sql.shuffle.partitions={n}")),
    foreign_options,
)
executor_sizes = st.one_of(
    spelled("--executor-memory", "spark.executor.memory", memory_texts),
    spelled("--driver-cores", "spark.driver.cores", counts),
)
local_masters = st.sampled_from(["local", "local[*]", "local[3]", "local[ 2 , 4 ]", "local[*,2]"])


@st.composite
def commands(draw: st.DrawFn) -> list[str]:
    """A command line that Setpoint can control, on any kind of master."""
    options = draw(st.lists(st.one_of(common, executor_sizes), max_size=6))
    kind = draw(st.sampled_from(["local", "spark", "yarn", "k8s", "dynamic"]))
    if kind == "local":
        options += draw(st.lists(spelled("--master", "spark.master", local_masters), max_size=2))
    elif kind == "spark":
        cores = draw(counts)
        options += draw(st.lists(spelled("--executor-cores", "spark.executor.cores", st.just(cores)), min_size=1))
        options += [draw(spelled("--total-executor-cores", "spark.cores.max", st.integers(cores, 256)))]
        options += [draw(spelled("--master", "spark.master", st.just("spark://10.0.0.1:7077")))]
    else:
        master = "k8s://https://10.0.0.1:6443" if kind == "k8s" else "yarn"
        options += [draw(spelled("--master", "spark.master", st.just(master)))]
        options += draw(st.lists(spelled("--executor-cores", "spark.executor.cores", counts), max_size=2))
        options += draw(st.lists(spelled("--num-executors", "spark.executor.instances", counts), max_size=2))
    if kind == "dynamic":
        options += [("--conf", "spark.dynamicAllocation.enabled=true")]
        options += [("--conf", f"spark.dynamicAllocation.{n}={draw(counts)}") for n in ("maxExecutors", "minExecutors")]
    shuffled = draw(st.permutations(options))
    return [word for option in shuffled for word in option] + list(draw(applications))


@given(commands())
def test_words_are_kept(words: list[str]) -> None:
    assert list(parse(words).words) == words


@given(commands())
def test_rewriting_with_what_was_read_changes_nothing_that_counts(words: list[str]) -> None:
    command = parse(words)
    spec = read_spec(command, HOST)
    once = rewrite(command, spec, {}, HOST)
    assert read_spec(once, HOST) == spec
    assert rewrite(once, spec, {}, HOST) == once
    assert parse(once.words) == once


@given(commands(), counts, counts, counts, st.integers(1, 10**6), st.integers(1, 10**6), st.none() | counts)
def test_any_spec_of_the_kind_is_read_back(
    words: list[str],
    workers: int,
    cores: int,
    driver_cores: int,
    worker_mib: int,
    driver_mib: int,
    partitions: int | None,
) -> None:
    command = parse(words)
    before = read_spec(command, HOST)
    partitions = partitions or before.shuffle_partitions
    spec = ClusterSpec(workers, cores, worker_mib, driver_cores, driver_mib, partitions)
    if before.is_local:
        spec = ClusterSpec.local(cores, driver_mib, partitions)
    assert read_spec(rewrite(command, spec, {}, HOST), HOST) == spec


@given(commands(), counts)
def test_application_and_foreign_options_are_untouched(words: list[str], slots: int) -> None:
    command = parse(words)
    spec = read_spec(command, HOST)
    after = rewrite(command, spec.with_size(max(slots, spec.worker_cores), 777), {"spark.setpoint.run": "x"}, HOST)
    assert after.application == command.application
    assert foreign(after) == foreign(command)
    assert sum(option.property_name == "spark.setpoint.run" for option in after.options) == 1
    named = [option.property_name for option in after.options if option.property_name in SIZING]
    assert len(named) == len(set(named)) or spec.is_local


def foreign(command: SubmitCommand) -> list[Option]:
    return [o for o in command.options if o.property_name not in {*SIZING, "spark.setpoint.run"}]


@given(st.integers(1, 2**30))
def test_memory_reads_back(mib: int) -> None:
    assert parse_mib(format_mib(mib), "x") == mib


@pytest.mark.parametrize("text", ["", "g", "1.5g", "-1g", "1x", "0", "512k", "1 000m", "१g"])
def test_memory_that_spark_would_not_take_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="memory size"):
        parse_mib(text, "spark.driver.memory")


@pytest.mark.parametrize(
    ("text", "mib"), [("1024", 1024), ("1g", 1024), (" 2 G ", 2048), ("1t", 2**20), ("1048576k", 1024), ("1pb", 2**30)]
)
def test_memory_is_read_as_spark_reads_it(text: str, mib: int) -> None:
    assert parse_mib(text, "x") == mib


def spec_of(line: str, inherited: dict[str, str] | None = None) -> ClusterSpec:
    return read_spec(parse([*line.split(), "job.py"]), Host(6, inherited or {}))


@pytest.mark.parametrize(
    ("line", "spec"),
    [
        ("", ClusterSpec.local(6, 1024)),
        ("--master local", ClusterSpec.local(1, 1024)),
        ("--master local[*] --driver-memory 3g", ClusterSpec.local(6, 3072)),
        ("--master local[3,2] -c spark.sql.shuffle.partitions=7", ClusterSpec.local(3, 1024, 7)),
        ("--conf spark.master=yarn --master local[2]", ClusterSpec.local(2, 1024)),
        ("--master local[2] --conf spark.master=yarn", ClusterSpec.local(2, 1024)),
        ("--master local[2] --master local[4]", ClusterSpec.local(4, 1024)),
        ("--master yarn", ClusterSpec(2, 1, 1024, 1, 1024)),
        ("--master k8s://h --num-executors 5 --executor-cores 4", ClusterSpec(5, 4, 1024, 1, 1024)),
        ("--master spark://h:1 --total-executor-cores 9 --executor-cores 4", ClusterSpec(2, 4, 1024, 1, 1024)),
    ],
)
def test_specs_are_read_as_spark_reads_them(line: str, spec: ClusterSpec) -> None:
    assert spec_of(line) == spec


def test_what_is_inherited_is_below_the_command_line() -> None:
    inherited = {"spark.master": "local[5]", "spark.driver.memory": "2g"}
    assert spec_of("", inherited) == ClusterSpec.local(5, 2048)
    assert spec_of("--conf spark.master=local[1]", inherited) == ClusterSpec.local(1, 2048)


def test_dynamic_allocation_is_bounded_and_not_fixed() -> None:
    line = (
        "--master yarn --num-executors 6 --conf spark.dynamicAllocation.enabled=true "
        "--conf spark.dynamicAllocation.maxExecutors=8 --conf spark.dynamicAllocation.minExecutors=4 job.py"
    )
    command = parse(line.split())
    spec = read_spec(command, HOST)
    assert spec.workers == 8
    after = rewrite(command, spec.with_size(2, 2048), {}, HOST).properties({})
    assert after["spark.dynamicAllocation.maxExecutors"] == "2"
    assert after["spark.dynamicAllocation.minExecutors"] == "2"
    assert after["spark.executor.instances"] == "2"
    assert after["spark.dynamicAllocation.enabled"] == "true"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "no application"),
        ("--master local[2]", "no application"),
        ("--status driver-1", "starts no application"),
        ("--kill=driver-1", "starts no application"),
        ("--version", "starts no application"),
        ("--mastr local[2] job.py", "'--mastr' is not an option"),
        ("--master", "value is missing"),
        ("--conf spark.a job.py", "has no value"),
        ("--master mesos://h job.py", "not one that Setpoint can size"),
        ("--master local[0] job.py", "no task slot"),
        ("--master spark://h:1 job.py", "add --total-executor-cores and --executor-cores"),
        ("--master spark://h:1 --total-executor-cores 4 job.py", "add --total-executor-cores and --executor-cores"),
        ("--master spark://h:1 --total-executor-cores 1 --executor-cores 2 job.py", "no executor would start"),
        ("--master yarn --num-executors many job.py", "whole number"),
        ("--master yarn --conf spark.dynamicAllocation.enabled=true job.py", "no upper bound"),
        ("--remote sc://h job.py", "Spark Connect"),
        ("--driver-memory 1.5g job.py", "memory size"),
    ],
)
def test_what_cannot_be_controlled_is_refused_with_its_reason(line: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        read_spec(parse(line.split()), HOST)


def test_a_spec_of_another_kind_is_refused() -> None:
    with pytest.raises(InputError, match="cannot be given"):
        rewrite(parse(["--master", "yarn", "job.py"]), ClusterSpec.local(2, 1024), {}, HOST)


def test_the_program_may_stand_first() -> None:
    command = parse(["/opt/spark/bin/spark-submit", "--master", "local[2]", "job.py", "spark-submit"])
    assert command.program == "/opt/spark/bin/spark-submit"
    assert command.words == ("--master", "local[2]", "job.py", "spark-submit")
    assert parse(["job.py"]).program is None


def test_options_of_every_spark_are_known() -> None:
    """From `spark-submit --help` of 4.3, 3.5 and 3.0."""
    assert {"--remote", "--exclude-packages", "--total-executor-cores", "--keytab"} <= VALUE_OPTIONS
    assert {"--supervise", "--verbose", "--load-spark-defaults"} <= FLAGS

import math
import os
from pathlib import Path

import pytest
from tests.replays.files import WORK, grid_file, rows, write

from setpoint.errors import InputError
from setpoint.replays import read_grids

PUBLISHED = Path(__file__).parents[3] / "shared" / "measurements"


def test_a_file_becomes_one_grid_for_each_workload(tmp_path: Path) -> None:
    read = read_grids([grid_file(tmp_path)])
    assert [(grid.dataset, grid.workload, len(grid)) for grid in read.grids] == [
        ("made", f"{name}-spark", 12) for name in WORK
    ]
    sort = read.grids[0]
    assert sort.space.configs[:2] == ("2xc.large", "4xc.large")
    assert (sort.algorithm, sort.space.families[0], sort.space.clouds[0]) == ("sort", "c", "aws")
    assert not sort.completed.all()
    assert sort.dollars[1] == pytest.approx(float(rows()[1]["cost_usd"]), abs=1e-6)


def test_columns_are_read_only(tmp_path: Path) -> None:
    grid = read_grids([grid_file(tmp_path)]).grids[0]
    with pytest.raises(ValueError, match="read-only"):
        grid.seconds[0] = 1.0


def test_the_same_file_twice_changes_nothing(tmp_path: Path) -> None:
    path = grid_file(tmp_path)
    assert [len(grid) for grid in read_grids([path, path]).grids] == [12] * 4


def test_repeated_runs_of_a_configuration_are_taken_together(tmp_path: Path) -> None:
    table = rows(("grep",))
    first = table[0]
    slower, failed = {**first, "runtime_s": "9999"}, {**first, "runtime_s": "3", "completed": "0"}
    grid = read_grids([write(tmp_path / "grid.csv", [*table, first, slower, failed])]).grids[0]
    assert len(grid) == 12
    assert grid.seconds[0] == float(first["runtime_s"])
    assert grid.completed[0]
    half = read_grids([write(tmp_path / "half.csv", [*table, failed])]).grids[0]
    assert not half.completed[0]
    assert half.seconds[0] == 3.0


def test_what_is_not_known_is_nan_and_prices_stand_in_for_costs(tmp_path: Path) -> None:
    unknown = ("vcpus_per_node", "memory_gb_per_node", "cost_usd", "dataset", "algorithm", "completed")
    table = [{key: cell for key, cell in row.items() if key not in unknown} for row in rows(("grep",))]
    grid = read_grids([write(tmp_path / "plain.csv", table)]).grids[0]
    assert (grid.dataset, grid.algorithm) == ("plain", "grep-spark")
    assert math.isnan(grid.space.cores[0])
    assert math.isnan(grid.space.memory_gib[0])
    assert grid.completed.all()
    assert grid.space.dollars_per_second[0] == pytest.approx(2 * 0.1 / 3600)


def test_a_workload_with_one_configuration_is_left_out_by_name(tmp_path: Path) -> None:
    table = [*rows(("grep",)), rows(("sgd",))[0]]
    read = read_grids([write(tmp_path / "grid.csv", table)])
    assert ([grid.workload for grid in read.grids], read.left_out) == (["grep-spark"], ("sgd-spark",))
    with pytest.raises(InputError, match="nothing to choose"):
        read_grids([write(tmp_path / "one.csv", table[-1:])])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"runtime_s": "soon"}, "line 2, column runtime_s: 'soon' is no number"),
        ({"runtime_s": ""}, "line 2, column runtime_s: it is empty"),
        ({"runtime_s": "-1"}, "line 2, column runtime_s: '-1' is not between"),
        ({"runtime_s": "0"}, "line 2, column runtime_s: 0 cannot be"),
        ({"runtime_s": "nan"}, "line 2, column runtime_s"),
        ({"cost_usd": "inf"}, "line 2, column cost_usd"),
        ({"cost_usd": "", "price_per_node_hour": ""}, "line 2, column cost_usd: it is empty, and there is no price"),
        ({"nodes": ""}, "line 2, column nodes: it is empty"),
        ({"config": ""}, "line 2, column config: it is empty"),
        ({"completed": "maybe"}, "line 2, column completed: 'maybe' is neither yes nor no"),
        ({"memory_gb_per_node": "0"}, "line 2, column memory_gb_per_node: 0 cannot be"),
        ({"memory_gb_per_node": "1e-300"}, "line 2, column memory_gb_per_node: 1e-300 is too little"),
        ({"vcpus_per_node": "1e-300"}, "line 2, column vcpus_per_node: 1e-300 is too little"),
        ({"nodes": "1e-300"}, "line 2, column nodes: 1e-300 is too little"),
        ({"runtime_s": "1e-300"}, "line 2, column runtime_s: 1e-300 is too little"),
        ({"cost_usd": "1e-300"}, "line 2, column cost_usd: 1e-300 is too little"),
        ({"price_per_node_hour": "1e-300"}, "line 2, column price_per_node_hour: 1e-300 is too little"),
        ({"config": "x" * 121}, "line 2, column config: a name of 121 characters"),
        ({"workload": "x" * 121}, "line 2, column workload: a name of 121 characters"),
        ({"dataset": "x" * 121}, "line 2, column dataset: a name of 121 characters"),
        ({"algorithm": "x" * 121}, "line 2, column algorithm: a name of 121 characters"),
    ],
)
def test_a_bad_cell_is_named_with_file_line_and_column(change: dict[str, str], said: str, tmp_path: Path) -> None:
    table = rows(("grep",))
    path = write(tmp_path / "grid.csv", [{**table[0], **change}, *table[1:]])
    with pytest.raises(InputError) as error:
        read_grids([path])
    assert str(error.value).startswith(f"{path}: {said}")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"nodes": "7"}, "line 14, column nodes: 7, where a line above says 2 of the configuration 2xc.large"),
        ({"vcpus_per_node": "7"}, "line 14, column vcpus_per_node: 7, where a line above says 2"),
        ({"family": "x"}, "line 14, column family: 'x', where a line above says 'c'"),
        ({"workload": "sgd", "nodes": "7"}, "line 14, column nodes: 7"),
        ({"algorithm": "sgd"}, "line 14, column algorithm: 'sgd', where a line above says 'grep' of the workload"),
    ],
)
def test_lines_that_disagree_are_named(change: dict[str, str], said: str, tmp_path: Path) -> None:
    table = rows(("grep",))
    path = write(tmp_path / "grid.csv", [*table, {**table[0], **change}])
    with pytest.raises(InputError) as error:
        read_grids([path])
    assert str(error.value).startswith(f"{path}: {said}")
    other = write(tmp_path / "other.csv", [{**table[0], "nodes": "7", "dataset": "elsewhere"}, *table[1:]])
    assert len(read_grids([grid_file(tmp_path), other]).grids) == len(WORK)


def test_what_one_line_does_not_tell_another_may(tmp_path: Path) -> None:
    table = rows(("grep",))
    shorter = {**table[0], "vcpus_per_node": "", "memory_gb_per_node": "", "family": "", "algorithm": ""}
    for lines in ([shorter, *table], [*table, shorter]):
        (grid,) = read_grids([write(tmp_path / "grid.csv", lines)]).grids
        assert (grid.space.cores[0], grid.space.memory_gib[0], grid.space.families[0]) == (2.0, 4.0, "c")
        assert grid.algorithm == "grep"


def test_datasets_without_algorithms_are_told(tmp_path: Path) -> None:
    assert read_grids([grid_file(tmp_path)]).without_algorithms == ()
    table = [{**row, "algorithm": ""} for row in rows(("grep", "sgd"))]
    assert read_grids([write(tmp_path / "plain.csv", table)]).without_algorithms == ("made",)
    assert read_grids([write(tmp_path / "one.csv", table[:12])]).without_algorithms == ()


def test_methods_are_told_list_prices_and_the_bill_is_charged(tmp_path: Path) -> None:
    table = [{**row, "cost_usd": "3.0"} for row in rows(("grep",))]
    (grid,) = read_grids([write(tmp_path / "fee.csv", table)]).grids
    assert grid.space.dollars_per_second[0] == pytest.approx(2 * 0.1 / 3600)
    assert grid.dollars == pytest.approx(3.0)
    assert grid.charged_per_second == pytest.approx(3.0 / grid.seconds)


def test_a_pipe_that_nobody_fills_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "grid.csv")
    with pytest.raises(InputError, match="it is a pipe"):
        read_grids([tmp_path / "grid.csv"])


@pytest.mark.parametrize(
    ("missing", "said"),
    [(("runtime_s",), "no column runtime_s"), (("cost_usd", "price_per_node_hour"), "no column cost_usd")],
)
def test_a_missing_column_is_named(missing: tuple[str, ...], said: str, tmp_path: Path) -> None:
    table = [{key: cell for key, cell in row.items() if key not in missing} for row in rows(("grep",))]
    with pytest.raises(InputError, match=f"grid.csv: there is {said}"):
        read_grids([write(tmp_path / "grid.csv", table)])


def test_a_workload_without_a_completed_run_is_named(tmp_path: Path) -> None:
    table = [{**row, "completed": "0"} for row in rows(("grep",))]
    with pytest.raises(InputError, match="No run of the workload grep-spark of made completed"):
        read_grids([write(tmp_path / "grid.csv", table)])


def test_files_that_are_no_tables(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.csv cannot be read"):
        read_grids([tmp_path / "absent.csv"])
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="UTF-8"):
        read_grids([tmp_path / "binary.csv"])


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the optional corpus of published measurements is not here")
def test_published_measurements_can_be_read() -> None:
    paths = [path for path in sorted(PUBLISHED.glob("*.csv")) if "metrics" not in path.name]
    read = read_grids(paths)
    ibm = next(grid for grid in read.grids if grid.dataset == "ibm_multicloud")
    assert math.isnan(ibm.space.memory_gib[0])
    assert ibm.space.cores[0] == 0
    assert not ibm.completed.all()

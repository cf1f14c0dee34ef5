import math
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
    assert math.isnan(sort.space.input_bytes)


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


def test_the_input_size_is_the_median_of_those_that_are_known(tmp_path: Path) -> None:
    table = [
        {**row, "input_size_bytes": size}
        for row, size in zip(rows(("grep",)), ["", "10", "30", *["20"] * 9], strict=True)
    ]
    assert read_grids([write(tmp_path / "grid.csv", table)]).grids[0].space.input_bytes == 20.0


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
    ],
)
def test_a_bad_cell_is_named_with_file_line_and_column(change: dict[str, str], said: str, tmp_path: Path) -> None:
    table = rows(("grep",))
    path = write(tmp_path / "grid.csv", [{**table[0], **change}, *table[1:]])
    with pytest.raises(InputError) as error:
        read_grids([path])
    assert str(error.value).startswith(f"{path}: {said}")


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

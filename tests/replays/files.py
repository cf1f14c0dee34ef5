"""Grid files made by a physical law: a serial part, work shared by cores, overhead per machine, memory that misses."""

import sys
from pathlib import Path

COLUMNS = (
    "dataset", "workload", "algorithm", "config", "cloud", "instance_type", "family", "nodes", "vcpus_per_node",
    "memory_gb_per_node", "price_per_node_hour", "runtime_s", "completed", "cost_usd",
)  # fmt: skip
HOURLY = {("c", "large"): 0.1, ("c", "xlarge"): 0.2, ("r", "large"): 0.13, ("r", "xlarge"): 0.26}
WORK = {
    "sort": (40.0, 4000.0, 30.0),
    "grep": (15.0, 1500.0, 2.0),
    "join": (60.0, 6000.0, 50.0),
    "sgd": (90.0, 2500.0, 12.0),
}
"""Serial seconds, core seconds, GiB that should fit."""
TOO_LITTLE = 0.7
"""Where more of the memory is missing, the run fails."""


def rows(workloads: tuple[str, ...] = tuple(WORK)) -> list[dict[str, str]]:
    return [
        _row(workload, family, size, nodes) for workload in workloads for family, size in HOURLY for nodes in (2, 4, 8)
    ]


def _row(workload: str, family: str, size: str, nodes: int) -> dict[str, str]:
    serial, work, needed = WORK[workload]
    cores = {"large": 2, "xlarge": 4}[size]
    memory = cores * {"c": 2.0, "r": 8.0}[family]
    missing = max(0.0, 1 - nodes * memory / needed)
    seconds = (serial + work / (nodes * cores) + 1.5 * nodes) * (1 + 3 * missing)
    hourly = HOURLY[family, size]
    return {
        "dataset": "made",
        "workload": f"{workload}-spark",
        "algorithm": workload,
        "config": f"{nodes}x{family}.{size}",
        "cloud": "aws",
        "instance_type": f"{family}.{size}",
        "family": family,
        "nodes": str(nodes),
        "vcpus_per_node": str(cores),
        "memory_gb_per_node": str(memory),
        "price_per_node_hour": str(hourly),
        "runtime_s": f"{seconds:.2f}",
        "completed": "0" if missing > TOO_LITTLE else "1",
        "cost_usd": f"{hourly * nodes * seconds / 3600:.6f}",
    }


def write(path: Path, table: list[dict[str, str]]) -> Path:
    columns = list(table[0])
    lines = [",".join(columns), *(",".join(row.get(column, "") for column in columns) for row in table)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def grid_file(folder: Path, workloads: tuple[str, ...] = tuple(WORK)) -> Path:
    return write(folder / "grid.csv", rows(workloads))


def example(path: Path) -> Path:
    """The grid of docs/replay.md. Made anew with: python -m tests.replays.files examples/replay/grid.csv."""
    return write(path, rows())


if __name__ == "__main__":
    example(Path(sys.argv[1]))

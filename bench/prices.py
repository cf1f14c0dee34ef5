"""How fast a price book is there from cold, and how large the tables are.

    python bench/prices.py      the best of several fresh processes for each book; exit code 1 if a bar is not met

Counted from before the first import of Setpoint to the book, msgspec included; the start of Python itself is not. One
JSON line per run is appended to bench/history/prices.jsonl.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

HISTORY = Path(__file__).with_name("history") / "prices.jsonl"
DATA = Path(__file__).parent.parent / "src" / "setpoint" / "prices" / "data"
MOST_MS = 50.0
MOST_KB = 1000.0
BOOKS = (("aws", "us-east-1"), ("azure", "eastus"), ("gcp", "us-central1"))
SCRIPT = """
import time
begun = time.perf_counter()
from setpoint.prices import load_book
load_book(CLOUD, REGION)
print((time.perf_counter() - begun) * 1000)
"""


def milliseconds(cloud: str, region: str) -> float:
    script = SCRIPT.replace("CLOUD", repr(cloud)).replace("REGION", repr(region))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return float(done.stdout)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, help="so many processes for each book")
    parser.add_argument("--forget", action="store_true", help="do not append to the history")
    asked = parser.parse_args()
    measures: dict[str, float] = {}
    for cloud, region in BOOKS:
        taken = [milliseconds(cloud, region) for _ in range(asked.rounds)]
        measures[f"{cloud} {region} best ms"] = round(min(taken), 1)
        measures[f"{cloud} {region} median ms"] = round(statistics.median(taken), 1)
    measures["tables kB"] = round(sum(path.stat().st_size for path in DATA.iterdir()) / 1000, 1)
    for name, value in measures.items():
        print(f"{name:<28}{value:>8}")
    if not asked.forget:
        HISTORY.parent.mkdir(exist_ok=True)
        at = datetime.now(UTC).isoformat(timespec="seconds")
        entry = {"at": at, "python": platform.python_version(), "rounds": asked.rounds, "measures": measures}
        with HISTORY.open("a") as file:
            file.write(json.dumps(entry) + "\n")
    slow = any(value > MOST_MS for name, value in measures.items() if name.endswith("best ms"))
    return 1 if slow or measures["tables kB"] > MOST_KB else 0


if __name__ == "__main__":
    sys.exit(main())

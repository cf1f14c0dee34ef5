"""The house keeps its order: imports point inwards, the core is pure, files are short, names say something.

Each check is a function from the root of a package to its violations; it is run on ours, and on small ones gone wrong.
"""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "src" / "setpoint"

LONGEST_FILE = 400
NAMELESS = {"base", "common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"}
READERS_OF_ENVIRONMENT = {"settings.py", "agent/on_driver.py"}
# The latter is a program of its own, which runs where Setpoint is not installed.

# What a room may import besides itself and `errors`. Who is not listed under a room is above it, or its blind sibling.
OUTER = {"core", "sources", "platforms", "prices", "ledger", "bills"}
WIRED = OUTER | {"loop", "settings", "teaching"}
MAY_IMPORT = {
    "errors": set[str](),
    "files": set[str](),
    "sources": {"core"},
    "platforms": {"core", "sources", "files"},
    "prices": {"core", "sources", "files"},
    "bills": {"core", "sources", "files"},
    "ledger": {"core"},
    "settings": {"core"},
    "connections": {"files", "settings"},
    "onboarding": WIRED | {"wiring", "connections"},
    "loop": OUTER,
    "pace": set[str](),
    "watching": {"core", "loop", "pace"},
    "teaching": {"core", "files", "ledger"},
    "governance": {"core", "ledger"},
    "bookkeeping": {"core", "ledger", "bills"},
    "by_hand": {"core", "loop"},
    "testing": WIRED,
    "wiring": WIRED | {"watching"},
    "client": set[str](),
    "agent": set[str](),
    "clouds": {"core", "platforms", "client", "settings", "agent"},
    "store": set[str](),
    "identity": set[str](),
    "artefacts": set[str](),
    "intake": set[str](),
    "logbook": set[str](),
    "tracing": set[str](),
    "processing": WIRED | {"wiring", "pace", "store", "identity", "artefacts", "intake", "logbook", "tracing"},
    "airflow": {"client"},
    "service": WIRED
    | {"wiring", "report", "governance", "by_hand", "loop", "store", "identity", "artefacts", "processing"}
    | {"logbook", "tracing"},
    "report": {"core"},
    "submission": WIRED | {"wiring"},
    "studies": WIRED | {"files", "wiring", "submission"},
    "replays": {"core", "studies"},
    "demo": WIRED | {"files", "wiring", "submission", "service", "testing"},
    "cli": WIRED
    | {
        "files",
        "wiring",
        "submission",
        "studies",
        "replays",
        "service",
        "report",
        "demo",
        "client",
        "clouds",
        "setpoint",
    }
    | {"watching", "testing", "governance", "by_hand", "loop", "store", "artefacts", "processing", "agent", "logbook"}
    | {"connections", "onboarding", "bookkeeping"}
    | {"tracing"},
    "__main__": {"cli"},
    "setpoint": WIRED | {"wiring", "client"},
}
# The rooms of the core from the top; each sees its own level and those below.
CORE = (
    {"advice", "enrolment", "policies", "position", "said_before", "solutions", "verification", "goal_file"},
    {"controller", "replay"},
    {
        "shortlist",
        "search",
        "reasons",
        "guards",
        "rollout",
        "repeat",
        "savings",
        "forecast",
        "reliability",
        "shadow",
        "trying",
        "optimisers",
        "goals",
    },
    {"study", "engines", "reconciliation", "billing"},
    {"prediction", "cost", "energy", "breakeven"},
    {"workload", "drift", "oddity", "space", "belief"},
    {"agreement", "eventlog", "diagnosis", "failure"},
    {"autonomy"},
    {"history"},
    {"breakdown", "windows", "platform_change"},
    {"restrictions"},
    {"cloud_space", "configurations"},
    {"cloudspec"},
    {"domain", "reports"},
    {"cloud"},
    {"usage", "discounts", "own_units", "places", "starting_order"},
    {"pricebook", "profile", "profile_json", "distributions", "sizes", "zstd", "portfolio", "fingerprint"},
    {"integers", "wishes", "words", "knapsack", "hull", "trend"},
)
MAY_IMPORT |= {
    f"core.{room}": {f"core.{below}" for level in CORE[height:] for below in level}
    for height, rooms in enumerate(CORE)
    for room in rooms
}
MAY_IMPORT["core"] = {name for name in MAY_IMPORT if name.startswith("core.")}

# fmt: off
IMPURE_MODULES = {
    "asyncio", "concurrent", "ctypes", "getpass", "glob", "http", "importlib", "io", "locale", "logging", "mmap",
    "multiprocessing", "os", "pathlib", "platform", "secrets", "select", "shutil", "signal", "socket", "sqlite3",
    "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid", "warnings", "webbrowser",
}
# fmt: on
HARMLESS = {"io.BytesIO"}
"""Of impure modules: what is no more than memory."""
IMPURE_CALLS = {"print", "open", "input", "breakpoint"}
CLOCK_CALLS = {"now", "utcnow", "today"}
SEEDED = {"Random", "default_rng", "Generator", "SeedSequence"}


def sources(package: Path) -> Iterator[tuple[str, ast.Module]]:
    """Every module: its path below the package, and its syntax tree."""
    for path in sorted(package.rglob("*.py")):
        yield path.relative_to(package).as_posix(), ast.parse(path.read_text(encoding="utf-8"), path)


def room_of(dotted: str) -> str:
    """The room in which a module of the package lives: `setpoint.core.goals.cost` → `core.goals`."""
    parts = dotted.split(".")[1:]
    return ".".join(parts[: 2 if parts[:1] == ["core"] else 1]) or "setpoint"


def imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and full name of everything imported, wherever in the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, "." * node.level + f"{node.module or ''}.{alias.name}") for alias in node.names)


def imported_room(name: str) -> str:
    """The room that an imported name of ours comes from; `from setpoint import X` is of the package itself."""
    room = room_of(name)
    return room if room in MAY_IMPORT or "." in name.removeprefix("setpoint.") else "setpoint"


def may_import(room: str, other: str) -> bool:
    """Whether the order lets one room see the other; "core" stands for all rooms of the core."""
    return bool({other, other.partition(".")[0]} & {room, "errors", *MAY_IMPORT[room]})


def wrong_imports(package: Path) -> list[str]:
    """Imports that point outwards or sideways."""
    found = []
    for path, tree in sources(package):
        room = room_of("setpoint." + path.removesuffix(".py").removesuffix("__init__").strip("/").replace("/", "."))
        if room not in MAY_IMPORT:
            found.append(f"{path}: the room {room} has no place in the order")
            continue
        for line, name in imports(tree):
            if name.startswith("."):
                found.append(f"{path}:{line}: relative import {name}")
            elif name.split(".")[0] == "setpoint" and not may_import(room, imported_room(name)):
                found.append(f"{path}:{line}: {room} imports {name}")
    return found


def impurities(package: Path) -> list[str]:
    """What the core does besides computing: I/O, clock, environment, logging, chance without a seed."""
    return [f"core/{path}:{line}: {what}" for path, tree in sources(package / "core") for line, what in _impure(tree)]


def _impure(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for line, name in imports(tree):
        root, _, rest = name.partition(".")
        if name in HARMLESS or (name == "sys" and _asks_only_for_the_version(tree)):
            continue
        if root in IMPURE_MODULES or (root == "random" and rest not in {"", "Random"}):
            yield line, f"imports {name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (what := _impure_call(node)):
            yield node.lineno, what


def _asks_only_for_the_version(tree: ast.Module) -> bool:
    """Whether `sys` tells which Python this is and nothing else, as where a module has moved between versions."""
    named = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "sys"]
    asked = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "version_info"]
    return len(named) == len([node for node in asked if isinstance(node.value, ast.Name) and node.value.id == "sys"])


def _impure_call(call: ast.Call) -> str | None:
    match call.func:
        case ast.Name(id=name) if name in IMPURE_CALLS:
            return f"calls {name}"
        case ast.Attribute(attr=name) if name in CLOCK_CALLS:
            return f"reads the clock with {name}"
        case ast.Attribute(attr="Random" | "default_rng") | ast.Name(id="Random" | "default_rng"):
            return None if call.args or call.keywords else "chance without a seed"
        case ast.Attribute(value=ast.Name(id="random") | ast.Attribute(attr="random"), attr=name):
            return None if name in SEEDED else f"chance without a seed: random.{name}"
    return None


def readers_of_environment(package: Path) -> list[str]:
    """Who reads the environment, besides those who may."""
    found = []
    for path, tree in sources(package):
        if path in READERS_OF_ENVIRONMENT:
            continue
        named = ((line, name) for line, name in imports(tree) if name in {"os.environ", "os.getenv"})
        found += [f"{path}:{line}: imports {name}" for line, name in named]
        for node in ast.walk(tree):
            match node:
                case ast.Attribute(value=ast.Name(id="os"), attr="environ" | "environb" | "getenv" | "putenv" as name):
                    found.append(f"{path}:{node.lineno}: os.{name}")
    return found


def long_files(package: Path) -> list[str]:
    """Files that nobody reads to the end."""
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in sorted(package.rglob("*.py"))}
    return [f"{path.relative_to(package)}: {lines} lines" for path, lines in lengths.items() if lines > LONGEST_FILE]


def nameless_modules(package: Path) -> list[str]:
    """Modules and packages whose name says nothing."""
    return [str(path.relative_to(package)) for path in sorted(package.rglob("*")) if path.stem.strip("_") in NAMELESS]


CHECKS = (wrong_imports, impurities, readers_of_environment, long_files, nameless_modules)


@pytest.mark.parametrize("check", CHECKS)
def test_the_house_is_in_order(check: Callable[[Path], list[str]]) -> None:
    assert check(PACKAGE) == []


@pytest.mark.parametrize("check", [long_files, nameless_modules])
def test_the_tests_are_in_order_too(check: Callable[[Path], list[str]]) -> None:
    assert check(TESTS) == []


PLANTED = [
    (wrong_imports, "core/domain.py", "from setpoint.core.goals.cost import CostGoal"),
    (wrong_imports, "core/domain.py", "from setpoint.core import controller"),
    (wrong_imports, "core/history.py", "import setpoint.core.eventlog"),
    (wrong_imports, "core/goals/cost.py", "import setpoint.ledger"),
    (wrong_imports, "core/goals/cost.py", "from setpoint import loop"),
    (wrong_imports, "core/controller.py", "def decide():\n    from setpoint.loop import Loop"),
    (wrong_imports, "core/__init__.py", "import setpoint.ledger"),
    (wrong_imports, "core/novelty.py", ""),
    (wrong_imports, "attic/box.py", ""),
    (wrong_imports, "platforms/spark.py", "from setpoint.ledger import Ledger"),
    (wrong_imports, "platforms/spark.py", "from setpoint.prices import embedded"),
    (wrong_imports, "prices/embedded.py", "from setpoint.platforms import Platform"),
    (wrong_imports, "ledger/sql.py", "from setpoint.prices import embedded"),
    (wrong_imports, "ledger/sql.py", "from . import memory"),
    (wrong_imports, "sources/files.py", "from setpoint.platforms import Platform"),
    (wrong_imports, "loop.py", "from setpoint.settings import Settings"),
    (wrong_imports, "loop.py", "from setpoint import __version__"),
    (wrong_imports, "wiring.py", "import setpoint.cli.app"),
    (wrong_imports, "service/app.py", "from setpoint.demo import play"),
    (wrong_imports, "testing/plants.py", "from setpoint.wiring import wire"),
    (wrong_imports, "airflow.py", "from setpoint.core.domain import Run"),
    (wrong_imports, "client.py", "from setpoint.service import shapes"),
    (impurities, "core/cost.py", "import os"),
    (impurities, "core/cost.py", "from time import monotonic"),
    (impurities, "core/cost.py", "def f():\n    import logging"),
    (impurities, "core/cost.py", "import pathlib, socket"),
    (impurities, "core/cost.py", "import io\nio.open('x')"),
    (impurities, "core/cost.py", "from io import open as read"),
    (impurities, "core/cost.py", "from io import FileIO, BytesIO"),
    (impurities, "core/cost.py", "import sys\nsys.version_info\nsys.stdout"),
    (impurities, "core/cost.py", "import sys\nshow = sys"),
    (impurities, "core/cost.py", "from sys import argv"),
    (impurities, "core/cost.py", "print(1)"),
    (impurities, "core/cost.py", "open('x')"),
    (impurities, "core/cost.py", "from datetime import datetime, UTC\ndatetime.now(UTC)"),
    (impurities, "core/cost.py", "import datetime\ndatetime.date.today()"),
    (impurities, "core/cost.py", "import random\nrandom.random()"),
    (impurities, "core/cost.py", "import random\nrandom.Random()"),
    (impurities, "core/cost.py", "from random import choice"),
    (impurities, "core/cost.py", "import numpy as np\nnp.random.default_rng()"),
    (impurities, "core/cost.py", "import numpy as np\nnp.random.normal(3)"),
    (readers_of_environment, "loop.py", "import os\nos.environ['X']"),
    (readers_of_environment, "loop.py", "import os\nos.getenv('X')"),
    (readers_of_environment, "cli/app.py", "from os import environ"),
    (long_files, "loop.py", "x = 1\n" * (LONGEST_FILE + 1)),
    (nameless_modules, "core/utils.py", ""),
    (nameless_modules, "service/common/pages.py", ""),
    (nameless_modules, "core/goals/_base.py", ""),
]


@pytest.mark.parametrize(("check", "path", "text"), PLANTED)
def test_a_planted_violation_is_reported(
    check: Callable[[Path], list[str]], path: str, text: str, tmp_path: Path
) -> None:
    _plant(tmp_path, path, text)
    assert [line.replace("\\", "/").split(":")[0] for line in check(tmp_path)][:1] in ([path], [str(Path(path).parent)])


ALLOWED = [
    ("core/controller.py", "from setpoint.core.goals import parse\nfrom setpoint.errors import GoalError"),
    ("core/goals/cost.py", "from setpoint.core.goals import Goal\nfrom setpoint.core.domain import Candidate"),
    ("core/cost.py", "from datetime import datetime\nimport random\nfrom numpy.random import default_rng"),
    ("core/eventlog/lines.py", "from io import BytesIO"),
    ("core/zstd.py", "import sys\nx = sys.version_info >= (3, 14)"),
    ("core/drift.py", "import numpy as np\nimport random\nrandom.Random(7).random()\nnp.random.default_rng(7)"),
    ("platforms/spark/submit.py", "import os\nfrom setpoint.sources import files"),
    ("prices/embedded.py", "from setpoint.core.domain import PriceBook"),
    ("core/__init__.py", "from setpoint.core.controller import decide"),
    ("loop.py", "from setpoint.platforms import Platform\nfrom setpoint import errors\n" + "\n" * (LONGEST_FILE - 2)),
    ("settings.py", "import os\nos.environ['X']"),
    ("cli/app.py", "from setpoint import __version__, demo\nfrom setpoint.wiring import wire"),
    ("demo/play.py", "from setpoint.service.app import app"),
]


@pytest.mark.parametrize(("path", "text"), ALLOWED)
def test_what_is_allowed_passes(path: str, text: str, tmp_path: Path) -> None:
    _plant(tmp_path, path, text)
    assert [violation for check in CHECKS for violation in check(tmp_path)] == []


def _plant(package: Path, path: str, text: str) -> None:
    file = package / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")

"""Whether existing clients work against the service unchanged: every command, as a process of its own.

    python bench/client_checks.py --old PYTHON --new PYTHON [--database URL]…

PYTHON is the interpreter of an environment with version 0.1.3, or 1.11.8, of the original; without either, our own
`sync-cli` and `sync` play both. Each --database (empty: SQLite in a fresh home) gets a fresh service and all checks.
With --url, --key and --secret an existing service is checked instead. Commands that need Databricks or AWS reach
emulators on this machine; --clouds has only those, --no-clouds only the others. The originals want Databricks on https:
put something before the emulator that ends TLS and say where with --databricks.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench.clients.airflow import in_airflow
from bench.clients.clouds import EmulatedClouds, emulated_clouds
from bench.clients.evidence import evidence
from bench.clients.fresh import fresh_service
from bench.clients.new import new_client
from bench.clients.new_clouds import new_clouds
from bench.clients.old import old_client
from bench.clients.old_clouds import old_clouds
from bench.clients.originals_checks import newer_flows, older_flows
from bench.clients.session import Checks, Session, Where


def main() -> None:
    options = _options()
    folder = Path(tempfile.mkdtemp(prefix="client-checks-"))
    files = evidence(folder)
    failed = 0
    try:
        if options.url:
            failed += _check(Where(options.url, options.key, options.secret, *files), options, options.url)
        for database in [] if options.url else options.database or [""]:
            with fresh_service(database, folder, options.workers) as reached:
                failed += _check(Where(*reached, *files), options, database.partition(":")[0] or "sqlite")
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(failed > 0)


def _check(where: Where, options: argparse.Namespace, name: str) -> int:
    failed = 0
    for dialect, python, scenario, in_clouds in _dialects(options):
        if options.only and dialect != options.only:
            continue
        checks = Checks(f"{dialect} on {name}")
        session = Session(python or sys.executable, where)
        version = session.run("--version").out.strip() or "no --version"
        if not options.clouds:
            scenario(session, checks)
        if not options.no_clouds:
            with emulated_clouds() as clouds:
                extra = clouds.variables | ({"DATABRICKS_HOST": options.databricks} if options.databricks else {})
                in_clouds(Session(python or sys.executable, where, extra=extra), checks, clouds)
                if options.airflow and dialect != "0.1.3":
                    in_airflow(options.airflow, Session(python or sys.executable, where, extra=extra), checks, clouds)
                (older_flows if dialect == "0.1.3" else newer_flows)(where, checks, clouds)
        total = checks.passed + len(checks.failed)
        slowest = max(checks.seconds.items(), key=lambda each: each[1])
        print(f"{checks.of} ({version}): {checks.passed} of {total} passed; slowest {slowest[0]} {slowest[1]:.1f} s")
        failed += len(checks.failed)
    return failed


Scenario = tuple[str, str | None, Callable[[Session, Checks], None], Callable[[Session, Checks, EmulatedClouds], None]]


def _dialects(options: argparse.Namespace) -> tuple[Scenario, ...]:
    return ("0.1.3", options.old, old_client, old_clouds), ("1.11.8", options.new, new_client, new_clouds)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--old", help="interpreter with version 0.1.3")
    parser.add_argument("--new", help="interpreter with version 1.11.8")
    parser.add_argument("--only", choices=["0.1.3", "1.11.8"], help="only this version")
    parser.add_argument("--database", action="append", help="URL of a fresh database; may be repeated")
    parser.add_argument("--workers", type=int, default=0, help="worker processes beside the one inside the service")
    parser.add_argument("--url", help="an existing service")
    parser.add_argument("--key", help="a key of it")
    parser.add_argument("--secret", help="its secret")
    parser.add_argument("--clouds", action="store_true", help="only commands that need Databricks or AWS")
    parser.add_argument("--no-clouds", action="store_true", help="only commands that need nothing but the service")
    parser.add_argument("--databricks", help="https address that leads to the emulated workspace")
    parser.add_argument("--airflow", help="interpreter with Airflow, its Databricks provider and what `sync` needs")
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs of the service")
    return parser.parse_args()


if __name__ == "__main__":
    main()

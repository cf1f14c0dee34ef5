"""A PostgreSQL of our own for the tests, where this machine has its programs."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

__all__ = ["new_postgresql", "postgresql", "url"]


def _programs() -> Path | None:
    places = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "initdb").exists() and (place / "postgres").exists()), None)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Address of a server of our own, without a database's name."""
    programs = _programs()
    if programs is None:
        pytest.skip("there is no PostgreSQL on this machine")
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="setpoint-pg-", dir="/tmp"))
    if user is not None:
        owner = pwd.getpwnam(user)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    data = str(folder / "data")
    made = [str(programs / "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8"]
    subprocess.run(made, check=True, capture_output=True, user=user, cwd=folder)
    settings = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    control = [str(programs / "pg_ctl"), "-D", data, "-w"]
    log = ["-l", str(folder / "log"), "-o", settings, "start"]
    subprocess.run([*control, *log], check=True, stdout=subprocess.DEVNULL, user=user, cwd=folder)
    try:
        yield f"postgresql://postgres@127.0.0.1:{port}"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True, user=user, cwd=folder)
        shutil.rmtree(folder)


@pytest.fixture
def new_postgresql(postgresql: str) -> Iterator[Callable[[], str]]:
    """Makes empty databases, and gives their addresses."""
    engine = sa.create_engine(postgresql.replace("postgresql:", "postgresql+psycopg:") + "/postgres")
    admin = engine.execution_options(isolation_level="AUTOCOMMIT")

    def make() -> str:
        name = f"t{os.urandom(6).hex()}"
        with admin.connect() as connection:
            connection.exec_driver_sql(f"create database {name}")
        return f"{postgresql}/{name}"

    yield make
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'service.db'}"
    make: Callable[[], str] = request.getfixturevalue("new_postgresql")
    return make()

"""A PostgreSQL server of our own, for as long as it is needed; it waits for the disk as one in production does."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def postgresql() -> Iterator[str]:
    """Address of an empty database. Ends the program where the machine has no PostgreSQL."""
    found = [str(Path(name).resolve().parent) for name in [shutil.which("initdb")] if name]
    places = [Path(place) for place in found] + sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if not places:
        raise SystemExit("There is no PostgreSQL on this machine: have initdb and pg_ctl on the PATH.")
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="setpoint-bench-", dir="/tmp"))
    if user is not None:
        owner = pwd.getpwnam(user)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    data = str(folder / "data")
    made = [str(places[0] / "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8"]
    subprocess.run(made, check=True, capture_output=True, user=user, cwd=folder)
    control = [str(places[0] / "pg_ctl"), "-D", data, "-w"]
    listening = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"
    subprocess.run(
        [*control, "-l", str(folder / "log"), "-o", listening, "start"],
        check=True,
        stdout=subprocess.DEVNULL,
        user=user,
        cwd=folder,
    )
    try:
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True, user=user, cwd=folder)
        shutil.rmtree(folder)

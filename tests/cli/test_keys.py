"""`setpoint keys`, and the service that they open."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Said
from tests.service.story import whole_story
from tests.service.test_server import status

from setpoint.ledger import open_ledger
from setpoint.service.starting import install
from setpoint.settings import load_settings

Setpoint = Callable[..., Said]


def made(setpoint: Setpoint, name: str = "me", role: str = "admin") -> tuple[str, str]:
    said = setpoint("keys", "create", name, "--role", role, "--json")
    assert said.exit_code == 0, said.err
    key = json.loads(said.out)
    return key["api_key_id"], key["api_key_secret"]


def test_a_key_is_shown_once_and_opens_the_service(setpoint: Setpoint, home: Path) -> None:
    key_id, secret = made(setpoint)
    listed = setpoint("keys", "list")
    assert key_id in listed.out
    assert secret not in listed.out
    assert secret.encode() not in b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    gate = install(load_settings()).rooms.gate
    assert gate.sign_in(key_id, secret, "here").caller.role == "admin"


def test_without_json_it_is_as_clients_read_it(setpoint: Setpoint) -> None:
    said = setpoint("keys", "create", "nightly pipeline")
    lines = dict(line.split("=", 1) for line in said.out.split())
    assert set(lines) == {"SYNC_API_KEY_ID", "SYNC_API_KEY_SECRET"}
    assert "operator" in setpoint("keys", "list").out


def test_a_key_is_revoked(setpoint: Setpoint) -> None:
    key_id, _ = made(setpoint)
    assert setpoint("keys", "revoke", key_id).exit_code == 0
    assert "revoked" in setpoint("keys", "list").out
    said = setpoint("keys", "revoke", "sp_nobody")
    assert (said.exit_code, said.out) == (66, "")


def test_a_role_that_there_is_not_is_refused(setpoint: Setpoint) -> None:
    said = setpoint("keys", "create", "me", "--role", "root")
    assert said.exit_code == 65
    assert "viewer, operator, admin" in said.err


def test_a_link_is_made_for_a_key(setpoint: Setpoint) -> None:
    key_id, _ = made(setpoint)
    assert setpoint("keys", "link", key_id).out.startswith("http://127.0.0.1:8765/login?ticket=")
    assert setpoint("keys", "link", "sp_nobody").exit_code == 66


def test_local_projects_are_the_first_account_s(setpoint: Setpoint) -> None:
    settings = load_settings()
    key_id, _ = made(setpoint)
    open_ledger(settings.ledger_url).append("orders", *whole_story())
    installed = install(settings)
    assert installed.rooms.reader(installed.account).projects() == ("orders",)
    open_ledger(settings.ledger_url).append("late", *whole_story())
    assert installed.rooms.reader(installed.account).projects() == ("late", "orders")
    assert install(settings).has_keys()
    assert installed.rooms.store.keys.get(installed.account, key_id) is not None


def test_serving_says_how_to_sign_in_and_ends_quietly(home: Path) -> None:
    program = "import sys; from setpoint.cli.app import main; sys.argv[1:] = ['serve', '--port', '0']; main()"
    server = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    address = server.stderr.readline().split()[1]
    assert "setpoint keys create" in server.stderr.readline()
    assert [status(address, path) for path in ("/readyz", "/docs", "/", "/v1/projects")] == [200, 200, 303, 401]
    server.terminate()
    assert server.wait(30) in {0, -signal.SIGTERM}
    assert "Traceback" not in server.stderr.read()
    server.stderr.close()
    assert (home / "ledger.db").exists()


def test_an_account_has_keys_of_its_own(setpoint: Setpoint) -> None:
    first, _ = made(setpoint)
    assert setpoint("accounts", "create", "the other").exit_code == 0
    said = setpoint("keys", "create", "them", "--account", "the other", "--json")
    theirs = json.loads(said.out)["api_key_id"]
    assert theirs not in setpoint("keys", "list").out
    listed = setpoint("keys", "list", "--account", "the other").out
    assert theirs in listed
    assert first not in listed
    names = [row["name"] for row in json.loads(setpoint("accounts", "list", "--json").out)["accounts"]]
    assert names == ["main", "the other"]
    assert setpoint("keys", "revoke", theirs).exit_code == 0
    assert "revoked" in setpoint("keys", "list", "--account", "the other").out


def test_an_account_that_is_there_or_is_not_is_said(setpoint: Setpoint) -> None:
    assert setpoint("accounts", "create", "main").exit_code == 75
    said = setpoint("keys", "create", "me", "--account", "nobody")
    assert (said.exit_code, said.out) == (66, "")
    assert "accounts list" in said.err


def test_several_programs_that_begin_at_once_make_one_account(setpoint: Setpoint, home: Path) -> None:
    assert setpoint("accounts", "list").exit_code == 0
    for left in home.glob("ledger.db*"):
        left.unlink()
    words = [sys.executable, "-m", "setpoint", "accounts", "list", "--json"]
    started = [subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)]
    said = [process.communicate(timeout=60) for process in started]
    assert [process.returncode for process in started] == [0] * 3, said
    assert len({json.loads(out)["accounts"][0]["id"] for out, _ in said}) == 1

"""A person edits the launcher's file while a decision is being applied: theirs stands, whenever it happened."""

import json
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from tests.platforms.emr.world import World, sized

from setpoint.errors import Conflict
from setpoint.platforms.emr import EmrPlatform
from setpoint.platforms.emr import platform as module
from setpoint.testing.platform_contract import PROJECT

INTERLEAVINGS = 1000


def write_anew(path: Path, text: str) -> None:
    """Disks are made to flush where a file that is there gets other content, which takes long a thousand times."""
    path.unlink()
    path.write_text(text)


class Person:
    """Edits a file once, just before the n-th thing that is done meanwhile."""

    def __init__(self, path: Path) -> None:
        self.path, self.at, self.count = path, -1, 0

    def passes_by(self) -> None:
        """Something is about to be done."""
        if self.count == self.at:
            self.edit()
        self.count += 1

    def edit(self) -> None:
        """Ask for nine workers."""
        document = json.loads(self.path.read_text())
        document["Instances"]["InstanceGroups"][1]["InstanceCount"] = 9
        write_anew(self.path, json.dumps(document))


def watched(platform: EmrPlatform, person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the person pass by before each step of applying."""
    for owner, name in (
        (platform.store, "project"),
        (platform.store, "left"),
        (platform.store, "leave"),
        (platform.store, "show"),
        (platform.on_ec2, "newest"),
        (platform.on_ec2, "arguments"),
        (module, "read_template"),
        (module, "check_unchanged"),
        (module, "patch_of"),
        (module, "write_whole"),
    ):
        inner = getattr(owner, name)

        def step(*given: object, _inner: Callable[..., object] = inner, **named: object) -> object:
            person.passes_by()
            return _inner(*given, **named)

        monkeypatch.setattr(owner, name, step)


def test_a_persons_edit_is_never_lost(make: Callable[..., World], monkeypatch: pytest.MonkeyPatch) -> None:
    world = make("groups")
    first = world.spec
    nine = sized(first, 9)
    path = Path(str(world.project.template))
    original = path.read_text()
    person = Person(path)
    watched(world.platform, person, monkeypatch)
    chance = Random(5)
    folder = world.platform.store.folder(PROJECT)
    outcomes = set()
    for _ in range(INTERLEAVINGS):
        for name in ("left.json", "arguments.json", "cluster.patch"):
            (folder / name).unlink(missing_ok=True)
        write_anew(path, original)
        person.at, person.count = chance.randrange(14), 0
        try:
            world.platform.apply(PROJECT, sized(first, chance.choice((2, 3, 5))), expect=first)
            outcomes.add("applied")
        except Conflict:
            outcomes.add("conflict")
        happened = person.count > person.at
        text = path.read_text()
        person.at = -1
        if happened:
            assert json.loads(text)["Instances"]["InstanceGroups"][1]["InstanceCount"] == 9
            assert world.spec == nine
        else:
            assert text == original
    assert outcomes == {"applied", "conflict"}

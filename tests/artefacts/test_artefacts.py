"""What is kept comes back as it was, is removed without a trace, and nothing else is ever touched."""

import io
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from setpoint.artefacts import ArtefactId, Artefacts
from setpoint.errors import LedgerError


@pytest.fixture(params=["folder", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Artefacts]:
    if request.param == "folder":
        yield Artefacts(str(tmp_path / "kept"))
        return
    address = f"memory://{tmp_path.name}"
    yield Artefacts(address)


def everything(place: Artefacts) -> list[str]:
    return [stored.artefact for shelf in place.shelves() for stored in place.on(shelf)]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=200), st.text(max_size=120))
def test_what_is_written_comes_back_and_goes(place: Artefacts, content: bytes, name: str) -> None:
    before = everything(place)
    artefact = place.write(io.BytesIO(content), name)
    with place.open(artefact) as file:
        assert file.read() == content
    assert place.size_bytes(artefact) == len(content)
    (stored,) = [stored for stored in place.on(artefact[:2]) if stored.artefact == artefact]
    assert stored.size_bytes == len(content)
    assert abs((datetime.now(UTC) - stored.changed_at).total_seconds()) < 60
    place.remove(artefact)
    place.remove(artefact)
    assert place.size_bytes(artefact) == 0
    assert everything(place) == before


def test_no_folder_is_left(tmp_path: Path) -> None:
    place = Artefacts(str(tmp_path / "kept"))
    artefact = place.write(io.BytesIO(b"x"), "log")
    place.remove(artefact)
    assert [path for path in (tmp_path / "kept").rglob("*") if path.name != artefact[:2]] == []


def test_a_part_of_a_file_is_listed_and_can_be_taken_away(tmp_path: Path) -> None:
    place = Artefacts(str(tmp_path))

    class Breaking(io.BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            raise OSError

    with suppress(LedgerError):
        place.write(Breaking(), "log")
    found = [stored for shelf in place.shelves() for stored in place.on(shelf)]
    for stored in found:
        place.discard(stored)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_is_not_ours_is_not_seen(tmp_path: Path) -> None:
    (tmp_path / "ab").mkdir()
    (tmp_path / "ab" / "notes.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "photos").mkdir()
    place = Artefacts(str(tmp_path))
    assert (place.shelves(), everything(place)) == (["ab"], [])
    for artefact in ("../secret", "ab/notes.txt", "", "/etc/passwd", f"ab/{'0' * 32}/../x"):
        place.remove(artefact)
        assert place.size_bytes(artefact) == 0
        with pytest.raises(LedgerError):
            place.open(ArtefactId(artefact))
    assert (tmp_path / "ab" / "notes.txt").exists()


def test_a_place_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert everything(Artefacts(str(tmp_path / "none"))) == []
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - nothing was made either

"""Priors as files, also as nobody should have written them."""

import json
import math
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.belief.worlds import crowd

from setpoint.core.belief.calibration import NARROWEST, WIDEST
from setpoint.core.belief.fitting import fit
from setpoint.core.belief.known import KnownWorkload
from setpoint.core.belief.points import Place
from setpoint.core.belief.prior import EMPTY, NOISES, Prior, Representative
from setpoint.core.belief.prior_json import BEGINS, LARGEST_BYTES, MOST_PLACES, MOST_POINTS, decode, encode
from setpoint.errors import InputError

PRIOR = fit(crowd(3)).prior()

sizes = st.floats(0.1, 1e5)
places = st.builds(Place, sizes, sizes, sizes, st.just(("workers",)), st.just(()))


@st.composite
def priors(draw: st.DrawFn) -> Prior:
    def curve() -> Representative:
        here = tuple(draw(st.lists(places, min_size=1, max_size=5, unique=True)))
        logs = tuple(draw(st.floats(-20, 20)) for _ in here)
        return Representative(
            KnownWorkload(here, logs, tuple(draw(st.booleans()) for _ in here)), draw(st.floats(0, 1 / 3))
        )

    return Prior(
        known=tuple(curve() for _ in range(draw(st.integers(0, 3)))),
        workloads=draw(st.integers(1, 10**6)),
        noise=draw(st.floats(*NOISES)),
        scale=draw(st.floats(NARROWEST, WIDEST)),
    )


@given(priors())
def test_what_is_written_reads_back(prior: Prior) -> None:
    assert decode(encode(prior)) == prior


def test_a_learned_prior_and_an_empty_one_read_back() -> None:
    assert decode(encode(PRIOR)) == PRIOR
    assert decode(encode(EMPTY)) == EMPTY
    assert encode(PRIOR).startswith(BEGINS)


@given(st.floats(1e-300, 2), st.floats(0.1, 10))
def test_numbers_that_should_not_be_trusted_are_brought_to_their_bounds(noise: float, scale: float) -> None:
    read = decode(encode(Prior(noise=noise, scale=scale)))
    assert NOISES[0] <= read.noise <= NOISES[1]
    assert NARROWEST <= read.scale <= WIDEST
    if NOISES[0] <= noise <= NOISES[1]:
        assert read.noise == noise


def test_no_memory_reads_back_as_none() -> None:
    here = (Place(1.0, 2.0, float("nan")),)
    prior = Prior((Representative(KnownWorkload(here, (0.0,), (False,)), 1.0),), workloads=1)
    assert b"NaN" not in encode(prior)
    (each,) = decode(encode(prior)).known
    assert each.workload.places[0].memory_gib != each.workload.places[0].memory_gib


def test_a_curve_over_very_many_specs_is_thinned_and_can_be_read_again() -> None:
    here = tuple(Place(float(1 + row), 4.0, 8.0) for row in range(3 * MOST_POINTS))
    curve = KnownWorkload(here, tuple(-math.log(place.nodes) for place in here), (False,) * len(here))
    (read,) = decode(encode(Prior((Representative(curve, 1.0),), workloads=1))).known
    assert len(read.workload.places) == MOST_POINTS
    assert sum(read.workload.log_seconds) == pytest.approx(0.0, abs=1e-9)
    level = read.workload.log_seconds[0] + math.log(read.workload.places[0].nodes)
    for place, log in zip(read.workload.places, read.workload.log_seconds, strict=True):
        assert log == pytest.approx(level - math.log(place.nodes))
    nodes = [place.nodes for place in read.workload.places]
    assert (min(nodes), max(nodes)) == (2.0, 3.0 * MOST_POINTS - 1)


def test_no_name_and_no_level_is_in_it() -> None:
    content = encode(PRIOR)
    assert b"scales" not in content
    means = [sum(point["log"] for point in curve["points"]) for curve in json.loads(content)["curves"]]
    assert means == pytest.approx([0.0] * len(means), abs=1e-9)


def _set(path: tuple[Any, ...], value: object) -> Callable[[Any], None]:
    def change(data: Any) -> None:  # noqa: ANN401 - JSON
        for key in path[:-1]:
            data = data[key]
        data[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_set(("noise",), -1), "$.noise"),
        (_set(("noise",), 1e999), "infinite"),
        (_set(("noise",), None), "$.noise"),
        (_set(("workloads",), 10**12), "$.workloads"),
        (_set(("scale",), 100), "$.scale"),
        (_set(("more",), 1), "more"),
        (_set(("setpoint_prior",), 2), "format 2"),
        (_set(("setpoint_prior",), None), "no prior"),
        (_set(("places", 0, "cores"), 0), "$.places[0].cores"),
        (_set(("places", 0, "kinds"), ["<script>"]), "$.places[0].kinds[0]"),
        (_set(("curves", 0, "points", 0, "place"), 99), "$.curves[0] names place 99"),
        (_set(("curves", 0, "points", 0, "place"), 1), "two points on one place"),
        (_set(("curves", 0, "points"), []), "$.curves[0].points"),
        (_set(("places", 0, "axes"), [1.0]), "different numbers of kinds or axes"),
        (_set(("setpoint_prior",), 10**400), "far future"),
        (_set(("places", 0, "nodes"), 1e-300), "$.places[0].nodes"),
        (_set(("workloads",), 0), "$.workloads is 0"),
        (_set(("curves", 0, "share"), 1.0), "$.curves sum up to"),
        (_set(("curves", 0, "points"), [{"place": 0, "log": 0.0}] * (MOST_POINTS + 1)), "$.curves[0].points"),
        (_set(("places",), [{"nodes": 1, "cores": 1}] * (MOST_PLACES + 1)), "$.places"),
    ],
)
def test_what_cannot_be_is_named(change: Callable[[Any], None], said: str) -> None:
    data = json.loads(encode(PRIOR))
    change(data)
    if said == "infinite":
        content, said = json.dumps(data).replace("Infinity", "1e999").encode(), "no prior"
    else:
        content = json.dumps(data).encode()
    with pytest.raises(InputError) as raised:
        decode(content, "their.json")
    assert said in str(raised.value)
    assert "their.json" in str(raised.value)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b"{}", b"[" * 100_000, b"null"])
def test_what_is_no_prior_says_so(content: bytes) -> None:
    with pytest.raises(InputError, match="no prior"):
        decode(content)


def test_a_file_that_is_too_large_is_not_read() -> None:
    with pytest.raises(InputError, match="5 MB"):
        decode(b" " * (LARGEST_BYTES + 1))


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_end_in_a_sentence(content: bytes) -> None:
    with pytest.raises(InputError):
        decode(content)


@given(st.data())
def test_a_damaged_file_is_read_or_refused(data: st.DataObject) -> None:
    content = bytearray(encode(PRIOR))
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(InputError):
        decode(bytes(content))

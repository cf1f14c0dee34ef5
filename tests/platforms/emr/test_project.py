"""How a project says which runs are its own."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.errors import InputError, PlatformError, UnknownProject
from setpoint.platforms.emr import EmrProject
from setpoint.platforms.emr.clusters import belongs
from setpoint.platforms.emr.store import Store

NAMES = st.sampled_from(["nightly", "nightly-2026-01-31", "nightly run 7", "weekly", ""])


@given(name=NAMES, tag=st.sampled_from(["p-1", "p-2", None]), key=st.sampled_from(["setpoint:project", "other"]))
def test_all_that_is_asked_for_must_fit(name: str, tag: str | None, key: str) -> None:
    tags = {} if tag is None else {key: tag}
    has_name = name.startswith("nightly")
    has_tag = tag == "p-1" and key == "setpoint:project"
    given = {"region": "us-east-1"}
    assert belongs(EmrProject(name="nightly", **given), name, tags) is has_name  # type: ignore[arg-type]
    assert belongs(EmrProject(tag="p-1", **given), name, tags) is has_tag  # type: ignore[arg-type]
    both = EmrProject(tag="p-1", name="nightly", **given)  # type: ignore[arg-type]
    assert belongs(both, name, tags) is (has_name and has_tag)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"region": ""}, "region"),
        ({"name": None}, "tag or a name"),
        ({"event_logs": "hdfs:///logs"}, "no URL in S3"),
        ({"resize": True, "application": "00abc"}, "resized"),
        ({"resize": True, "template": "x.json"}, "resized"),
    ],
)
def test_what_cannot_be_is_said(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        EmrProject(**({"region": "us-east-1", "name": "nightly"} | wrong))  # type: ignore[arg-type]


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    project = EmrProject(region="us-east-1", name="nightly", step="count", event_logs="s3://logs/x/")
    store.register("b", project)
    store.register("a", project)
    assert Store(tmp_path).project("a") == project
    assert store.projects() == ("a", "b")
    with pytest.raises(UnknownProject, match="c"):
        store.project("c")
    with pytest.raises(InputError, match="project name"):
        store.project("../c")
    (tmp_path / "emr" / "a" / "project.json").write_text("{}")
    with pytest.raises(PlatformError, match="damaged"):
        store.project("a")

"""Decisions in words."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.cli.conftest import Said
from tests.cli.ledgers import fill
from tests.service.story import START, WIDE, Story, whole_story

from setpoint.cli.explain import explain_decision
from setpoint.core.domain import Cost, CostPart, Hold, Recommendation, Rollback
from setpoint.core.history import Applied, Decided, Disturbed, GoalSet, Registered, RunRecorded

Setpoint = Callable[..., Said]
ENTRIES = whole_story()
DECISIONS = [entry for entry in ENTRIES if isinstance(entry, Decided)]


@pytest.mark.parametrize("number", range(1, len(DECISIONS) + 1))
def test_every_decision_is_explained(number: int) -> None:
    text = "\n".join(explain_decision("orders", ENTRIES, number))
    decided = DECISIONS[number - 1]
    assert f"Decision {number} of {len(DECISIONS)} for orders" in text
    assert f"Goal        {decided.goal}" in text
    assert f"({decided.after_run}) on " in text
    assert "Current     " in text
    assert "Refused     2 slots · 1 GiB" in text
    assert "because it would miss the goal in most of the runs" in text
    assert "risk of a miss" in text
    assert "running out of memory 0.2%" in text
    assert "Considered  15 specs; a miss may happen in 5% of the runs" in text
    assert decided.decision.reason in text
    verb = {Hold: "hold", Recommendation: "change", Rollback: "roll back"}[type(decided.decision)]
    assert f"Decision    {verb}: " in text
    was_applied = any(isinstance(entry, Applied) and entry.decision_id == decided.id for entry in ENTRIES)
    assert ("was put in place" in text) is was_applied
    assert ("Chosen      " in text) is (decided.decision.assessment.chosen is not None)


@pytest.mark.parametrize("number", range(1, len(DECISIONS) + 1))
def test_every_dollar_has_its_label_and_its_parts(number: int) -> None:
    lines = list(explain_decision("orders", ENTRIES, number))
    priced = [line for line in lines if re.match(r"(Measured|Current|Chosen|Refused) ", line)]
    assert all(re.search(r"\$[0-9.]+ \((list-estimated|modelled)\)", line) for line in priced)
    cores = [line for line in lines if line.startswith(" " * 12 + "cores ")]
    memory = [line for line in lines if line.startswith(" " * 12 + "memory ")]
    assert len(cores) == len(memory) == len(priced)
    assert all("vCPU-hours at $0.0526" in line and "your rate, an example" in line for line in cores)
    assert lines[-1] == (
        "Costs       list-estimated: from measured use and list prices. modelled: from a model, not measured. "
        "Not counted: disks, stored data, network traffic, support, taxes."
    )


def test_what_version_1_did_not_record_is_not_shown() -> None:
    recorded = ENTRIES[2]
    assert isinstance(recorded, RunRecorded)
    old = Cost((CostPart("vcpu", "vcpu", None, "vCPU-hours", 0.02),), "list-estimated")
    entries = (*ENTRIES[:2], RunRecorded(replace(recorded.run, cost=old), recorded.at), ENTRIES[3])
    assert f"{'':12}cores  $0.0200" in explain_decision("orders", entries, 1)


def test_as_json_it_has_the_parts(setpoint: Setpoint, home: Path) -> None:
    fill(home, "orders", ENTRIES)
    answer = json.loads(setpoint("explain", "orders", "3", "--json").out)
    assert (answer["number"], answer["of"], answer["action"]) == (3, len(DECISIONS), "recommendation")
    assert answer["weighed"].keys() == answer["costs"].keys() == {"current", "chosen", "refused"}
    for cost in (answer["run"]["cost"], *answer["costs"].values()):
        assert [part["kind"] for part in cost["parts"]] == ["vcpu", "memory"]
        assert cost["total_dollars"] == pytest.approx(sum(part["dollars"] for part in cost["parts"]))
    assert (answer["run"]["cost"]["label"], answer["costs"]["chosen"]["label"]) == ("list-estimated", "modelled")


def test_disturbances_and_failures_are_told() -> None:
    whole = ["\n".join(explain_decision("orders", ENTRIES, number)) for number in range(1, len(DECISIONS) + 1)]
    for disturbed in (entry for entry in ENTRIES if isinstance(entry, Disturbed)):
        assert sum(f"Disturbance {disturbed.kind}: {disturbed.detail}" in text for text in whole) == 1
    failed = next(text for text in whole if "fault: memory" in text)
    assert "java.lang.OutOfMemoryError: Java heap space" in failed


def test_a_prediction_is_held_against_what_happened() -> None:
    texts = ["\n".join(explain_decision("orders", ENTRIES, number)) for number in range(2, len(DECISIONS) + 1)]
    assert sum("it lies inside" in text for text in texts) > len(texts) / 2


def test_what_is_shown_only_is_not_said_to_be_done() -> None:
    story = Story().begin().run().change(WIDE, "nothing allowed reaches the goal", applied=False)
    assert "Done        not applied: it does not reach the goal" in explain_decision("p", tuple(story.entries), None)


def test_without_a_number_it_is_the_last(setpoint: Setpoint, home: Path) -> None:
    fill(home, "orders", ENTRIES)
    last = setpoint("explain", "orders")
    assert (last.exit_code, last.err) == (0, "")
    assert last.out == setpoint("explain", "orders", str(len(DECISIONS))).out
    assert last.out != setpoint("explain", "orders", "1").out
    for number in ("0", "-1", str(len(DECISIONS) + 1)):
        said = setpoint("explain", "orders", "--", number)
        assert (said.exit_code, said.out) == (65, "")
        assert said.err == f"setpoint: orders has decisions 1 to {len(DECISIONS)}, there is no {number}.\n"


def test_an_unknown_project_is_told_which_are_known(setpoint: Setpoint, home: Path) -> None:
    nobody = setpoint("explain", "nobody")
    assert nobody.exit_code == 66
    assert "known projects: none yet" in nobody.err
    fill(home, "orders", ENTRIES)
    assert "known projects: orders" in setpoint("explain", "nobody").err


def test_a_project_without_decisions(setpoint: Setpoint, home: Path) -> None:
    fill(home, "young", ENTRIES[:1])
    said = setpoint("explain", "young")
    assert said.exit_code == 65
    assert "Nothing has been decided for young yet" in said.err


def test_words_in_brackets_are_no_markup(setpoint: Setpoint, home: Path) -> None:
    story = Story().begin().run().hold("the owner wrote [/red] and [bold]")
    fill(home, "odd", story.entries)
    assert "the owner wrote [/red] and [bold]" in setpoint("explain", "odd").out


def test_a_goal_of_another_version_is_a_clear_error() -> None:
    registered = ENTRIES[0]
    assert isinstance(registered, Registered)
    strange = Decided("1", "", "minimise happiness", WIDE, DECISIONS[0].decision, START)
    entries = (registered, GoalSet("minimise happiness", "auto", START), strange)
    with pytest.raises(Exception, match="unknown metric"):
        list(explain_decision("p", entries, None))


def test_past_predictions_are_graded(setpoint: Setpoint, home: Path) -> None:
    fill(home, "orders", ENTRIES)
    text = "\n".join(explain_decision("orders", ENTRIES, len(DECISIONS)))
    graded = re.search(r"^Graded      90 % intervals held (\d+) of (\d+) \(\d+ %\)$", text, re.MULTILINE)
    assert graded is not None
    grades = json.loads(setpoint("explain", "orders", "--json").out)["grades"]
    assert (grades["held"][-1], grades["predictions"]) == (int(graded[1]), int(graded[2]))
    assert grades["risks"]

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.policies.document import MOST_BYTES
from setpoint.core.policies.policy import Budget, Policy, Selection, Subject
from setpoint.core.policies.reading import read_policies
from setpoint.core.policies.rules import restrictions_of
from setpoint.errors import PolicyError


def read(text: str) -> tuple[Policy, ...]:
    return read_policies([("p.yml", text.encode())])


def one(text: str) -> Policy:
    (policy,) = read(text)
    return policy


def test_a_policy_says_all_it_can() -> None:
    policy = one(
        """
name: nightly
priority: 10
select: {name: [nightly-*, hourly-*], owner: data, platform: spark, tags: {tier: gold}}
except: {name: nightly-legacy}
goal: minimise cost; runtime p95 <= 1h
mode: auto
restrictions:
  windows: ["0 20 * * 1-5 for 4h in Europe/Berlin"]
  freezes: [2026-12-20 to 2027-01-06]
  pins: {slots: 8}
  allow: {memory: [4g, 8g]}
  deny: {partitions: 1-7}
  exploration: 20$/month
  explore_until: 2026-12-01
  trials: 10 %
budget: cost <= 500$/day
spend_on: time
weight: 2
overridable: [mode, freezes]
"""
    )
    assert (policy.name, policy.priority, policy.mode, policy.weight) == ("nightly", 10, "auto", 2.0)
    assert policy.place == "p.yml:2:7"
    assert [clause.field for clause in policy.clauses] == ["minimise", "runtime limit"]
    assert policy.budget == Budget("cost", 500.0, "time", "cost <= 500$/day")
    assert policy.overridable == {"mode", "freezes"}
    found = restrictions_of(policy.rules)
    assert (found.pins, found.allow, found.deny) == (("slots 8",), ("memory 4g", "memory 8g"), ("partitions 1-7",))
    assert (found.exploration_dollars_per_month, found.trials) == (20.0, "10 %")
    assert found.explore_until is not None
    assert found.explore_until.isoformat() == "2026-12-01T00:00:00+00:00"
    assert str(policy.selection) == "name nightly-* or hourly-*, owner data, platform spark, tag tier gold"
    legacy = Subject("nightly-legacy", "spark", "data", (("tier", "gold"),))
    assert policy.selection.selects(legacy)
    assert not policy.governs(legacy)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []),
        ("---\n---\n", []),
        ("policies:\n", []),
        ("policies: []", []),
        ("- {name: a, select: all}\n- {name: b, select: all}", ["a", "b"]),
        ("policies: [{name: b, select: all}]\n---\nname: a\nselect: all", ["a", "b"]),
    ],
)
def test_a_file_holds_none_one_or_many(text: str, names: list[str]) -> None:
    assert [policy.name for policy in read(text)] == names


@pytest.mark.parametrize(
    ("budget", "per_day"),
    [
        ("cost <= 7$ / week", 1.0),
        ("cost < 487 $ per month", 16.0),
        ("cost ≤ 0.5$/day", 0.5),
        ("cost <= 365.25$/year", 1.0),
    ],
)
def test_budgets_are_per_day(budget: str, per_day: float) -> None:
    found = one(f"name: a\nselect: all\nbudget: {budget}").budget
    assert found is not None
    assert found.bound_per_day == pytest.approx(per_day)


WRONG = [
    ("name: a\nselect: all\ngaol: x", "p.yml:3:1", "“gaol”: unknown key; did you mean goal?"),
    ("name: a\nselect: all\nxyz: x", "p.yml:3:1", "known are name, priority"),
    ("name: a b\nselect: all", "p.yml:1:7", "“a b”"),
    ("name: a", "p.yml:1:1", "select"),
    ("name: a\nselect:", "p.yml:2:8", "`all` is expected"),
    ("name: a\nselect: {}", "p.yml:2:9", "no condition"),
    ("name: a\nselect: {nme: x}", "p.yml:2:10", "did you mean name?"),
    ("name: a\nselect: {tags: x}", "p.yml:2:16", "tags: {team: sales}"),
    ("name: a\nselect: {name: []}", "p.yml:2:16", "it is empty"),
    ("name: a\nselect: {name: }", "p.yml:2:15", "nothing is written"),
    ("name: a\nselect: {name: [{}]}", "p.yml:2:17", "one word is expected"),
    ("name: a\nselect: all\ngoal: runtme <= 1h", "p.yml:3:7", "runtme"),
    ("name: a\nselect: all\ngoal: [x]", "p.yml:3:7", "a goal is text"),
    ("name: a\nselect: all\ngoal: runtime <= 1h; runtime <= 2h", "p.yml:3:7", "twice"),
    ("name: a\nselect: all\nmode: wild", "p.yml:3:7", "“wild”: a mode is one of observe"),
    ("name: a\nselect: all\npriority: high", "p.yml:3:11", "“high”: priority is a whole number"),
    ("name: a\nselect: all\nweight: 0", "p.yml:3:9", "“0”"),
    ("name: a\nselect: all\nweight: nan", "p.yml:3:9", "“nan”"),
    ("name: a\nselect: all\nbudget: 500$", "p.yml:3:9", "cost <= 500$/day"),
    ("name: a\nselect: all\nbudget: runtime <= 1h/day", "p.yml:3:9", "not of runtime"),
    ("name: a\nselect: all\nbudget: cost <= lots/day", "p.yml:3:9", "“lots”"),
    ("name: a\nselect: all\nbudget: cost <= 5$/run", "p.yml:3:9", "“run” is no period"),
    ("name: a\nselect: all\nspend_on: time", "p.yml:3:1", "has none"),
    ("name: a\nselect: all\nbudget: cost <= 5$/day\nspend_on: beer", "p.yml:4:11", "“beer”"),
    ("name: a\nselect: all\noverridable: [mode, colour]", "p.yml:3:21", "“colour”"),
    ("name: a\nselect: all\nrestrictions: x", "p.yml:3:15", "a mapping of restrictions"),
    ("name: a\nselect: all\nrestrictions: {windows: nights}", "p.yml:3:25", "“nights”"),
    ("name: a\nselect: all\nrestrictions: {freezes: 2026-02-30 to 2026-03-01}", "p.yml:3:25", "2026-02-30 is no date"),
    ("name: a\nselect: all\nrestrictions: {pins: 8}", "p.yml:3:22", "{slots: 8}"),
    ("name: a\nselect: all\nrestrictions: {pins: {wheels: 8}}", "p.yml:3:23", "known are slots"),
    ("name: a\nselect: all\nrestrictions: {exploration: [[1]]}", "p.yml:3:29", "20$/month"),
    ("policies: x", "p.yml:1:11", "a list of policies"),
    ("policies: []\nname: a", "p.yml:2:1", "nothing else"),
    ("- 7", "p.yml:1:3", "a policy is a mapping"),
    ("name: a\nname: b", "p.yml:2:1", "it stands here twice; before at p.yml:1:1"),
    ("? [a]\n: b", "p.yml:1:3", "a key is a word"),
    ("name: &x a", "p.yml:1:7", "“&x”: anchors"),
    ("name: *x", "p.yml:1:7", "“*x”: anchors"),
    ("name: !!python/object:os.system a", "p.yml:1:7", "tags are not taken"),
    ("name: [a", "p.yml:1:9", "expected ',' or ']'"),
    ("name: 'a", "p.yml:1:9", "end of stream"),
    ("a: b: c", "p.yml:1:5", "mapping values are not allowed"),
    ("\tname: a", "p.yml:1:1", "cannot start any token"),
    ("[" * 40, "p.yml:1:13", "nested more than 12 deep"),
    ("[" + "1," * 30_000 + "]", "p.yml:1:", "more than 20,000 values"),
    ("name: a\nx: \x07", "p.yml:2", "a character that YAML does not allow"),
]


@pytest.mark.parametrize(("text", "place", "problem"), WRONG, ids=[str(number) for number in range(len(WRONG))])
def test_what_is_wrong_is_named_with_its_place_and_word(text: str, place: str, problem: str) -> None:
    with pytest.raises(PolicyError) as raised:
        read(text)
    said = str(raised.value)
    assert said.startswith(place), said
    assert problem in said


def test_a_file_that_is_too_large_or_no_text_is_refused() -> None:
    with pytest.raises(PolicyError, match="split it"):
        read("#" * (MOST_BYTES + 1))
    with pytest.raises(PolicyError, match=r"p.yml:2: .*UTF-8"):
        read_policies([("p.yml", b"a: b\n\xff")])


def test_there_are_at_most_a_thousand_policies() -> None:
    lines = "\n".join(f"- {{name: a{number}, select: all}}" for number in range(1001))
    with pytest.raises(PolicyError, match="more than 1,000"):
        read(lines)


def test_a_bomb_of_anchors_does_not_go_off() -> None:
    bomb = "a: &a [x,x]\n" + "".join(f"{b}: &{b} [*{a},*{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    with pytest.raises(PolicyError, match="anchors"):
        read(bomb)


def test_two_policies_of_one_name_are_an_error_that_names_both() -> None:
    files = [("one.yml", b"name: same\nselect: all"), ("two.yml", b"\nname: same\nselect: all")]
    with pytest.raises(PolicyError, match=r"“same”, at one.yml:1:7 and two.yml:2:7"):
        read_policies(files)


def refusal_of(content: bytes) -> str:
    try:
        read_policies([("p.yml", content)])
    except PolicyError as error:
        return str(error)
    return "p.yml is fine"


@given(st.text(alphabet=string.printable + "ä*&!\u2028\x00", max_size=60))
def test_whatever_is_written_ends_in_policies_or_a_clear_error(text: str) -> None:
    assert refusal_of(text.encode()).startswith("p.yml")


@given(st.binary(max_size=60))
def test_whatever_bytes_there_are_end_so_too(content: bytes) -> None:
    assert refusal_of(content).startswith("p.yml")


def test_a_name_is_more_specific_than_any_tags() -> None:
    named = Selection((("name", ("nightly",)),))
    tagged = Selection(tuple((f"tag {number}", ("x",)) for number in range(20)))
    pattern = Selection((("name", ("night*",)),))
    assert named.specificity > tagged.specificity > pattern.specificity > Selection().specificity == 0
    assert str(Selection()) == "every project"

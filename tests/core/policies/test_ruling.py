from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st
from tests.core.made import START

from setpoint.core.history import Entry, GoalSet, Restricted
from setpoint.core.policies.policy import Policy, Subject
from setpoint.core.policies.reading import read_policies
from setpoint.core.policies.rules import restrictions_of, rules_of
from setpoint.core.policies.ruling import Ruled, rule
from setpoint.core.policies.standing import Wanted, standing_of
from setpoint.core.restrictions import Restrictions

NIGHTLY = Subject("nightly", "spark", "data", (("team", "sales"), ("tier", "gold")))
OWN = Wanted("minimise cost; runtime <= 2h", "auto")


def written(*lines: str) -> tuple[Policy, ...]:
    return read_policies([("p.yml", "\n".join(f"- {{name: {line}}}" for line in lines).encode())])


def ruled(*lines: str, own: Wanted = OWN) -> Ruled:
    return rule(NIGHTLY, own, written(*lines))


def source(found: Ruled, field: str) -> str:
    (sources,) = [each.sources for each in found.rulings if each.field == field]
    return " ".join(sources)


def test_fields_come_from_different_policies_and_the_project() -> None:
    found = ruled(
        "night, select: {name: night*}, goal: runtime <= 1h",
        "house, select: all, mode: observe, goal: minimise runtime, overridable: [mode]",
    )
    assert [str(each) for each in found.rulings] == [
        "minimise from policy house: minimise runtime",
        "runtime limit from policy night: runtime <= 1h",
        "mode from project: auto",
    ]
    assert found.settings == Wanted("minimise runtime; runtime <= 1h", "auto", (), "night, house", "")
    assert [policy.name for policy in found.policies] == ["night", "house"]
    assert dict(found.rulings[1].beaten) == {"": "policy night is not overridable"}


def test_priority_counts_before_specificity_and_specificity_before_the_name() -> None:
    by_priority = ruled("a, select: {name: nightly}, mode: auto", "z, select: all, priority: 1, mode: observe")
    assert source(by_priority, "mode") == "z"
    assert dict(by_priority.rulings[-1].beaten)["a"] == "priority 0 is below 1"
    by_points = ruled("a, select: {owner: data}, mode: auto", "z, select: {name: nightly}, mode: observe")
    assert source(by_points, "mode") == "z"
    assert "2 points, 102 win" in dict(by_points.rulings[-1].beaten)["a"]
    by_name = ruled("z, select: {owner: data}, mode: auto", "a, select: {platform: spark}, mode: observe")
    assert source(by_name, "mode") == "a"
    assert "alphabet" in dict(by_name.rulings[-1].beaten)["z"]


LINES = (
    "a, select: all, mode: auto, goal: minimise cost",
    "b, select: {tags: {team: sales}}, mode: observe, overridable: true",
    "c, select: {tags: {tier: [gold, silver]}, owner: d*}, priority: 3, goal: runtime <= 1h, overridable: [goal]",
    "d, select: {platform: emr}, mode: auto",
)


def test_the_order_of_policies_does_not_matter() -> None:
    found = {rule(NIGHTLY, OWN, order) for order in permutations(written(*LINES))}
    assert len(found) == 1


@given(st.sets(st.sampled_from(LINES)), st.sampled_from([OWN, Wanted(), Wanted("cost <= 3$", "observe")]))
def test_a_project_s_own_setting_stands_only_where_all_that_set_the_field_allow_it(
    lines: set[str], own: Wanted
) -> None:
    found = rule(NIGHTLY, own, written(*sorted(lines)))
    for each in found.rulings:
        setting = [policy for policy in found.policies if each.field in _fields(policy)]
        group = each.field if each.field == "mode" else "goal"
        if "" in each.sources:
            assert all(group in policy.overridable for policy in setting)
        else:
            assert each.sources == (setting[0].name,)
    if not lines:
        assert found.settings == own


def _fields(policy: Policy) -> set[str]:
    return {clause.field for clause in policy.clauses} | ({"mode"} if policy.mode else set())


def test_what_forbids_adds_up_and_what_allows_does_not() -> None:
    own = Wanted(rules=(("exploration", ("9$/month",)), ("freezes", ("0 0 1 * * for 1d",))))
    found = ruled(
        "a, select: all, priority: 1, restrictions: {freezes: 2026-12-20 to 2027-01-06, windows: 0 1 * * * for 2h}",
        "b, select: all, restrictions: {freezes: 2026-11-20 to 2026-11-30, windows: 0 5 * * * for 2h}",
        own=own,
    )
    said = dict(found.settings.rules)
    assert said["freezes"] == ("2026-12-20 to 2027-01-06", "2026-11-20 to 2026-11-30", "0 0 1 * * for 1d")
    assert said["windows"] == ("0 1 * * * for 2h",)
    assert said["exploration"] == ("9$/month",)
    assert found.settings.rules_origin == "a, b"
    assert found.settings.goal_origin == ""


def test_a_policy_without_a_say_leaves_all_to_the_project() -> None:
    assert ruled("a, select: {name: weekly}, mode: observe").settings == OWN
    assert ruled("a, select: all").settings == OWN


def test_tags_owner_and_platform_select() -> None:
    for condition in ("tags: {team: sales}", "tags: {tier: '[gs]*'}", "owner: data", "platform: [emr, spark]"):
        assert ruled(f"a, select: {{{condition}}}, mode: observe").policies
    for condition in ("tags: {team: ops}", "tags: {crew: '*'}", "owner: ops", "platform: emr", "name: NIGHTLY"):
        assert not ruled(f"a, select: {{{condition}}}, mode: observe").policies


def test_restrictions_come_back_as_they_were() -> None:
    full = restrictions_of(
        (
            ("explore_until", ("2026-12-01",)),
            ("exploration", ("20$/month",)),
            ("pins", ("slots 8",)),
            ("trials", ("10 %",)),
        )
    )
    assert restrictions_of(rules_of(full)) == full
    assert rules_of(Restrictions()) == ()


def test_what_the_owner_set_is_remembered_under_a_policy() -> None:
    pinned = Restrictions(pins=("slots 8",))
    entries: list[Entry] = [
        GoalSet("minimise cost", "auto", START),
        Restricted(pinned, START),
        GoalSet("runtime <= 1h", "observe", START, origin="house"),
        Restricted(Restrictions(), START, "house"),
    ]
    standing = standing_of(entries)
    assert standing.own == Wanted("minimise cost", "auto", (("pins", ("slots 8",)),))
    assert standing.present == Wanted("runtime <= 1h", "observe", (), "house", "house")


def test_of_modes_by_kind_the_lower_of_policy_and_project_stands() -> None:
    policies = read_policies(
        [
            ("a.yml", b"name: a\nselect: all\npriority: 1\nrestrictions: {modes: {rescue: approve, memory: auto}}\n"),
            ("b.yml", b"name: b\nselect: all\nrestrictions: {modes: {rescue: auto}}\n"),
        ]
    )
    own = Wanted("minimise cost", "auto", (("modes", ("scale down propose", "memory shadow", "rescue auto")),))
    found = next(it for it in rule(Subject("p", "spark"), own, policies).rulings if it.field == "modes")
    assert found.value == ("scale down propose", "memory shadow", "rescue approve")
    assert found.sources == ("a", "")
    assert [name for name, _ in found.beaten] == ["b"]


def test_what_a_project_says_more_strictly_stands() -> None:
    text = b"name: a\nselect: all\nrestrictions:\n  exploration: 20$/month\n  explore_until: 2026-06-01\n"
    text += b"  reruns: harmless\n"
    policies = read_policies([("a.yml", text)])
    strict = (("exploration", ("5$/month",)), ("explore_until", ("2026-05-01",)), ("reruns", ("harmful",)))
    loose = (("exploration", ("50$/month",)), ("explore_until", ("2026-07-01",)), ("reruns", ("harmless",)))
    for own, winner in ((strict, ""), (loose, "a")):
        rulings = rule(Subject("p", "spark"), Wanted("minimise cost", "auto", own), policies).rulings
        said = [it for it in rulings if it.field in dict(own)]
        assert {it.sources for it in said} == {(winner,)}
        assert all("stricter" in why for it in said for name, why in it.beaten if name == "a")

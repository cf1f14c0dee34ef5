"""Random lives under control: every decision comes out identical again, nothing is done against a word."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.loop.world import PRICES, PROJECT, SPACE, World, world

from setpoint.by_hand import approve, roll_back
from setpoint.core.autonomy.ladder import KINDS, MODES, kinds_of, mode_of
from setpoint.core.domain import Assessment, ClusterSpec, Hold, Phase, Recommendation
from setpoint.core.history import Applied, Decided, Mode, Restricted, fold
from setpoint.core.prediction import Lessons
from setpoint.core.pricebook import PriceBook
from setpoint.core.restrictions import Restrictions, forbidden
from setpoint.core.verification import Verified, verify
from setpoint.core.windows import closed
from setpoint.errors import Conflict, InputError
from setpoint.testing.plant import START, Physics

MODE_TEXTS = tuple(f"{kind} {mode}" for kind in KINDS for mode in MODES)
limits = st.builds(
    Restrictions,
    pins=st.sampled_from([(), ("slots 16",), ("memory 8g",)]),
    deny=st.sampled_from([(), ("slots 8",)]),
    windows=st.sampled_from([(), ("0 0 * * 1-5 for 1d",)]),
    freezes=st.sampled_from([(), ("2026-01-03 to 2026-01-06 because of the audit",)]),
    rescues=st.sampled_from(["", "any time"]),
    modes=st.lists(st.sampled_from(MODE_TEXTS), max_size=2, unique_by=lambda it: it.rpartition(" ")[0]).map(tuple),
    reruns=st.sampled_from(["", "harmful"]),
)
NIGHTS = ("run", "run", "run", "run", "grow", "code", "fail", "theirs", "approve", "back", "word", "goal")
lives = st.lists(st.sampled_from(NIGHTS), min_size=4, max_size=9)


def live(made: World, happening: str, asked: Restrictions) -> None:
    """One night, and what happens before it."""
    match happening:
        case "grow":
            made.change_physics(input_scale=made.plant.physics.input_scale * 1.6)
        case "code":
            made.change_physics(code_version=made.plant.physics.code_version + 1, cpu_seconds=16.0)
        case "theirs":
            made.plant.apply(PROJECT, ClusterSpec.local(12, 8192), expect=made.spec)
        case "word":
            made.loop.ledger.append(PROJECT, Restricted(asked, made.plant.clock()))
        case "goal":
            made.loop.set_goal(PROJECT, "minimise cost; runtime <= 22s", made.state.history.goal.mode)  # type: ignore[union-attr]
        case "approve" | "back":
            by_person(made, happening)
        case _:
            pass
    made.night(error="boom" if happening == "fail" else None)


def by_person(made: World, happening: str) -> None:
    try:
        if happening == "approve":
            approve(made.loop, PROJECT, None, "ada")
        else:
            roll_back(made.loop, PROJECT, None, "ada", "")
    except (Conflict, InputError):
        pass  # there was nothing to approve, or to go back to


def verified(made: World, *, prices: Sequence[PriceBook] = (PRICES,)) -> list[Verified]:
    return list(verify(made.written, prices, lambda _: ()))


@given(lives, limits, st.sampled_from(MODES), st.integers(0, 50))
@settings(max_examples=14)
def test_decisions_replay_identically_and_nothing_is_applied_against_a_word(
    happenings: list[str], asked: Restrictions, mode: Mode, seed: int
) -> None:
    made = world("minimise cost", Physics(noise=0.08), seed=seed, mode=mode)
    for happening in happenings:
        live(made, happening, asked)
    assert {each.verdict for each in verified(made)} <= {"identical"}
    decisions = {entry.id: entry for entry in made.written if isinstance(entry, Decided)}
    for place, entry in enumerate(made.written):
        if isinstance(entry, Applied):
            keeps_to_its_word(made, place, entry, decisions[entry.decision_id])


def keeps_to_its_word(made: World, place: int, applied: Applied, decided: Decided) -> None:
    history = fold(made.written[:place])
    assert history is not None
    if not isinstance(decided.decision, Recommendation):
        return
    rescue = decided.decision.rescue
    mode = mode_of(history, kinds_of(decided.based_on, applied.spec, is_rescue=rescue))
    assert mode == "auto" or (mode == "approve" and decided.id in history.approved)
    assert forbidden(history.restrictions, applied.spec) is None
    assert closed(history.restrictions, applied.at, is_rescue=rescue) is None
    assert applied.spec.slots in SPACE.slots
    assert applied.spec.task_memory_mib in SPACE.task_memory_mib


def test_what_is_not_at_hand_is_named() -> None:
    made = world("minimise cost")
    made.nights(3)
    dearer = PriceBook.of_cores(0.1, 0.01, "another list")
    assert {each.verdict for each in verified(made, prices=(dearer,))} == {"not at hand"}
    assert "prices" in verified(made, prices=(dearer,))[0].detail
    assert {each.verdict for each in verified(made, prices=(dearer, PRICES))} == {"identical"}
    taught = world("minimise cost")
    taught.loop = type(taught.loop)(
        taught.plant, taught.loop.ledger, PRICES, taught.plant.clock, lambda *_: Lessons(noise=0.2)
    )
    taught.nights(3)
    assert "other projects" in verified(taught)[-1].detail
    again = verify(taught.written, (PRICES,), lambda _: (Lessons(noise=0.2),))
    assert {each.verdict for each in again} == {"identical"}


def test_what_comes_out_differently_is_told() -> None:
    made = world("minimise cost")
    made.nights(2)
    place, decided = next((p, e) for p, e in enumerate(made.written) if isinstance(e, Decided))
    forged = replace(decided, decision=Hold("it was nothing", Assessment(Phase.LEARNING)))
    found = next(iter(verify((*made.written[:place], forged), (PRICES,), lambda _: ())))
    assert (found.verdict, found.detail[:26]) == ("different", "now it would be recommenda")
    old = replace(decided, basis="")
    assert next(iter(verify((*made.written[:place], old), (PRICES,), lambda _: ()))).verdict == "not at hand"
    lost = next(iter(verify((decided,), (PRICES,), lambda _: ())))
    assert (lost.verdict, lost.detail) == ("not at hand", "the entries before it come to no project")


def test_a_slower_tick_that_wrote_later_is_verified_on_what_it_saw() -> None:
    made = world("minimise cost")
    made.nights(3)
    entries = list(made.written)
    last = max(place for place, entry in enumerate(entries) if isinstance(entry, Decided))
    late = Restricted(Restrictions(), START + timedelta(days=99))
    entries.insert(last, late)
    assert [each.verdict for each in verify(entries, (PRICES,), lambda _: ())][-1] == "identical"

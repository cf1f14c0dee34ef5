"""What was said before the first run becomes the entries with which a history begins; anything else is passed over."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.history import Described, Restricted
from setpoint.core.restrictions import Restrictions
from setpoint.core.said_before import said_before, said_rules

AT = datetime(2026, 11, 1, tzinfo=UTC)
ODD = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5), lambda inner: st.dictionaries(st.text(max_size=5), inner)
)


def test_nothing_said_is_no_entry() -> None:
    assert said_before({}, AT) == ()
    assert said_before({"goal": "minimise cost", "rules": {}, "described": None}, AT) == ()


def test_rules_and_description_are_one_entry_each() -> None:
    settings = {
        "rules": {"freezes": ["2026-12-20 to 2027-01-06"], "modes": ["rescue auto"], "trials": ["3"]},
        "described": {"owner": "ada", "tags": {"team": "sales"}, "is_idempotent": False},
    }
    limits = Restrictions(freezes=("2026-12-20 to 2027-01-06",), modes=("rescue auto",), trials="3")
    described = Described("ada", (("team", "sales"),), AT, is_idempotent=False)
    assert said_before(settings, AT) == (Restricted(limits, AT), described)


@given(ODD)
def test_settings_of_another_kind_say_no_rules(odd: object) -> None:
    names = {name for name, _ in said_rules({"rules": odd})}
    assert names <= set(odd if isinstance(odd, dict) else ())

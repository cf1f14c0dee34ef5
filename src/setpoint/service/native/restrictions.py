"""Freezes and restrictions of a project: what may not be done to it, and when."""

from collections.abc import Mapping

from setpoint.core.policies.document import Lines, Table, Text, Value
from setpoint.core.policies.rules import Rules, rule_texts, rules_of
from setpoint.core.restrictions import restriction_words
from setpoint.service import acts
from setpoint.service.access import Asking, Caller, guarded_router
from setpoint.service.api.projects import OwnProject
from setpoint.service.rooms import Here, Rooms
from setpoint.service.wire.acts import RestrictionChange, RestrictionsTold
from setpoint.service.wire.control import Freeze, Frozen
from setpoint.service.wire.envelope import Result
from setpoint.store.rows import ProjectRow

__all__ = ["checked", "router"]

router = guarded_router("control")


@router.get("/v1/projects/{project_id}/freeze")
def get_freeze(project: OwnProject, asking: Asking, here: Here) -> Result[Frozen]:
    """When nothing may be changed."""
    return Result(result=_frozen(here, asking, project))


@router.put("/v1/projects/{project_id}/freeze")
def set_freeze(project: OwnProject, freeze: Freeze, asking: Asking, here: Here) -> Result[Frozen]:
    """Set when nothing may be changed; an empty list lifts what was set by hand. Freezes of policies stay."""
    kept = acts.restrict(here, asking, project, {"freezes": checked("freezes", freeze.freezes)}, "freeze set")
    return Result(result=_frozen(here, asking, kept))


@router.get("/v1/projects/{project_id}/restrictions")
def get_restrictions(project: OwnProject, asking: Asking, here: Here) -> Result[RestrictionsTold]:
    """What may not be chosen, tried and changed, and when; and who says so."""
    return Result(result=_told(here, asking, project))


@router.put("/v1/projects/{project_id}/restrictions")
def set_restrictions(
    project: OwnProject, change: RestrictionChange, asking: Asking, here: Here
) -> Result[RestrictionsTold]:
    """Limit what may be chosen, tried and changed. What a policy says stays: what forbids adds up."""
    given = {name: getattr(change, name) for name in RestrictionChange.model_fields if name in change.model_fields_set}
    said = {name: checked(name, value) for name, value in given.items()}
    kept = acts.restrict(here, asking, project, said) if said else project
    return Result(result=_told(here, asking, kept))


def checked(name: str, given: object) -> tuple[str, ...]:
    """A restriction as it is kept. Raises InputError where it cannot be read."""
    return () if not given else rule_texts(name, _value(name, given))


def _value(place: str, given: object) -> Value:
    if isinstance(given, Mapping):
        keys = {axis: Text(place, axis) for axis in given}
        return Table(place, keys, {axis: _value(f"{place}.{axis}", found) for axis, found in given.items()})
    if isinstance(given, list):
        return Lines(place, tuple(_value(place, each) for each in given))
    return Text(place, str(given))


def _frozen(here: Rooms, asking: Caller, project: ProjectRow) -> Frozen:
    own = dict(acts.own_rules(here, asking, project))
    restrictions, by = acts.restrictions_in_force(here, project)
    return Frozen(freezes=list(own.get("freezes", ())), in_force=list(restrictions.freezes), restricted_by=by)


def _told(here: Rooms, asking: Caller, project: ProjectRow) -> RestrictionsTold:
    restrictions, by = acts.restrictions_in_force(here, project)
    return RestrictionsTold(
        own=_as_lists(acts.own_rules(here, asking, project)),
        in_force=_as_lists(rules_of(restrictions)),
        restricted_by=by,
        words=list(restriction_words(restrictions)),
    )


def _as_lists(rules: Rules) -> dict[str, list[str]]:
    return {name: list(texts) for name, texts in rules}

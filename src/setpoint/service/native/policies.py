"""`/v1/policies`: goals, modes and restrictions of many projects at once."""

from typing import Any

from setpoint.core.policies.plan import PolicyPlan, ProjectPlan
from setpoint.errors import Conflict
from setpoint.governance import Governance
from setpoint.service.access import Asking, guarded_router
from setpoint.service.rooms import Here
from setpoint.service.wire.envelope import Result
from setpoint.service.wire.policies import (
    Applied,
    Plan,
    PlanApplied,
    PlanChange,
    PlanLine,
    PoliciesInForce,
    PolicyFiles,
    PolicyTold,
)

__all__ = ["router"]

router = guarded_router("policies")


@router.get("/v1/policies")
def get_policies(asking: Asking, here: Here) -> Result[PoliciesInForce]:
    """The policies in force, and how many projects each selects."""
    governance = here.governance(asking.account)
    last, selected = governance.in_force(), governance.selected()
    told = [
        PolicyTold(
            name=each.name, priority=each.priority, select=str(each.selection), projects=selected.get(each.name, 0)
        )
        for each in sorted(governance.policies(), key=lambda it: it.rank)
    ]
    files = {} if last is None else dict(last.documents)
    return Result(result=PoliciesInForce(digest=last.digest if last else None, files=files, policies=told))


@router.post("/v1/policies/plan")
def plan_policies(wanted: PolicyFiles, asking: Asking, here: Here) -> Result[Plan]:
    """Dry-run: what would change, what it would save, which projects cannot keep their goal."""
    return Result(result=Plan(**_plan_as_data(_planned(here.governance(asking.account), wanted))))


@router.post("/v1/policies/apply", openapi_extra={"x-refusals": ["409"]})
def apply_policies(wanted: PlanApplied, asking: Asking, here: Here) -> Result[Applied]:
    """Put policies in force. Once more with the same files changes nothing."""
    governance = here.governance(asking.account)
    found = _planned(governance, wanted)
    if wanted.digest is not None and wanted.digest != found.digest:
        raise Conflict(f"The plan is now {found.digest}: the projects or the files moved. Plan again.")
    changed = governance.apply(found)
    here.audit(asking, "policies applied", found.digest, after={"changed": changed, "files": sorted(wanted.files)})
    return Result(result=Applied(**_plan_as_data(found), changed=changed))


def _planned(governance: Governance, wanted: PolicyFiles) -> PolicyPlan:
    files = [(name, text.encode()) for name, text in sorted(wanted.files.items())]
    return governance.plan(files, is_quick=wanted.quick)


def _plan_as_data(plan: PolicyPlan) -> dict[str, Any]:
    return {
        "digest": plan.digest,
        "changing": len(plan.changing),
        "untouched": plan.untouched,
        "gone": list(plan.gone),
        "projects": [_line(each) for each in plan.projects],
    }


def _line(project: ProjectPlan) -> PlanLine:
    effect = project.effect
    return PlanLine(
        project=project.project,
        policies=list(project.policies),
        changes=[PlanChange(field=field, was=was, will=will) for field, was, will in project.changes],
        verdict=effect.verdict,
        reason=effect.reason,
        note=project.note,
        saving_per_day=effect.saving_per_day,
    )

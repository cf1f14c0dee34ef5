"""Who may do what in the emulated workspace: permissions of jobs, pools, policies, and who is signed in."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from setpoint.testing.databricks.answers import Json, Refused, missing
from setpoint.testing.databricks.workspace import ME, Workspace

__all__ = ["ACCESS_WAYS", "permissions_way"]

Way = Callable[[Workspace, Json], Json]
_PERMISSIONS = re.compile(r"permissions/jobs/(\d+)")
_WRITERS = ("CAN_MANAGE", "IS_OWNER")
_WHO = ("user_name", "group_name", "service_principal_name")


def permissions_way(method: str, name: str) -> Way | None:
    """How permissions of a job are read (GET) or added to (PATCH); None where the path is another."""
    found = _PERMISSIONS.fullmatch(name)
    if found is None or method not in {"GET", "PATCH"}:
        return None
    job_id = int(found[1])

    def answer(space: Workspace, asked: Json) -> Json:
        space.job(job_id)
        entries = space.permissions.setdefault(job_id, [{"user_name": ME, "permission_level": "IS_OWNER"}])
        if not any(_is_us(space, each) and each["permission_level"] in _WRITERS for each in entries):
            raise Refused(403, "PERMISSION_DENIED", f"{ME} does not have Manage permissions on {job_id}.")
        if method == "PATCH":
            for each in asked.get("access_control_list", []):
                entries[:] = [known for known in entries if _who(known) != _who(each)] + [each]
        told = [{_who(each)[0]: _who(each)[1], "all_permissions": [_level(each)]} for each in entries]
        return {"object_id": f"/jobs/{job_id}", "object_type": "job", "access_control_list": told}

    return answer


def _me(space: Workspace, _asked: Json) -> Json:
    groups = [{"display": name, "value": str(number)} for number, name in enumerate(space.groups, 1)]
    return {"id": "1", "userName": ME, "active": True, "groups": groups}


def _pool(space: Workspace, asked: Json) -> Json:
    name = str(asked.get("instance_pool_id"))
    if name not in space.pools:
        raise missing(f"Instance pool {name} does not exist.")
    return {"instance_pool_id": name, **space.pools[name]}


def _pools(space: Workspace, _asked: Json) -> Json:
    return {"instance_pools": [{"instance_pool_id": name, **each} for name, each in space.pools.items()]}


def _policy(space: Workspace, asked: Json) -> Json:
    name = str(asked.get("policy_id"))
    if name not in space.policies:
        raise missing(f"Cluster policy {name} does not exist.")
    return {"policy_id": name, **space.policies[name]}


def _compliance(space: Workspace, asked: Json) -> Json:
    said = space.violations.get(space.job(asked.get("job_id")).id, {})
    return {"is_compliant": not said, "violations": said}


def _zones(space: Workspace, _asked: Json) -> Json:
    return {"zones": [f"{space.region}{letter}" for letter in "abc"], "default_zone": f"{space.region}b"}


def _is_us(space: Workspace, entry: Json) -> bool:
    return _who(entry)[1] in {ME, *space.groups}


def _who(entry: Json) -> tuple[str, str]:
    return next((key, str(entry[key])) for key in _WHO if key in entry)


def _level(entry: Json) -> Json:
    return {"permission_level": entry["permission_level"], "inherited": False}


ACCESS_WAYS: Mapping[tuple[str, str], Way] = MappingProxyType(
    {
        ("GET", "preview/scim/v2/Me"): _me,
        ("GET", "instance-pools/get"): _pool,
        ("GET", "instance-pools/list"): _pools,
        ("GET", "policies/clusters/get"): _policy,
        ("GET", "policies/jobs/get-compliance"): _compliance,
        ("GET", "clusters/list-zones"): _zones,
    }
)
"""By method and the path behind `/api/2.x/`."""

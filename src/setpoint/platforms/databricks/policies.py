"""What to grant Setpoint in a workspace: bodies of the permissions API and statements of SQL; the docs show these."""

from typing import Any

from setpoint.platforms.rights import Scope

__all__ = ["POLICIES", "grants_of_billing", "grants_of_volume"]

Json = dict[str, Any]
_PRINCIPAL = "<application id>"
_SCHEMAS_OF_BILLING = ("billing", "compute", "lakeflow")


def _acl(level: str) -> Json:
    return {"access_control_list": [{"service_principal_name": _PRINCIPAL, "permission_level": level}]}


def grants_of_volume(catalog: str, schema: str, volume: str, principal: str = _PRINCIPAL) -> list[str]:
    """Statements that let logs be read in a volume of Unity Catalog.

    >>> grants_of_volume("ops", "logs", "spark", "ada@example.com")[-1]
    'GRANT READ VOLUME ON VOLUME `ops`.`logs`.`spark` TO `ada@example.com`'
    """
    return [
        f"GRANT USE CATALOG ON CATALOG `{catalog}` TO `{principal}`",
        f"GRANT USE SCHEMA ON SCHEMA `{catalog}`.`{schema}` TO `{principal}`",
        f"GRANT READ VOLUME ON VOLUME `{catalog}`.`{schema}`.`{volume}` TO `{principal}`",
    ]


def grants_of_billing(principal: str = _PRINCIPAL) -> list[str]:
    """Statements that let what was billed be read; who is metastore and account admin may make them."""
    verbs = [
        f"GRANT {privilege} ON SCHEMA `system`.`{schema}` TO `{principal}`"
        for schema in _SCHEMAS_OF_BILLING
        for privilege in ("USE SCHEMA", "SELECT")
    ]
    return [f"GRANT USE CATALOG ON CATALOG `system` TO `{principal}`", *verbs]


POLICIES: dict[Scope, Json] = {
    "read-only": {
        "PATCH /api/2.0/permissions/jobs/<job id>": _acl("CAN_VIEW"),
        "PATCH /api/2.0/permissions/instance-pools/<pool id>": _acl("CAN_ATTACH_TO"),
        "SQL, where logs are in a volume": grants_of_volume("<catalog>", "<schema>", "<volume>"),
        "SQL, where billed cost is wanted": grants_of_billing(),
    },
    "auto": {
        "PATCH /api/2.0/permissions/jobs/<job id>": _acl("CAN_MANAGE"),
        "PATCH /api/2.0/permissions/cluster-policies/<policy id>": _acl("CAN_USE"),
    },
}
"""With placeholders; `auto` comes on top of `read-only`. What is not used (pools, volumes, policies) needs no grant."""

"""`/v1/keys`: who may sign in. Admins only."""

from typing import Annotated

from fastapi import Path

from setpoint.errors import Conflict
from setpoint.service.access import ROLES, Asking, guarded_router
from setpoint.service.rooms import Here
from setpoint.service.wire.envelope import MOST_LINE, Result
from setpoint.service.wire.keys import Key, KeyMade, NewKey, Self
from setpoint.store.rows import KeyRow

__all__ = ["router"]

router = guarded_router("keys", reads="admin", writes="admin")
KeyId = Annotated[str, Path(description="Id of the key.", max_length=MOST_LINE, examples=["sp_4b1f0c"])]


@router.get("/v1/self", openapi_extra={"x-role": "viewer"})
def get_self(asking: Asking) -> Result[Self]:
    """Who the token belongs to."""
    return Result(result=Self(account=asking.account, key=asking.key, role=asking.role))


@router.get("/v1/keys")
def list_keys(asking: Asking, here: Here) -> Result[list[Key]]:
    """The account's keys, those that were revoked included."""
    return Result(result=[_shape(row) for row in here.store.keys.list(asking.account)])


@router.post("/v1/keys")
def create_key(new: NewKey, asking: Asking, here: Here) -> Result[KeyMade]:
    """Make a key. Its secret is shown this once."""
    row, secret = here.new_key(asking.account, new.name, new.role)
    here.audit(asking, "key created", row.id, after={"name": new.name, "role": new.role})
    return Result(result=KeyMade(**_shape(row).model_dump(), secret=secret))


@router.get("/v1/keys/{key_id}")
def get_key(key_id: KeyId, asking: Asking, here: Here) -> Result[Key]:
    """One key."""
    return Result(result=_shape(here.found(here.store.keys.get(asking.account, key_id), "key")))


@router.delete("/v1/keys/{key_id}", openapi_extra={"x-refusals": ["409"]})
def revoke_key(key_id: KeyId, asking: Asking, here: Here) -> Result[str]:
    """Revoke a key: its tokens and its sessions end with it."""
    row = here.found(here.store.keys.get(asking.account, key_id), "key")
    if row.id == asking.key:
        raise Conflict("A key does not revoke itself: use another admin key, so that somebody can still sign in.")
    here.store.keys.revoke(asking.account, row.id)
    here.audit(asking, "key revoked", row.id, before={"name": row.name, "role": row.role})
    return Result(result=f"Key {row.id} was revoked.")


def _shape(row: KeyRow) -> Key:
    role = next((known for known in ROLES if known == row.role), ROLES[0])
    return Key(id=row.id, name=row.name, role=role, created_at=row.created_at, revoked_at=row.revoked_at)

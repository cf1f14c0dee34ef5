"""Keys: who may sign in. A secret is shown once, when its key is made."""

from typing import Annotated

from pydantic import ConfigDict, Field

from setpoint.service.access import Role
from setpoint.service.wire.envelope import Instant, Line, Shape

__all__ = ["Key", "KeyMade", "NewKey", "Self"]


class NewKey(Shape):
    """A key to be made."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "nightly pipeline", "role": "operator"}]})

    name: Annotated[Line, Field(min_length=1, description="Whose it is.")]
    role: Role


class Key(Shape):
    """A key, without its secret."""

    id: str
    name: str
    role: Role
    created_at: Instant
    revoked_at: Instant | None = None


class KeyMade(Key):
    """A new key with its secret, which is not kept and not shown again."""

    secret: str


class Self(Shape):
    """Who asks."""

    account: str
    key: str
    role: Role

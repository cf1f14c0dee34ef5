"""Tokens: a key's id and secret in, a token for some hours out."""

from pydantic import ConfigDict, Field

from setpoint.service.wire.envelope import Instant, Line, Shape

__all__ = ["Credentials", "Token"]


class Credentials(Shape):
    """A key and its secret."""

    model_config = ConfigDict(
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"api_key_id": "sp_4b1f0c", "api_key_secret": "kept-by-you"}]},
    )

    api_key_id: Line
    api_key_secret: Line


class Token(Shape):
    """What later requests carry as `Authorization: Bearer …`."""

    access_token: str
    expires_at_utc: Instant = Field(description="With a zone, whole seconds.")

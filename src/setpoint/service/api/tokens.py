"""`/v1/auth/token`: from a key's id and secret to a token."""

from fastapi import APIRouter, Request

from setpoint.service.rooms import Here
from setpoint.service.wire.envelope import Result
from setpoint.service.wire.tokens import Credentials, Token

__all__ = ["router"]

router = APIRouter(tags=["sign-in"])


@router.post("/v1/auth/token", openapi_extra={"x-refusals": ["401", "429"]})
def create_token(given: Credentials, request: Request, here: Here) -> Result[Token]:
    """Sign in. The token outlives a restart of the service, and ends with its key or after some hours."""
    address = request.client.host if request.client else "unknown"
    signed = here.gate.sign_in(given.api_key_id, given.api_key_secret, address)
    return Result(result=Token.model_construct(access_token=signed.token, expires_at_utc=signed.expires_at))

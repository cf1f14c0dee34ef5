from typing import Any

from setpoint.prices.aws import Client

def client(service_name: str, *, region_name: str | None, endpoint_url: str | None = None) -> Client: ...

class Session:
    @property
    def region_name(self) -> str | None: ...
    def __init__(
        self,
        *,
        region_name: str | None = ...,
        aws_access_key_id: str | None = ...,
        aws_secret_access_key: str | None = ...,
        profile_name: str | None = ...,
    ) -> None: ...
    def get_credentials(self) -> Any: ...
    def client(
        self, service_name: str, *, region_name: str | None = ..., endpoint_url: str | None = ..., config: Any = ...
    ) -> Any: ...

"""Where a client is to bring an event log."""

from pydantic import ConfigDict, Field

from setpoint.service.wire.envelope import Shape

__all__ = ["UploadDetails"]


class UploadDetails(Shape):
    """A form to be posted with the file; it carries a signed ticket in place of a token."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "url": "https://setpoint.example.com/v1/uploads",
                    "fields": {"key": "5f0c…/${filename}", "ticket": "eyJ…"},
                }
            ]
        }
    )

    url: str
    fields: dict[str, str] = Field(description="All of them go before the part `file`; `${filename}` is its name.")

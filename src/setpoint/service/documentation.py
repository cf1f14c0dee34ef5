"""The API described: one OpenAPI document, complete with refusals, roles and examples."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from setpoint.service.apidoc import METHODS, sample
from setpoint.service.wire.envelope import Failed

__all__ = ["describe"]

DESCRIPTION = """Closed-loop control for recurring Spark pipelines.

Sign in: `POST /v1/auth/token` with the id and the secret of a key; send the token as `Authorization: Bearer …`.
Success is `{"result": …}`, failure `{"error": {"code", "message"}}` with a status of 400 or above.
What another account owns is answered with 404, like what there is not. Times are UTC, runtimes minutes or seconds as
the field says, money US dollars.

Roles: a *viewer* reads; an *operator* also writes projects, submissions, recommendations and goals; an *admin* also
keys, workspaces and the audit log.
"""
_BEARER = "bearer"
_REFUSALS = {
    "401": ("NotSignedIn", "No token that counts.", "Unauthorized", "The token is not valid any more."),
    "403": ("NotPermitted", "The role is too low.", "Forbidden", "This needs the role operator."),
    "404": ("NotFound", "Not in this account.", "NotFound", "There is no such project in this account."),
    "409": ("Conflict", "It was changed meanwhile.", "Conflict", "The project was changed since the plan was made."),
    "413": ("TooLarge", "The request is too large.", "TooLarge", "The request is larger than is taken here."),
    "422": ("InvalidRequest", "The request does not fit.", "InvalidRequest", "The request does not fit: body.name."),
    "429": ("TooManyTries", "Too many tries.", "TooManyTries", "Too many tries to sign in; wait a minute."),
    "503": ("Unavailable", "The database cannot be reached.", "Unavailable", "The ledger cannot be read."),
    "400": ("Unreadable", "The body is not JSON.", "InvalidRequest", "The request cannot be read."),
}


def describe(app: FastAPI) -> None:
    """Have the application describe itself as it is: refusals, roles and sign-in included."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _whole(app)
        return app.openapi_schema

    # This is how the framework wants to be told.
    app.openapi = openapi  # type: ignore[method-assign]


def _whole(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title="Setpoint", version=app.version, description=DESCRIPTION, routes=app.routes, openapi_version="3.1.0"
    )
    components = document.setdefault("components", {})
    components["securitySchemes"] = {
        _BEARER: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "basic": {"type": "http", "scheme": "basic"},
        "hookKey": {"type": "apiKey", "in": "header", "name": "X-Setpoint-Key"},
    }
    schemas = components.setdefault("schemas", {})
    failed = Failed.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(failed.pop("$defs", {}))
    schemas["Failed"] = failed
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["responses"] = {name: _refused(words) for name, *words in _REFUSALS.values()}
    for path in document.get("paths", {}).values():
        for method in METHODS:
            if method in path:
                _finish(path[method])
                _exemplify(document, path[method])
    return document


def _refused(words: list[str]) -> dict[str, Any]:
    description, code, message = words
    example = {"error": {"code": code, "message": message}}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Failed"}, "example": example}}
    return {"description": description, "content": content}


def _exemplify(document: dict[str, Any], operation: dict[str, Any]) -> None:
    """Show an example of every answer, put together from those of its fields."""
    for response in operation["responses"].values():
        for content in response.get("content", {}).values():
            content.setdefault("example", sample(document, content.get("schema", {})))


def _finish(operation: dict[str, Any]) -> None:
    """Say what the framework does not know: who may, and how it is refused."""
    responses = operation.setdefault("responses", {})
    responses.pop("422", None)
    statuses = {"413", "503", *operation.pop("x-refusals", ())}
    if operation.get("x-role"):
        operation["security"] = [{_BEARER: []}]
        statuses |= {"401", "403"}
    if operation.get("parameters") or operation.get("requestBody"):
        statuses.add("422")
    if operation.get("requestBody"):
        statuses.add("400")
    if any(parameter["in"] == "path" for parameter in operation.get("parameters", ())):
        statuses.add("404")
    for status in sorted(statuses):
        responses[status] = {"$ref": f"#/components/responses/{_REFUSALS[status][0]}"}

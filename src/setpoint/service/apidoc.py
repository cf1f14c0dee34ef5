"""An OpenAPI document → what a page shows of it: a page of our own, that asks no other host for its scripts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["METHODS", "Operation", "operations", "sample"]

METHODS = ("get", "post", "put", "patch", "delete")
DEEPEST = 8
_PLAIN: Mapping[str, object] = {"object": {}, "string": "text", "integer": 1, "number": 1.0, "boolean": False}
_FORMATS: Mapping[str, object] = {"date-time": "2026-11-23T03:00:00Z", "uuid": "7b155ae1-bbdf-444a-9654-f74757705178"}
_ROLES = ("viewer", "operator", "admin")


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path, as the page shows it."""

    method: str
    path: str
    tag: str
    summary: str
    description: str
    role: str
    parameters: tuple[tuple[str, str, str], ...]
    """Name, where it stands, what it is."""
    request: object
    """Example of a body; None without one."""
    response: object
    status: str
    refusals: tuple[str, ...]

    @property
    def anchor(self) -> str:
        """Its place in the page."""
        return f"{self.method}-{self.path.strip('/').replace('/', '-').replace('{', '').replace('}', '')}"


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    """All of them, in the order of the document."""
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                yield _operation(document, method, path, methods[method])


def _operation(document: Mapping[str, Any], method: str, path: str, said: Mapping[str, Any]) -> Operation:
    status = next(iter(said["responses"]))
    role = said.get("x-role")
    return Operation(
        method=method.upper(),
        path=path,
        tag=(said.get("tags") or ["service"])[0],
        summary=said.get("summary", ""),
        description=said.get("description", ""),
        role=role if role in _ROLES else "nobody needs to sign in",
        parameters=tuple(
            (each["name"], each["in"], each.get("description") or each.get("schema", {}).get("description", ""))
            for each in said.get("parameters", ())
        ),
        request=_example(document, said.get("requestBody", {})),
        response=_example(document, said["responses"][status]),
        status=status,
        refusals=tuple(status for status in said["responses"] if status >= "400"),
    )


def _example(document: Mapping[str, Any], side: Mapping[str, Any]) -> object:
    for content in side.get("content", {}).values():
        if "example" in content:
            return content["example"]
        return sample(document, content.get("schema", {}), 0)
    return None


def sample(document: Mapping[str, Any], schema: Mapping[str, Any], depth: int = 0) -> object:
    """An example of a schema: the one that it names, else one made of its parts."""
    if depth > DEEPEST:
        return None
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    said = [*schema.get("examples", ()), *(schema[key] for key in ("const", "default") if key in schema)]
    if said or schema.get("enum"):
        return (said or schema["enum"])[0]
    if "anyOf" in schema:
        return sample(document, schema["anyOf"][0], depth + 1)
    if schema.get("properties"):
        return {name: sample(document, part, depth + 1) for name, part in schema["properties"].items()}
    if schema.get("type") == "array":
        return [sample(document, schema.get("items", {}), depth + 1)]
    return _FORMATS.get(schema.get("format", ""), _PLAIN.get(schema.get("type", "")))

"""Bodies that older versions wrote, in the form of today."""

import msgspec

__all__ = ["as_version_2"]

_MARK = b'"vcpu_dollars"'
_UNITS = {"vcpu": "vCPU-hours", "memory": "GiB-hours"}


def as_version_2(body: bytes) -> bytes:
    """In version 1 a cost was the dollars of cores and those of memory; since then it is a list of parts."""
    if _MARK not in body:
        return body
    document = msgspec.json.decode(body)
    if not isinstance(document, dict) or document.get("version") != 1:
        return body
    return msgspec.json.encode({**document, "version": 2, "entry": _upgraded(document.get("entry"))})


def _upgraded(value: object) -> object:
    match value:
        case {"vcpu_dollars": cores, "memory_dollars": memory, "label": label}:
            parts = [_part(kind, dollars) for kind, dollars in (("vcpu", cores), ("memory", memory))]
            return {"parts": parts, "label": label}
        case dict():
            return {key: _upgraded(inner) for key, inner in value.items()}
        case list():
            return [_upgraded(inner) for inner in value]
    return value


def _part(kind: str, dollars: object) -> dict[str, object]:
    return {"kind": kind, "item": kind, "quantity": None, "unit": _UNITS[kind], "dollars": dollars}

"""The file in which a launcher has its cluster: finding the arguments in it, and a patch that puts others there.

It may hold nothing but the arguments of `run_job_flow` or `start_job_run`, or have them anywhere in it: the definition
of a state machine (Step Functions), overrides of an Airflow operator, the event of a Lambda function. It belongs to
whoever wrote it: it is read, and what should change in it is left as a patch that `git apply` takes.
"""

import difflib
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from setpoint.errors import Conflict, InputError, PlatformError
from setpoint.files import read_most

__all__ = ["Template", "check_unchanged", "patch_of", "read_template", "text_with"]

Json = dict[str, Any]
_LARGEST_BYTES = 4 * 2**20
_FREE = ("properties", "tags", "encryptioncontext")
"""Maps whose keys are the user's own."""
_INDENTS = (2, 4, 1, 3, 8)


@dataclass(frozen=True, slots=True)
class Template:
    """A launcher's file as it was read."""

    path: Path
    text: str
    place: tuple[str | int, ...]
    """The way to the arguments from the root of the document."""
    arguments: Json
    """As boto3 takes them."""
    is_capitalised: bool = False
    """Whether the file writes keys of EMR Serverless with capitals, as Step Functions does."""

    @property
    def hash(self) -> str:
        """Of all that is in the file."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def read_template(path: Path, *, is_serverless: bool) -> Template:
    """The arguments in a launcher's file.

    Raises:
        PlatformError: it cannot be read.
        InputError: it is no JSON, or holds no arguments, or several.
    """
    try:
        content = read_most(path, _LARGEST_BYTES)
    except OSError as error:
        raise PlatformError(f"The launcher's file {path} cannot be read ({error.strerror}).") from error
    if len(content) > _LARGEST_BYTES:
        raise InputError(f"The launcher's file {path} is larger than {_LARGEST_BYTES // 2**20} MiB.")
    try:
        document = msgspec.json.decode(content)
        text = content.decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"The launcher's file {path} is no JSON: {str(error)[:200]}.") from None
    looks_right = _is_job_run if is_serverless else _is_job_flow
    found = [(place, value) for place, value in _objects(document, ()) if looks_right(value)]
    what = "start_job_run" if is_serverless else "run_job_flow"
    if not found:
        raise InputError(f"The launcher's file {path} holds no arguments of `{what}`.")
    if len(found) > 1:
        places = ", ".join("/".join(map(str, place)) for place, _ in found)
        raise InputError(
            f"The launcher's file {path} holds {len(found)} clusters ({places}): give each a file of its own."
        )
    (place, value), *_ = found
    is_capitalised = is_serverless and "JobDriver" in value
    return Template(path, text, place, _recased(value, str.lower) if is_capitalised else value, is_capitalised)


def _objects(value: object, place: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Json]]:
    """Every object in a document, and the way to it."""
    if isinstance(value, dict):
        yield place, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from _objects(each, (*place, key))


def _is_job_flow(value: Json) -> bool:
    machines = value.get("Instances")
    keys = ("InstanceFleets", "InstanceGroups", "MasterInstanceType")
    return isinstance(machines, dict) and any(key in machines for key in keys)


def _is_job_run(value: Json) -> bool:
    driver = value.get("jobDriver", value.get("JobDriver"))
    return isinstance(driver, dict) and ("sparkSubmit" in driver or "SparkSubmit" in driver)


def _recased(value: Json, change: Callable[[str], str]) -> Json:
    """The same with other first letters of keys; those below properties and tags are the user's own."""
    found: Json = {}
    for key, each in value.items():
        inner: object = each
        if isinstance(each, dict) and key.lower() not in _FREE:
            inner = _recased(each, change)
        elif isinstance(each, list):
            inner = [_recased(it, change) if isinstance(it, dict) else it for it in each]
        found[change(key[:1]) + key[1:]] = inner
    return found


def text_with(template: Template, arguments: Json) -> str:
    """The whole file with other arguments in the place of its own, written as it is."""
    document = msgspec.json.decode(template.text)
    arguments = _recased(arguments, str.upper) if template.is_capitalised else arguments
    if template.place:
        owner = document
        for key in template.place[:-1]:
            owner = owner[key]
        owner[template.place[-1]] = arguments
    else:
        document = arguments
    return _written(document, template.text)


def patch_of(template: Template, arguments: Json) -> str:
    """A patch (unified diff) that puts arguments in the place of those in the file; empty where it has them."""
    before, after = template.text, text_with(template, arguments)
    name = template.path.name
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{name}", f"b/{name}"
    )
    marked = (line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    return "".join(marked)


def _written(document: object, like: str) -> str:
    """JSON in the way the file is written, so that a patch touches little else."""
    import json

    original = json.loads(like)
    for indent in _INDENTS:
        for ascii_only in (False, True):
            for end in ("\n", ""):
                if json.dumps(original, indent=indent, ensure_ascii=ascii_only) + end == like:
                    return json.dumps(document, indent=indent, ensure_ascii=ascii_only) + end
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def check_unchanged(template: Template) -> None:
    """Raises Conflict where somebody changed the file since it was read."""
    try:
        now = read_most(template.path, _LARGEST_BYTES)
    except OSError as error:
        raise PlatformError(f"The launcher's file {template.path} cannot be read ({error.strerror}).") from error
    if now != template.text.encode():
        raise Conflict(f"Somebody changed {template.path} in the meantime; nothing was left for it.")

"""A form with one file, read as it arrives: the fields first, so that nobody's file is taken in before their ticket."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool

from setpoint.errors import InputError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

__all__ = ["read_form"]

FILE = "file"
MOST_FIELDS = 32
MOST_FIELD_BYTES = 16_384
_BATCH_BYTES = 1 << 20

Opening = Callable[[dict[str, str], str], IO[bytes]]
"""Fields and the file's name → where the file goes. Raises where it is not wanted."""


@dataclass(slots=True)
class _Part:
    headers: dict[str, str] = field(default_factory=dict)
    header: bytearray = field(default_factory=bytearray)
    header_value: bytearray = field(default_factory=bytearray)
    content: bytearray = field(default_factory=bytearray)
    name: str = ""
    file_name: str = ""


class _Form:
    """Callbacks of the parser; what they find is kept until the next look."""

    def __init__(self, content_type: str) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise InputError("Bring the file as multipart/form-data: the fields first, then the part `file`.")
        self.fields: dict[str, str] = {}
        self.file: _Part | None = None
        self.has_ended = False
        self._part = _Part()
        told: MultipartCallbacks = {
            "on_part_begin": self._begin,
            "on_header_field": self._header,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._data,
            "on_part_end": self._end,
        }
        try:
            self._parser = MultipartParser(boundary, told)
        except FormParserError:
            raise InputError("The form cannot be read: its boundary is too long.") from None

    def feed(self, chunk: bytes) -> None:
        """Read on."""
        try:
            self._parser.write(chunk)
        except FormParserError:
            raise InputError("The form cannot be read: it is not multipart/form-data as it says.") from None

    def _begin(self) -> None:
        if self.file is not None:
            raise InputError("The part `file` comes last and once.")
        self._part = _Part()

    def _header(self, chunk: bytes, start: int, end: int) -> None:
        self._part.header += chunk[start:end]

    def _header_value(self, chunk: bytes, start: int, end: int) -> None:
        self._part.header_value += chunk[start:end]

    def _header_end(self) -> None:
        part = self._part
        part.headers[part.header.decode("latin-1").lower()] = part.header_value.decode("latin-1")
        part.header, part.header_value = bytearray(), bytearray()
        if len(part.headers) > MOST_FIELDS:
            raise InputError("A part of the form has too many headers.")

    def _headers_finished(self) -> None:
        part = self._part
        _, options = parse_options_header(part.headers.get("content-disposition"))
        part.name = options.get(b"name", b"").decode("utf-8", "replace")
        part.file_name = options.get(b"filename", b"").decode("utf-8", "replace")
        if part.name == FILE:
            self.file = part
        elif len(self.fields) >= MOST_FIELDS:
            raise InputError(f"The form has more than {MOST_FIELDS} fields.")

    def _data(self, chunk: bytes, start: int, end: int) -> None:
        self._part.content += chunk[start:end]
        if self._part is not self.file and len(self._part.content) > MOST_FIELD_BYTES:
            raise InputError(f"The field {self._part.name[:40]!r} is longer than {MOST_FIELD_BYTES} bytes.")

    def _end(self) -> None:
        if self._part is self.file:
            self.has_ended = True
        else:
            self.fields[self._part.name] = self._part.content.decode("utf-8", "replace")


async def read_form(content_type: str, body: AsyncIterator[bytes], opening: Opening) -> IO[bytes]:
    """Read the fields, open what the file goes to, and write it there. Gives what was opened, at its beginning.

    Raises InputError where it is no such form or it ends early; what was opened is closed then.
    """
    form, place = _Form(content_type), None
    try:
        async for chunk in body:
            form.feed(chunk)
            if form.file is None:
                continue
            if place is None:
                place = await run_in_threadpool(opening, form.fields, form.file.file_name)
            if len(form.file.content) >= _BATCH_BYTES:
                await _write(place, form.file)
        place, part = _whole(form, place)
        await _write(place, part)
        place.seek(0)
    except BaseException:
        if place is not None:
            place.close()
        raise
    return place


def _whole(form: _Form, place: IO[bytes] | None) -> tuple[IO[bytes], _Part]:
    if form.file is None or place is None or not form.has_ended:
        raise InputError("The form has no part `file`, or it ends in the middle of it.")
    return place, form.file


async def _write(place: IO[bytes], part: _Part) -> None:
    content, part.content = bytes(part.content), bytearray()
    await run_in_threadpool(place.write, content)

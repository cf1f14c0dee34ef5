"""The files beside the pages: our style and script, and the chart library out of its wheel. No other host is asked."""

import importlib.util
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from setpoint.errors import InputError

__all__ = ["DASHBOARD", "Assets", "answer"]

DASHBOARD = Path(__file__).parent / "dashboard"

_FOREVER = "public, max-age=31536000, immutable"
"""The address of an asset carries its version, so what is behind an address never changes."""

_MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_CHARTS = "plotly.min.js"


def answer(request: Request, body: bytes, media_type: str, *, cache: str = "no-cache", status: int = 200) -> Response:
    """The body, or 304 where the browser has it already."""
    etag = f'"{_digest(body)}"'
    headers = {"ETag": etag, "Cache-Control": cache}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(body, status_code=status, media_type=media_type, headers=headers)


def _digest(body: bytes) -> str:
    return sha256(body).hexdigest()[:20]


@dataclass(frozen=True, slots=True)
class Assets:
    """What can be served, read once."""

    own: dict[str, bytes]
    charts: Path
    charts_version: str

    @classmethod
    def load(cls) -> "Assets":
        """Read our own files and find the chart library; it is 5 MB and stays on disk."""
        spec = importlib.util.find_spec("plotly")
        if spec is None or spec.origin is None:
            raise InputError("The dashboard needs the package plotly, which is not installed; install setpoint again.")
        own = {path.name: path.read_bytes() for path in (DASHBOARD / "assets").iterdir() if path.suffix in _MEDIA_TYPES}
        return cls(own, Path(spec.origin).parent / "package_data" / _CHARTS, version("plotly"))

    def address(self, name: str) -> str:
        """Where a page finds it."""
        tag = self.charts_version if name == _CHARTS else _digest(self.own[name])
        return f"/assets/{name}?v={tag}"

    def serve(self, request: Request, name: str) -> Response | None:
        """The file, or None where there is none of that name."""
        if name == _CHARTS:
            return self._serve_charts(request)
        if name not in self.own:
            return None
        return answer(request, self.own[name], _MEDIA_TYPES[Path(name).suffix], cache=_FOREVER)

    def _serve_charts(self, request: Request) -> Response:
        etag = f'"plotly-{self.charts_version}"'
        headers = {"ETag": etag, "Cache-Control": _FOREVER}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return FileResponse(self.charts, media_type="text/javascript", headers=headers)

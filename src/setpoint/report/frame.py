"""What every page that is one file is made with: templates, its own style and script, and the chart library."""

import importlib.util
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from setpoint.core import words
from setpoint.errors import InputError

__all__ = ["TEMPLATES", "chart_library", "inlined", "templates"]

TEMPLATES = Path(__file__).parent / "templates"


def templates() -> Environment:
    """The templates; what they may call is listed here, and by the pages that use them."""
    jinja = Environment(
        loader=PackageLoader("setpoint.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.globals.update(
        data_size=words.data_size,
        duration=words.duration,
        moment=words.moment,
        percent=words.percent,
        sentence=words.sentence,
    )
    return jinja


def inlined(package: str, path: str) -> Markup:
    """A file of ours as a part of the page."""
    return Markup(files(package).joinpath(path).read_text(encoding="utf-8"))  # noqa: S704 - our own file


def chart_library() -> Markup:
    """What draws the figures in the browser."""
    spec = importlib.util.find_spec("plotly")
    if spec is None:
        raise InputError("The report needs the package plotly, which is not installed; install setpoint again.")
    return inlined("plotly", "package_data/plotly.min.js")

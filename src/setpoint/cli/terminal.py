"""A terminal that text from an event log cannot steer."""

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from setpoint.cli.console import printable

__all__ = ["Terminal"]


class Terminal(Console):
    """A console that shows control characters instead of sending them on; its own it may use."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """What is printed, piece by piece."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=printable(segment.text))

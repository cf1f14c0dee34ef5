"""What platforms are answered that call us."""

from typing import Literal

from setpoint.service.wire.envelope import Shape

__all__ = ["Hint"]


class Hint(Shape):
    """The call was taken as a hint."""

    hint: Literal["taken"]

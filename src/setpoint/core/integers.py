"""Whole numbers in text that somebody else wrote."""

__all__ = ["whole_number"]


def whole_number(text: str | None, most_digits: int = 18) -> int | None:
    """The number, None where the text is none, or one of more digits than can be meant; 18 fit into a Java long.

    >>> whole_number("42"), whole_number("4.2"), whole_number("1" * 30), whole_number(None)
    (42, None, None, None)
    """
    is_number = text is not None and text.isascii() and text.isdecimal() and len(text) <= most_digits
    return int(text) if text is not None and is_number else None

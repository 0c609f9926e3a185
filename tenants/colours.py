"""Is black or white text easier to read on a business's colour?"""


def _linear(channel: int) -> float:
    share = channel / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#rrggbb``, 0 (black) to 1 (white).

    Source: WCAG 2.2, definition of relative luminance.
    """
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return 0.2126 * _linear(red) + 0.7152 * _linear(green) + 0.0722 * _linear(blue)


def readable_on(colour: str) -> str:
    """Return the text colour, black or white, with the higher contrast on `colour`."""
    background = luminance(colour)
    on_white = 1.05 / (background + 0.05)
    on_black = (background + 0.05) / 0.05
    return "#ffffff" if on_white >= on_black else "#000000"

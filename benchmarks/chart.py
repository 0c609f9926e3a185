"""Line charts as SVG files: a line for each that was measured."""

from collections.abc import Sequence
from math import ceil, floor, log10
from pathlib import Path

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 80, 190, 50, 50
COLOURS = ("#0f766e", "#b45309", "#6b7280", "#7c3aed")
Point = tuple[float, float]


def draw(path: Path, title: str, across: str, series: dict[str, Sequence[Point]]) -> None:
    """Write a chart of `series`, points (x, y seconds) under each one's name, to `path`.

    Both axes are logarithmic.
    """
    points = [point for line in series.values() for point in line]
    left, right = (log10(pick(x for x, _ in points)) for pick in (min, max))
    low = floor(log10(min(y for _, y in points)))
    high = max(ceil(log10(max(y for _, y in points))), low + 1)

    def place(x: float, y: float) -> Point:
        along = (log10(x) - left) / ((right - left) or 1)
        return _at(along, (log10(y) - low) / (high - low))

    parts = []
    for power in range(low, high + 1):
        parts += _level(place(10**left, 10**power)[1], _seconds(10.0**power))
    for x_value in sorted({x for x, _ in points}):
        parts.append(_below(place(x_value, 10**low)[0], f"{x_value:,.0f}"))
    parts.append(_across(across))
    lines = []
    for (name, line), colour in zip(series.items(), COLOURS, strict=False):
        placed = [place(x, y) for x, y in line]
        lines.append((placed, f"{name}: {_seconds(line[-1][1])}"))
        parts.append(_route(placed, colour))
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in placed]
    _write(path, title, parts, lines)


def draw_over_time(path: Path, title: str, series: dict[str, Sequence[Point]]) -> None:
    """Write a chart of `series`, points (seconds, MB) under each one's name, to `path`.

    Both axes are linear and begin at 0; beside each line stands the most that it came to.
    """
    points = [point for line in series.values() for point in line]
    seconds, across_steps = _steps(max(x for x, _ in points))
    megabytes, up_steps = _steps(max(y for _, y in points))
    parts = []
    for value in up_steps:
        parts += _level(_at(0, value / megabytes)[1], f"{value:,.4g} MB")
    for value in across_steps:
        parts.append(_below(_at(value / seconds, 0)[0], f"{value:,.4g}"))
    parts.append(_across("seconds"))
    lines = []
    for (name, line), colour in zip(series.items(), COLOURS, strict=False):
        placed = [_at(x / seconds, y / megabytes) for x, y in line]
        lines.append((placed, f"{name}: up to {max(y for _, y in line):,.0f} MB"))
        parts.append(_route(placed, colour))
    _write(path, title, parts, lines)


def _steps(most: float) -> tuple[float, list[float]]:
    """Return where an axis from 0 ends that has room for `most`, and its marks."""
    unit = 10 ** floor(log10(most or 1))
    step = next(unit * part for part in (0.2, 0.5, 1.0, 2.0) if most <= unit * part * 8)
    count = ceil(most / step) or 1
    return count * step, [number * step for number in range(count + 1)]


def _at(along: float, up: float) -> Point:
    """Return the point of the picture that is so far along both axes, 0 to 1."""
    return (
        LEFT + along * (WIDTH - LEFT - RIGHT),
        HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM),
    )


def _level(y: float, text: str) -> list[str]:
    return [
        f'<path d="M{LEFT} {y:.0f}H{WIDTH - RIGHT}" stroke="#e5e7eb"/>',
        _text(LEFT - 8, y + 4, text, "end"),
    ]


def _below(x: float, text: str) -> str:
    return _text(x, HEIGHT - BOTTOM + 20, text, "middle")


def _across(text: str) -> str:
    return _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, text, "middle")


def _route(placed: Sequence[Point], colour: str) -> str:
    route = "L".join(f"{x:.1f} {y:.1f}" for x, y in placed)
    return f'<path d="M{route}" fill="none" stroke="{colour}" stroke-width="2.5"/>'


def _write(
    path: Path, title: str, parts: list[str], lines: Sequence[tuple[Sequence[Point], str]]
) -> None:
    """Write the chart's `parts`, with its title, and a label where each line ends."""
    heading = f'<text x="{LEFT}" y="28" font-size="17" fill="#111827">{title}</text>'
    parts = [heading, *parts]
    ends = [
        (placed[-1][1] + 4, label, colour)
        for (placed, label), colour in zip(lines, COLOURS, strict=False)
    ]
    free = 0.0
    for y, text, colour in sorted(ends):
        # One below the other where lines end close together.
        free = max(y, free)
        parts.append(_text(WIDTH - RIGHT + 10, free, text, "start", colour))
        free += 17
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="system-ui, sans-serif" font-size="13">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>{"".join(parts)}</svg>\n'
    )


def _text(x: float, y: float, text: str, anchor: str, colour: str = "#374151") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{text}</text>'


def _seconds(value: float) -> str:
    if value < 1:
        return f"{value * 1000:.3g} ms"
    return f"{value:.3g} s" if value < 120 else f"{value / 60:.3g} min"

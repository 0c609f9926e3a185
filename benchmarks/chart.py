"""A line chart as an SVG file: both axes logarithmic, a line for each that was measured."""

from collections.abc import Sequence
from math import ceil, floor, log10
from pathlib import Path

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 80, 190, 50, 50
COLOURS = ("#0f766e", "#b45309", "#6b7280", "#7c3aed")


def draw(
    path: Path, title: str, across: str, series: dict[str, Sequence[tuple[float, float]]]
) -> None:
    """Write a chart of `series`, points (x, y seconds) under each one's name, to `path`."""
    points = [point for line in series.values() for point in line]
    left, right = (log10(pick(x for x, _ in points)) for pick in (min, max))
    low = floor(log10(min(y for _, y in points)))
    high = max(ceil(log10(max(y for _, y in points))), low + 1)

    def place(x: float, y: float) -> tuple[float, float]:
        along = (log10(x) - left) / ((right - left) or 1)
        up = (log10(y) - low) / (high - low)
        return (
            LEFT + along * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM),
        )

    parts = [f'<text x="{LEFT}" y="28" font-size="17" fill="#111827">{title}</text>']
    for power in range(low, high + 1):
        x, y = place(10**left, 10**power)
        parts.append(f'<path d="M{x:.0f} {y:.0f}H{WIDTH - RIGHT}" stroke="#e5e7eb"/>')
        parts.append(_text(x - 8, y + 4, _seconds(10.0**power), "end"))
    for x_value in sorted({x for x, _ in points}):
        x, y = place(x_value, 10**low)
        parts.append(_text(x, y + 20, f"{x_value:,.0f}", "middle"))
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, across, "middle"))
    ends = []
    for (name, line), colour in zip(series.items(), COLOURS, strict=False):
        placed = [place(x, y) for x, y in line]
        route = "L".join(f"{x:.1f} {y:.1f}" for x, y in placed)
        parts.append(f'<path d="M{route}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in placed]
        ends.append((placed[-1][1] + 4, f"{name}: {_seconds(line[-1][1])}", colour))
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

"""A small line chart as SVG: seconds behind the agent over the time of an answer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

Curve = Sequence[tuple[float, float]]

WIDTH, HEIGHT = 760, 300
LEFT, RIGHT, TOP, BOTTOM = 48, 150, 36, 36
COLOURS = ("#2b6cb0", "#c05621", "#6b46c1", "#2f855a")


def plot(title: str, curves: Mapping[str, Curve]) -> str:
    """One line for each app; what could never be read ends its line."""
    seen = {app: [p for p in curve if math.isfinite(p[1])] for app, curve in curves.items()}
    longest = max([1.0, *(at for curve in seen.values() for at, _ in curve)])
    latest = max([0.1, *(late for curve in seen.values() for _, late in curve)])
    return "\n".join(_drawn(title, seen, longest, _round_up(latest)))


def _round_up(value: float) -> float:
    step = 10 ** math.floor(math.log10(value))
    return next(step * n for n in (1, 2, 3, 5, 10) if step * n >= value)


def _drawn(title: str, curves: Mapping[str, Curve], longest: float, latest: float) -> Iterator[str]:
    across = (WIDTH - LEFT - RIGHT) / longest
    down = (HEIGHT - TOP - BOTTOM) / latest
    floor = HEIGHT - BOTTOM
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12" fill="#555">'
    )
    yield f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
    yield f'<text x="{LEFT}" y="20" font-size="14" fill="#222">{title}: seconds behind</text>'
    for part in range(5):
        late = latest * part / 4
        y = floor - late * down
        yield f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{late:g}</text>'
    for at in range(0, int(longest) + 1, max(1, round(longest / 5))):
        x = LEFT + at * across
        yield f'<text x="{x:.1f}" y="{floor + 18}" text-anchor="middle">{at} s</text>'
    for place, (app, curve) in enumerate(curves.items()):
        points = " ".join(
            f"{LEFT + at * across:.1f},{floor - late * down:.1f}" for at, late in curve
        )
        colour = COLOURS[place % len(COLOURS)]
        yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.8"/>'
        y = TOP + 14 + 20 * place
        yield f'<path d="M{WIDTH - RIGHT + 12} {y - 4}h18" stroke="{colour}" stroke-width="3"/>'
        yield f'<text x="{WIDTH - RIGHT + 36}" y="{y}">{app}</text>'
    yield "</svg>"

"""Draw ratios as bars, with their spread and the floor each has to stay above: one SVG, readable as text."""

from collections.abc import Sequence
from html import escape

from benchmarks.spread import Spread

WIDTH, ROW, LEFT, RIGHT, TOP = 940, 46, 380, 130, 24
STYLE = (
    "text{font:14px system-ui,sans-serif;fill:#212b32}.bar{fill:#005eb8}.range{stroke:#212b32;stroke-width:2}"
    ".floor{stroke:#d4351c;stroke-width:2;stroke-dasharray:4 3}"
)


def bars(ratios: Sequence[tuple[str, Spread, float]]) -> str:
    """Return the picture of *ratios*: name, measured, floor. Each has a scale of its own, up to its most."""
    height = TOP + ROW * len(ratios) + 24
    drawn = "".join(_bar(number, *ratio) for number, ratio in enumerate(ratios))
    told = "; ".join(f"{name} {value.shown(2)}" for name, value, _ in ratios)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">'
        f"<title>{escape(told)}</title><style>{STYLE}</style>"
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>{drawn}'
        f'<text x="{LEFT}" y="{height - 8}">bar: median · line: least to most · dashed: floor</text></svg>\n'
    )


def _bar(number: int, name: str, value: Spread, floor: float) -> str:
    scale = (WIDTH - LEFT - RIGHT) / max(value.most, floor * 1.2)
    y = TOP + ROW * number
    middle = y + 13
    end, least, most = (LEFT + scale * each for each in (value.median, value.least, value.most))
    return (
        f'<text x="12" y="{y + 18}">{escape(name)}</text>'
        f'<rect class="bar" x="{LEFT}" y="{y}" width="{end - LEFT:.0f}" height="26"/>'
        f'<line class="range" x1="{least:.0f}" y1="{middle}" x2="{most:.0f}" y2="{middle}"/>'
        f'<line class="floor" x1="{LEFT + scale * floor:.0f}" y1="{y - 4}" '
        f'x2="{LEFT + scale * floor:.0f}" y2="{y + 30}"/>'
        f'<text x="{WIDTH - RIGHT + 12}" y="{y + 18}">{value.median:.2f} (≥ {floor:g})</text>'
    )

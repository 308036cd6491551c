"""Charts as inline SVG, without script or colour that carries meaning: shades and hatching survive a grey printer.

Each has a title and a description for those who do not see it; every number in it stands in the table beside it.
"""

from collections.abc import Iterator, Sequence
from html import escape

_INK, _MID, _PALE = "#0b0c0c", "#1d70b8", "#ffffff"
_HATCH = (
    '<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    f'<rect width="6" height="6" fill="{_PALE}"/><rect width="2.5" height="6" fill="{_INK}"/></pattern>'
)


def columns(id: str, title: str, about: str, bars: Sequence[tuple[str, float | None, bool]]) -> str:
    """Percentages as upright bars: each has its label, its value (None is drawn as a gap) and whether it is final."""
    step = max(26.0, min(60.0, 720 / max(1, len(bars))))
    width, high = 44 + step * len(bars), 180.0
    parts = [_grid_line(at, width, high) for at in (0, 25, 50, 75, 100)]
    for place, (label, value, final) in enumerate(bars):
        left = 44 + place * step
        if value is not None:
            tall = high * value / 100
            fill = _MID if final else "url(#hatch)"
            parts.append(
                f'<rect x="{left + 3:.0f}" y="{14 + high - tall:.1f}" width="{step - 6:.0f}" height="{tall:.1f}"'
                f' fill="{fill}" stroke="{_INK}"/>'
            )
        middle = left + step / 2
        parts.append(
            f'<text transform="translate({middle + 4:.0f} {26 + high:.0f}) rotate(-50)" text-anchor="end">'
            f"{escape(label)}</text>"
        )
    return _svg(id, title, about, width + 6, high + 76, parts)


def _grid_line(at: int, width: float, high: float) -> str:
    y = 14 + high - high * at / 100
    return (
        f'<line x1="40" x2="{width:.0f}" y1="{y:.0f}" y2="{y:.0f}" stroke="#b1b4b6"/>'
        f'<text x="36" y="{y + 4:.0f}" text-anchor="end">{at}%</text>'
    )


def stacked(id: str, title: str, about: str, bars: Sequence[tuple[str, Sequence[int | None]]]) -> str:
    """Counts lying on one another: three parts to each bar, the first dark, the second hatched, the third white.

    A bar with a part that is left out is not drawn: its length would tell it.
    """
    most = max((sum(part or 0 for part in parts) for _, parts in bars if None not in parts), default=0) or 1
    drawn: list[str] = []
    for place, (label, counts) in enumerate(bars):
        y = 4 + place * 28
        drawn.append(f'<text x="196" y="{y + 15}" text-anchor="end">{escape(label)}</text>')
        if None in counts:
            drawn.append(f'<text x="204" y="{y + 15}">not shown</text>')
        else:
            drawn += _parts([count or 0 for count in counts], y, 520 / most)
    return _svg(id, title, about, 740, 28 * len(bars) + 8, drawn)


def _parts(counts: Sequence[int], y: int, scale: float) -> Iterator[str]:
    left = 204.0
    for count, fill in zip(counts, (_MID, "url(#hatch)", _PALE), strict=True):
        wide = count * scale
        if count:
            yield f'<rect x="{left:.1f}" y="{y}" width="{wide:.1f}" height="20" fill="{fill}" stroke="{_INK}"/>'
        left += wide


def swatch(part: int) -> str:
    """The shade of a part of `stacked` as a small square, to stand beside its name in words."""
    fill = (_MID, "url(#hatch)", _PALE)[part]
    return (
        f'<svg width="14" height="14" aria-hidden="true"><rect x=".5" y=".5" width="13" height="13" fill="{fill}"'
        f' stroke="{_INK}"/></svg>'
    )


def hatching() -> str:
    """The hatching that the charts of a page share; put it on the page once, before the first."""
    return f'<svg width="0" height="0" aria-hidden="true" style="position:absolute"><defs>{_HATCH}</defs></svg>'


def _svg(id: str, title: str, about: str, width: float, height: float, parts: Sequence[str]) -> str:
    told = f'<title id="{id}-t">{escape(title)}</title><desc id="{id}-d">{escape(about)}</desc>'
    box = f'viewBox="0 0 {width:.0f} {height:.0f}" style="max-width:{width:.0f}px"'
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="Chart: {escape(title)}">'
        f'<svg class="chart" role="img" aria-labelledby="{id}-t {id}-d" {box}>{told}{"".join(parts)}</svg></div>'
    )

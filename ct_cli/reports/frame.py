"""What every report page shares: one self-contained document in plain style, read on a telephone and printed on A4."""

from collections.abc import Iterable, Sequence
from html import escape

_STYLE = """
:root { color-scheme: light }
* { box-sizing: border-box }
body { font: 16px/1.5 Arial, Helvetica, sans-serif; color: #0b0c0c; background: #fff; margin: 0 }
header, main, footer { max-width: 64rem; margin: 0 auto; padding: 0 1rem }
.bar { background: #0b0c0c; color: #fff; padding: .6rem 0 } .bar p { margin: 0; max-width: none; font-weight: bold }
.skip { position: absolute; left: -999rem } .skip:focus { left: 1rem; top: .5rem; background: #fd0; color: #0b0c0c;
  padding: .5rem }
h1 { font-size: 2rem; line-height: 1.15; margin: 1.5rem 0 .5rem } h2 { font-size: 1.5rem; line-height: 1.2;
  margin: 2.5rem 0 .5rem } h3 { font-size: 1.15rem; margin: 1.5rem 0 .25rem } p, ul { max-width: 44rem;
  margin: .5rem 0 } a { color: #1d70b8 }
a:focus, .wide:focus { outline: 3px solid #0b0c0c; background: #fd0; color: #0b0c0c }
.wide:focus { background: none }
nav ul { padding-left: 1.2rem; columns: 18rem } nav { margin-top: 1.5rem }
table { border-collapse: collapse; margin: .5rem 0 1rem; font-size: .95rem }
caption { text-align: left; font-weight: bold; padding: .3rem 0 }
th, td { text-align: left; vertical-align: top; padding: .35rem 1rem .35rem 0; border-bottom: 1px solid #b1b4b6 }
thead th { border-bottom: 2px solid #0b0c0c; vertical-align: bottom }
.n { text-align: right } td.n { white-space: nowrap }
.wide { overflow-x: auto; max-width: 100% }
.grid { font-size: .8rem } .grid td { text-align: center; padding: .15rem .3rem; border: 1px solid #b1b4b6 }
.grid th { padding: .15rem .5rem .15rem 0 } .grid .x { background: #0b0c0c; color: #fff; font-weight: bold }
.grid .o { outline: 2px dashed #0b0c0c; outline-offset: -2px }
.figures { display: flex; flex-wrap: wrap; gap: 1rem; padding: 0; list-style: none; max-width: none }
.figures li { border: 1px solid #b1b4b6; border-left: 6px solid #1d70b8; padding: .5rem 1rem; flex: 1 1 9rem }
.figures li:first-child { flex-basis: 14rem }
.figures strong { display: block; font-size: 1.7rem; line-height: 1.2 }
.chart { width: 100%; height: auto; display: block; margin: .5rem 0; min-width: 34rem }
.chart text { font: 12px Arial, sans-serif }
.key { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; padding: 0; list-style: none; max-width: none }
.note { border-left: 5px solid #0b0c0c; padding: .25rem 1rem; margin: 1rem 0; max-width: 44rem }
.i, code, .grid td { white-space: nowrap }
.quiet { color: #484f53 } footer { border-top: 1px solid #b1b4b6; margin-top: 3rem; padding-bottom: 2rem }
@page { size: A4; margin: 14mm 12mm }
@media print { body { font-size: 9.5pt } .skip, nav { display: none } header, main, footer { max-width: none;
  padding: 0 } .bar { background: none; color: #0b0c0c; border-bottom: 2px solid #0b0c0c } h1 { font-size: 20pt }
  h2 { font-size: 14pt; break-after: avoid } h3, caption { break-after: avoid }
  tr, .chart, .figures { break-inside: avoid }
  thead { display: table-header-group } .wide { overflow: visible } table { font-size: 8.5pt }
  .chart { min-width: 0 } .grid { font-size: 6.5pt } .grid td { padding: 0 .1rem } .grid th { padding-right: .2rem }
  .grid .x { -webkit-print-color-adjust: exact;
  print-color-adjust: exact } .chart rect { -webkit-print-color-adjust: exact; print-color-adjust: exact }
  a { color: inherit; text-decoration: none } }
"""


def document(title: str, bar: str, main: Iterable[str], foot: Iterable[str]) -> str:
    """A whole page. The title and the words of the bar are escaped here; the rest is taken as it is."""
    return (
        '<!doctype html>\n<html lang="en-GB">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#main">Skip to the report</a>\n'
        f'<div class="bar"><header><p>{escape(bar)}</p></header></div>\n<main id="main">\n'
        + "\n".join(main)
        + "\n</main>\n<footer>\n"
        + "\n".join(foot)
        + "\n</footer>\n</body>\n</html>\n"
    )


def table(caption: str, titles: Sequence[str], rows: Iterable[Sequence[str]], numeric: int = 0) -> str:
    """A table whose first column heads its rows, with the last `numeric` columns flush right. Cells are HTML."""
    first_number = len(titles) - numeric
    head = "".join(
        f'<th scope="col"{_right(at >= first_number)}>{escape(title)}</th>' for at, title in enumerate(titles)
    )
    body = "\n".join(_row(cells, first_number) for cells in rows)
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
    )


def _row(cells: Sequence[str], first_number: int) -> str:
    first, *others = cells
    rest = "".join(f"<td{_right(at >= first_number)}>{cell}</td>" for at, cell in enumerate(others, 1))
    return f'<tr><th scope="row">{first}</th>{rest}</tr>'


def _right(numeric: bool) -> str:
    return ' class="n"' if numeric else ""


def note(html: str) -> str:
    """A paragraph that stands out."""
    return f'<div class="note"><p>{html}</p></div>'

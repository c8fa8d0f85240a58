"""Tables of counts as charts: who went from which answer to which, what was chosen against what was measured."""

from typing import Any

import streamlit as st

from core.classroom.statistics import Matrix
from ui.charts import altair
from ui.colours import colour
from ui.teacher.large_chart import frame, large_chart
from ui.teacher.safe_cells import safe

CELL_PX = 44
HEAD_PX = 92
STRONGEST = 0.75


def matrix_chart(title: str, matrix: Matrix, rows: str, columns: str, key: str, *, has_diagonal: bool = True) -> None:
    """Draw a matrix, and the same as a table behind it.

    Args:
        title: the finding.
        rows: what the rows are; `columns` accordingly.
        has_diagonal: rows and columns name the same, so that the diagonal is framed.
    """
    if not matrix.n:
        return
    chart, table = st.tabs(["Chart", "Table"])
    with chart:
        _draw(title, matrix, rows, columns, key, has_diagonal)
    with table:
        lines = [
            safe({f"{rows} ↓ {columns} →": row, **dict(zip(matrix.columns, counts, strict=True))})
            for row, counts in zip(matrix.rows, matrix.counts, strict=True)
        ]
        st.dataframe(lines, hide_index=True, height="content", width="content", alt=title)


def _draw(title: str, matrix: Matrix, rows: str, columns: str, key: str, has_diagonal: bool) -> None:
    alt = altair()
    most = max(max(counts) for counts in matrix.counts)
    cells = [
        _cell(matrix, at, to, most, has_diagonal) for at in range(len(matrix.rows)) for to in range(len(matrix.columns))
    ]
    y = alt.Y("row:N", sort=list(matrix.rows), title=rows, axis=alt.Axis(ticks=False, domain=False))
    place = alt.Axis(orient="top", labelAngle=0, ticks=False, domain=False)
    x = alt.X("column:N", sort=list(matrix.columns), title=columns, axis=place)
    base = alt.Chart(frame(cells)).encode(x=x, y=y)
    boxes = base.mark_rect().encode(
        color=alt.Color("colour:N", scale=None), opacity=alt.Opacity("opacity:Q", scale=None)
    )
    frames = alt.Chart(frame([cell for cell in cells if cell["is_same"]])).encode(x=x, y=y)
    frames = frames.mark_rect(fillOpacity=0, strokeWidth=2, stroke=colour("text"))
    texts = base.mark_text(fontSize=17, color=colour("text")).encode(text="text:N")
    told = ", ".join(f"{c['row']} to {c['column']}: {c['text']}" for c in cells if c["text"])
    alt_text = f"{title} {rows} to {columns}: {told}."
    large_chart(title, alt.layer(boxes, frames, texts), CELL_PX * len(matrix.rows) + HEAD_PX, alt_text, key)


def _cell(matrix: Matrix, at: int, to: int, most: int, has_diagonal: bool) -> dict[str, Any]:
    count = matrix.counts[at][to]
    is_same = has_diagonal and matrix.rows[at] == matrix.columns[to]
    return {
        "row": matrix.rows[at],
        "column": matrix.columns[to],
        "text": str(count or ""),
        "colour": colour("measured" if is_same else "quiet"),
        "opacity": STRONGEST * count / most,
        "is_same": is_same,
    }

"""Lines of a table on a page, whose own download no spreadsheet may take for formulas.

st.dataframe([safe({"student": run.handle, "value": 3.2})])
"""

from collections.abc import Mapping
from typing import Any

from core.cells import neutral


def safe(line: Mapping[str, Any]) -> dict[str, Any]:
    """The line with neutral texts, headings included."""
    return {str(neutral(name)): neutral(value) for name, value in line.items()}

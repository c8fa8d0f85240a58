"""What every chart goes through."""

import re
import subprocess
import sys
from pathlib import Path

from ui import charts

ROOT = Path(__file__).resolve().parents[2]
IMPORTED = re.compile(r"^\s*(import|from) altair", re.MULTILINE)
HALF_IMPORTED = """
import sys, threading, time

class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "pandas.core.api":
            reached.set()
            time.sleep(1)

import altair
from ui import charts

reached = threading.Event()
sys.meta_path.insert(0, Slow())
threading.Thread(target=lambda: __import__("pandas")).start()
reached.wait()
assert not hasattr(sys.modules["pandas"], "Timestamp")
alt = charts.altair()
print(alt.Chart(alt.Data(values=[{"value": 1.5}])).mark_bar().encode(x="value:Q").to_dict()["data"])
"""


def test_a_chart_is_drawn_while_another_thread_imports_pandas() -> None:
    done = subprocess.run([sys.executable, "-c", HALF_IMPORTED], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout == "{'values': [{'value': 1.5}]}\n", done.stderr


def test_every_chart_takes_altair_from_there() -> None:
    own = Path(charts.__file__)
    others = [path for path in own.parent.rglob("*.py") if path != own and IMPORTED.search(path.read_text())]
    assert others == []

"""A run while it goes on: its memory as a gauge, its speed as a line that grows, its repeats as dots, its text.

It is drawn as HTML and not as charts: a chart whose data changes is built anew every second, which flickers, or needs
88 MB of libraries for tables in the web process. A drawing costs a few kilobytes of text, and every one has its height
from the start, so that nothing moves.
"""

from ui.live.view import live_view

__all__ = ["live_view"]

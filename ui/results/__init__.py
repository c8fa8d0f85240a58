"""What a run measured, lab by lab: figures, charts, one sentence that explains, where the figures come from."""

from ui.results.card import result

__all__ = ["result"]

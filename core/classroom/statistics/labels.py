"""Short names for sets of ticked options: "b", "acd", "blank"; and what is rare folded into "other".

labels = labels_of([("io",), ("io", "cpu")], {"cpu": "a", "io": "b"}, is_single=False)
labels.order                        # ("b", "ab")
labels.of(("io", "cpu"))            # "ab"
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

MOST = 8
"""So many sets of ticks keep a label of their own."""
OTHER, BLANK = "other", "blank"

Choices = tuple[str, ...]


@dataclass(frozen=True)
class Labels:
    """The labels in use, in the order to show, `OTHER` last."""

    order: tuple[str, ...]
    letters: Mapping[str, str]

    def of(self, choices: Choices) -> str:
        """The label of what was chosen."""
        label = _label(choices, self.letters)
        return label if label in self.order else OTHER


def labels_of(
    chosen: Iterable[Choices], letters: Mapping[str, str], *, is_single: bool, keys: Collection[Choices] = ()
) -> Labels:
    """Labels for everything that was chosen.

    Args:
        letters: option id to letter, in the order to show; an option that is not among them keeps its id.
        is_single: True where one option is chosen: each has a label then, chosen or not.
        keys: sets that count; they are never folded.
    """
    found = Counter(_label(choices, letters) for choices in chosen)
    if is_single:
        gone = sorted(label for label in found if label not in letters.values() and label != BLANK)
        return Labels((*letters.values(), *gone, *[BLANK][: found[BLANK]]), letters)
    kept = {_label(key, letters) for key in keys} & found.keys()
    frequent = sorted(found.keys() - kept - {BLANK}, key=lambda label: (-found[label], len(label), label))
    kept |= set(frequent[: max(0, MOST - len(kept))])
    order = sorted(kept - {BLANK}, key=lambda label: (len(label), label))
    folded = found.keys() - kept - {BLANK}
    return Labels((*order, *[BLANK][: found[BLANK]], *([OTHER] if folded else [])), letters)


def _label(choices: Choices, letters: Mapping[str, str]) -> str:
    places = {option: place for place, option in enumerate(letters)}
    ordered = sorted(set(choices), key=lambda option: (places.get(option, len(places)), option))
    return "".join(letters.get(option, option) for option in ordered) or BLANK

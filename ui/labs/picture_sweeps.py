"""What a run with several seeds, step counts or guidance scales found, as a sentence and as figures: from – to."""

from collections.abc import Sequence

from core.runs.records import Record
from core.store.tables import Picture
from core.units import seconds, significant
from ui.figures import Figure
from ui.picture_grid import grid_sentence
from ui.results.readings import changed

COLD = "One of the two is the first picture of the run, so a cold one."
APART = "Average difference of the colour values, 0 to 255."


def sweep_sentence(record: Record, made: Sequence[Picture]) -> str:
    """What changed from picture to picture; empty for a run without a sweep, or with a single picture."""
    sweep, repeats = record["settings"].get("sweep"), record["repeats"]
    if not sweep or len(repeats) < 2:
        return ""
    if record["settings"].get("second_sweep"):
        return grid_sentence(record)
    if sweep == "num_inference_steps":
        return _grew(record)
    if len(made) != len(repeats):
        return ""
    if sweep == "refiner_share":
        return _shares(repeats, made)
    return _seeds(made) if sweep == "seed" else _scales(repeats, made)


def sweep_figures(record: Record, made: Sequence[Picture]) -> list[Figure]:
    """At most three figures that the sentence leaves out, or explains; none where `sweep_sentence` says nothing."""
    sweep, repeats = record["settings"].get("sweep"), record["repeats"]
    if not sweep_sentence(record, made):
        return []
    if record["settings"].get("second_sweep"):
        return _of_grid(repeats)
    if sweep == "num_inference_steps":
        return _of_steps(record)
    return [*_of_seeds(made), _times(repeats)] if sweep == "seed" else [_times(repeats)]


def step_ends(record: Record) -> tuple[Record, Record]:
    """The repeats with the fewest and the most steps: of the warm ones, where two of them differ in steps."""
    warm = [repeat for repeat in record["repeats"] if not repeat["is_first"]]
    several = len({repeat["num_inference_steps"] for repeat in warm}) > 1
    ordered = sorted(warm if several else record["repeats"], key=lambda repeat: repeat["num_inference_steps"])
    return ordered[0], ordered[-1]


def per_step_s(few: Record, many: Record) -> float | None:
    """What each further step took between two repeats; None where there is no growth to divide."""
    more = many["num_inference_steps"] - few["num_inference_steps"]
    grown = many["wall_s"] - few["wall_s"]
    return grown / more if more > 0 and grown > 0 else None


def _grew(record: Record) -> str:
    few, many = step_ends(record)
    told = (
        f"From {few['num_inference_steps']} to {many['num_inference_steps']} steps the time went "
        f"from {seconds(few['wall_s'])} to {seconds(many['wall_s'])}"
    )
    each = per_step_s(few, many)
    return f"{told}: each further step took {seconds(each)}." if each else f"{told}."


def _of_steps(record: Record) -> list[Figure]:
    """The price of a step alone: the times stand in the sentence and below the pictures."""
    few, many = step_ends(record)
    each = per_step_s(few, many)
    between = (
        f"The time from {few['num_inference_steps']} to {many['num_inference_steps']} steps, by the steps between."
    )
    if few["is_first"] or many["is_first"]:
        between = f"{between} {COLD}"
    return [Figure("Each further step", seconds(each) if each else None, between, "The time did not grow.")]


def _seeds(made: Sequence[Picture]) -> str:
    again, others = _distances(made)
    if again and not any(again) and others:
        return "The same seed gave the same picture, pixel by pixel; another seed changed it."
    if again and not any(again):
        return "The same seed gave the same picture, pixel by pixel."
    low, high = significant(min(others or again)), significant(max(others or again))
    apart = low if low == high else f"{low} to {high}"
    return f"From the first picture the colour values of the others are {apart} of 255 away, on average."


def _distances(made: Sequence[Picture]) -> tuple[list[float], list[float]]:
    """How far from the first picture those of its own seed are, and those of other seeds."""
    first, *rest = (picture.details for picture in made)
    again = [found["difference_to_first"] for found in rest if found.get("seed") == first.get("seed")]
    return again, [found["difference_to_first"] for found in rest if found.get("seed") != first.get("seed")]


def _of_seeds(made: Sequence[Picture]) -> list[Figure]:
    again, others = _distances(made)
    found = [Figure("Same seed, difference", significant(max(again)) if max(again) else "0", APART)] if again else []
    found += (
        [Figure("Other seed, difference", span([significant(each) for each in sorted(others)]), APART)]
        if others
        else []
    )
    return found


def _times(repeats: Sequence[Record]) -> Figure:
    times = [repeat["wall_s"] for repeat in repeats]
    return Figure("Time per picture", span([seconds(min(times)), seconds(max(times))]), "From – to.")


def _scales(repeats: Sequence[Record], made: Sequence[Picture]) -> str:
    near = made[-2]
    return (
        f"Every scale gave a picture, even {repeats[-1]['guidance_scale']:g}. On average its colour values are "
        f"{significant(near.details['distance_to_last'])} of 255 away from those at "
        f"{near.details['guidance_scale']:g}."
    )


def _shares(repeats: Sequence[Record], made: Sequence[Picture]) -> str:
    low, high = repeats[0], repeats[-1]
    return (
        f"With the refiner's share at {high['refiner_share']:g} instead of {low['refiner_share']:g} a picture took "
        f"{seconds(high['wall_s'])} instead of {seconds(low['wall_s'])}; their colour values are "
        f"{significant(made[-1].details['difference_to_first'])} of 255 apart, on average."
    )


def _of_grid(repeats: Sequence[Record]) -> list[Figure]:
    by_time = sorted(repeats, key=lambda repeat: repeat["wall_s"])
    return [
        Figure("Pictures", str(len(repeats))),
        *(
            Figure(label, seconds(repeat["wall_s"]), f"The picture with {changed(repeat['settings'])}.")
            for label, repeat in (("Least time", by_time[0]), ("Most time", by_time[-1]))
        ),
    ]


def span(written: Sequence[str]) -> str:
    """From – to of figures that are in order, the unit once where it is the same.

    >>> span(["2.19 s", "2.51 s"]), span(["80.0 ms", "1.20 s"]), span(["16.9"])
    ('2.19–2.51 s', '80.0 ms–1.20 s', '16.9')
    """
    first, last = written[0], written[-1]
    if first == last:
        return first
    (number, _, unit), (_, _, other) = first.partition(" "), last.partition(" ")
    return f"{number}–{last}" if unit == other else f"{first}–{last}"

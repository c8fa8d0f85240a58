"""Which run decides, and what it makes right."""

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.quiz.evidence import find_evidence, newer_run, options_for, reasons_against, values_of
from tests.core.quiz.examples import LESSON, MINI, NO_GPU, WITH_GPU, mini, run_record

Q4, Q5, Q6, Q7 = (LESSON.question(name) for name in ("Q4", "Q5", "Q6", "Q7"))
ORDER = ["under_10_s", "s_20_to_40", "s_40_to_60", "over_60_s"]
UNGRADED = mini(
    ("range: [10, 20]", "range: [12, 20]"), ("      unit: s\n", "      unit: s\n      allow_gaps: true\n")
).question("Q2")


def letters(value: float) -> str:
    return "".join(Q4.letters[option] for option in options_for(Q4, value)[0])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.5, "a"), (9.9, "a"), (10, "a"), (14, "a"), (14.9, "ab"), (15, "ba"), (15.2, "ba"), (16.6, "b"),
        (20, "b"), (38.7, "b"), (38.9, "bc"), (40, "cb"), (41.2, "cb"), (41.3, "c"), (58.3, "cd"), (60, "dc"),
        (62, "d"), (7200, "d"),
    ],
)  # fmt: skip
def test_value_makes_the_nearest_option_right_and_both_near_an_edge(value: float, expected: str) -> None:
    assert letters(value) == expected


@given(st.floats(min_value=1e-6, max_value=1e6, allow_nan=False))
def test_nearest_leaves_no_value_without_an_option_and_never_takes_far_ones(value: float) -> None:
    found, gap = options_for(Q4, value)
    assert 1 <= len(found) <= 2
    places = sorted(ORDER.index(option) for option in found)
    assert places == list(range(places[0], places[0] + len(places)))
    assert (gap is not None) == (10 <= value < 20)


@given(st.floats(min_value=1e-3, max_value=1e5), st.floats(min_value=1e-3, max_value=1e5))
def test_a_longer_time_never_makes_an_earlier_option_right(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert ORDER.index(options_for(Q4, low)[0][0]) <= ORDER.index(options_for(Q4, high)[0][0])


@given(st.floats(min_value=0.001, max_value=1e4))
def test_ungraded_gaps_have_no_option_away_from_their_edges(value: float) -> None:
    found, gap = options_for(UNGRADED, value)
    if 10 / 0.97 < value < 12 / 1.03:
        assert found == () and gap == (10, 12)
    else:
        assert found


def test_fastest_repeat_decides() -> None:
    finding = find_evidence(Q4, [run_record(Q4, [17.7, 16.6, 17.9])], NO_GPU)
    assert finding.state == "found" and finding.evidence
    assert (finding.evidence.value, finding.evidence.values) == (16.6, (17.7, 16.6, 17.9))
    assert (finding.evidence.run_id, finding.evidence.machine, finding.evidence.source) == ("run1", "a CPU", "live")
    assert (finding.evidence.weights, finding.evidence.key, finding.evidence.gap) == (
        "dummy",
        ("s_20_to_40",),
        (10, 20),
    )


def test_latest_qualifying_run_decides() -> None:
    runs = [run_record(Q4, [30.0] * 3, id="new"), run_record(Q4, [5.0] * 3, id="old")]
    assert find_evidence(Q4, runs, NO_GPU).evidence.run_id == "new"  # type: ignore[union-attr]


def test_an_earlier_run_decides_where_the_latest_does_not_count() -> None:
    runs = [run_record(Q4, [30.0] * 2, id="new"), run_record(Q4, [5.0] * 3, id="old")]
    finding = find_evidence(Q4, runs, NO_GPU)
    assert finding.evidence and finding.evidence.run_id == "old"
    assert finding.why_not == ("It has 2 usable repeats; at least 3 are needed.",)


def test_a_run_on_the_other_device_is_not_the_one_that_is_explained() -> None:
    gpu_run = run_record(Q5, [2.0] * 3, id="gpu")
    finding = find_evidence(Q4, [gpu_run, run_record(Q4, [16.6] * 3)], WITH_GPU)
    assert finding.evidence and finding.why_not == ()


def test_runs_of_other_labs_are_passed_over() -> None:
    assert find_evidence(Q4, [run_record(Q6, [2.9])], WITH_GPU).why_not == ()


QWEN = {"id": "qwen3-0.6b", "source": "hub", "dtype": "float32", "parameters": 596_049_920}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": QWEN | {"source": "embedded", "parameters": 1_234_567}}, "a small twin of 1,234,567 parameters"),
        ({"model": QWEN | {"parameters": None}}, "unknown size"),
        ({"model": QWEN | {"id": "other"}}, "It ran other"),
        ({"model": QWEN | {"dtype": "bfloat16"}}, "It ran in bfloat16"),
        ({"model": None}, "an unnamed model"),
        ({"device": {"type": "cuda", "name": "T4"}}, "It ran on cuda"),
        ({"state": "failed", "error": {"kind": "out_of_memory", "message": "needed 3 GiB"}}, "needed 3 GiB"),
        ({"state": "cancelled"}, "cancelled"),
        ({"state": None}, "did not finish"),
        ({"repeats": []}, "no usable wall_s"),
        ({"repeats": [{"wall_s": None}] * 3}, "no usable wall_s"),
        ({"repeats": [{"wall_s": float("nan")}, {"wall_s": 16.0}, {"wall_s": 17.0}]}, "2 usable repeats"),
    ],
)
def test_what_does_not_count_is_explained(changes: dict[str, Any], words: str) -> None:
    finding = find_evidence(Q4, [run_record(Q4, [16.6] * 3, **changes)], NO_GPU)
    assert finding.state == "needs_run" and finding.evidence is None
    assert words in " ".join(finding.why_not)


def test_a_run_with_previews_decides_nothing() -> None:
    record = run_record(Q7, [3.4])
    assert record["settings"]["previews"] is False and reasons_against(Q7, record) == ()
    record["settings"] = {**record["settings"], "previews": True}
    assert "previews" in " ".join(reasons_against(Q7, record))


def test_a_run_of_the_twin_points_to_random_weights() -> None:
    twin = run_record(Q4, [0.3] * 3, model=QWEN | {"source": "embedded", "parameters": 4_900_000})
    assert "Random weights of that size measure the same." in " ".join(reasons_against(Q4, twin))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("max_new_tokens", 20, "max_new_tokens was 20; this question asks for 100"),
        ("prompt", "Hi", "Its prompt was changed"),
        ("do_sample", False, "do_sample"),
    ],
)
def test_other_settings_do_not_count(name: str, value: object, words: str) -> None:
    record = run_record(Q4, [16.6] * 3)
    record["settings"] = {**record["settings"], name: value}
    assert words in " ".join(reasons_against(Q4, record))


def test_settings_that_do_not_matter_may_differ() -> None:
    record = run_record(Q4, [16.6] * 5)
    record["settings"] = {**record["settings"], "seed": 7, "repeats": 5, "source": "hub"}
    assert reasons_against(Q4, record) == ()


def test_memory_counts_only_from_a_fresh_process() -> None:
    assert reasons_against(Q6, run_record(Q6, [2.9])) == ()
    for value in (False, None):
        assert "start from empty" in " ".join(reasons_against(Q6, run_record(Q6, [2.9], fresh_process=value)))


def test_memory_is_the_growth_in_gib() -> None:
    evidence = find_evidence(Q7, [run_record(Q7, [3.61])], WITH_GPU).evidence
    assert evidence and evidence.value == pytest.approx(3.61)
    assert evidence.key == ("gib_3_to_4",) and evidence.unit == "GiB"


def test_a_sweep_does_not_count_for_the_picture_question() -> None:
    record = run_record(Q7, [3.6])
    record["settings"] = {**record["settings"], "sweep": "seed"}
    assert "sweep" in " ".join(reasons_against(Q7, record))


@pytest.mark.parametrize("value", [0.0, -3.0, 0.05, 7201.0])
def test_a_value_that_cannot_be_is_implausible_and_not_wrong(value: float) -> None:
    assert find_evidence(Q4, [run_record(Q4, [value] * 3)], NO_GPU).state == "implausible"


def test_less_than_the_weights_is_implausible() -> None:
    assert find_evidence(Q6, [run_record(Q6, [1.2])], WITH_GPU).state == "implausible"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda part: (
            st.lists(part, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "state",
                        "device",
                        "model",
                        "repeats",
                        "memory",
                        "wall_s",
                        "type",
                        "parameters",
                        "settings",
                        "baseline",
                        "after_load",
                    ]
                ),
                part,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_no_record_however_broken_raises_or_decides(part: Any) -> None:
    record = {
        "lab": "load_model",
        "state": "finished",
        **(part if isinstance(part, dict) else {"memory": part, "repeats": part}),
    }
    record["lab"] = "load_model"
    assert find_evidence(Q6, [record], WITH_GPU).state == "needs_run"
    assert all(math.isfinite(value) for value in values_of(Q6, record))


def test_without_a_gpu_the_reference_decides() -> None:
    finding = find_evidence(Q6, [], NO_GPU)
    assert finding.state == "found" and finding.evidence
    assert (finding.evidence.source, finding.evidence.kind, finding.evidence.run_id) == ("reference", "measured", None)
    assert not finding.evidence.lower_bound and finding.evidence.key == ("gib_3_to_4",)
    assert finding.refusal == "No GPU of this machine can be used: no NVIDIA driver."


def test_with_a_gpu_the_reference_does_not_replace_a_run() -> None:
    assert find_evidence(Q6, [], WITH_GPU).state == "needs_run"


def test_where_the_meter_cannot_be_read_before_cuda_the_reference_decides_on_memory_only() -> None:
    hidden = replace(WITH_GPU, gpus=tuple(replace(gpu, no_meter="NVML is hidden") for gpu in WITH_GPU.gpus))
    finding = find_evidence(Q6, [], hidden)
    assert finding.evidence and finding.evidence.source == "reference" and "NVML is hidden" in finding.refusal
    assert find_evidence(Q5, [], hidden).state == "needs_run"


def test_an_embedded_run_without_a_gpu_leaves_it_to_the_reference_and_says_why() -> None:
    twin = run_record(
        Q5, [0.2] * 3, device={"type": "cpu"}, model={"id": "qwen3-0.6b", "source": "embedded", "parameters": 9}
    )
    finding = find_evidence(Q5, [twin], NO_GPU)
    assert finding.evidence and finding.evidence.source == "reference"
    assert any("small twin" in reason for reason in finding.why_not)


def test_a_refusal_that_the_caller_knows_brings_the_reference_in() -> None:
    finding = find_evidence(Q4, [], NO_GPU, "This machine has 2 GiB of RAM.")
    assert finding.evidence and finding.evidence.source == "reference"
    assert Q4.key and Q4.key.reference and finding.evidence.machine == Q4.key.reference.machine
    assert find_evidence(Q4, [], NO_GPU).state == "needs_run"


def test_an_own_run_goes_before_the_reference_even_without_a_gpu_here() -> None:
    finding = find_evidence(Q5, [run_record(Q5, [2.0] * 3)], NO_GPU)
    assert finding.evidence and finding.evidence.source == "live"


def test_without_run_and_reference_it_stays_needs_run() -> None:
    bank = mini()
    finding = find_evidence(bank.question("Q2"), [], NO_GPU, "This machine cannot.")
    assert (finding.state, finding.refusal) == ("needs_run", "This machine cannot.")


@pytest.mark.parametrize(("reduce", "value"), [("min", 16.0), ("max", 19.0), ("median", 17.0), ("last", 17.0)])
def test_every_reduction(reduce: str, value: float) -> None:
    question = mini(("      unit: s\n", f"      unit: s\n      reduce: {reduce}\n")).question("Q2")
    finding = find_evidence(question, [run_record(question, [19.0, 16.0, 17.0])], NO_GPU)
    assert finding.evidence and finding.evidence.value == value


def test_a_newer_qualifying_run_makes_the_answer_stale() -> None:
    old, new = run_record(Q4, [16.6] * 3, id="old"), run_record(Q4, [5.0] * 3, id="new")
    evidence = find_evidence(Q4, [old], NO_GPU).evidence
    assert newer_run(Q4, evidence, [old]) is None
    assert newer_run(Q4, evidence, [new, old]) == "new"
    assert newer_run(Q4, evidence, [run_record(Q4, [5.0] * 2, id="short"), old]) is None


def test_a_run_after_a_reference_makes_the_answer_stale() -> None:
    evidence = find_evidence(Q5, [], NO_GPU).evidence
    assert newer_run(Q5, evidence, []) is None
    assert newer_run(Q5, evidence, [run_record(Q5, [2.0] * 3, id="own")]) == "own"


def test_a_fixed_question_has_no_evidence() -> None:
    with pytest.raises(ValueError, match="Q1"):
        find_evidence(LESSON.question("Q1"), [], NO_GPU)
    assert newer_run(LESSON.question("Q1"), None, []) is None
    assert "Q1" in MINI

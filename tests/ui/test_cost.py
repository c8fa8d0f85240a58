"""What a picture costs and how long a class waits, from the seconds of one picture."""

from core.jobs.waits import Waits
from core.runs.recorded import recorded_of
from core.units import seconds
from ui.results.claim import rows
from ui.results.cost import measured, served, told


def test_the_price_of_an_hour_is_shared_by_its_pictures() -> None:
    hour, price, wait = told(36.0, 2.0, 30)
    assert "**100** fit" in hour
    assert "**0.0200**" in price and "a thousand cost 20.0" in price
    assert wait == "If 30 ask at once, one after the other, the last waits **18 min 0 s** and the average 9 min 18 s."


def test_a_machine_that_costs_nothing_is_no_division() -> None:
    assert told(1.0, 0.0, 1)[1] == "At a price of 0 a picture costs nothing."


def test_a_class_that_asks_now_and_then_keeps_the_machine_busy_for_a_share_of_the_time() -> None:
    pace, most = served(4.0, 30, 3.0)
    assert pace == (
        "If each of 30 asks every 3 min, the machine is busy 67% of the time. A picture waits **4.00 s** on average."
    )
    assert "up to **44** students; with up to 30, the average wait is no longer than a picture takes." in most


def test_a_class_that_asks_for_too_much_makes_a_line_that_grows() -> None:
    pace, most = served(260.0, 30, 3.0)
    assert pace.endswith("that is 4333% of what the machine can draw: the line grows as long as they go on.")
    assert most == "At that pace it cannot serve even one student: a picture takes longer."


def test_the_measured_waits_stand_beside_the_computed_ones() -> None:
    assert measured(None, "cuda").startswith("Measured: too few runs have finished on this GPU")
    told_of = measured(Waits(20, 1.0, 30.0, 4.0), "cpu")
    assert "the last 20 runs on this CPU" in told_of and "nine of ten at most 30.0 s" in told_of


def test_a_twins_run_stands_beside_the_claim_with_the_least_that_the_real_model_would_take_here() -> None:
    recorded = recorded_of("text_to_image", "stable-diffusion-1.5")
    assert recorded is not None
    limit = {"value": 0.001, "flops": 1e8, "flops_per_s": 1e11}
    mine = {"settings": {"source": "embedded"}, "device": {"name": "A CPU", "type": "cpu"}, "limit": limit}
    *claimed, there, here = rows(mine | {"repeats": [{"wall_s": 1.0, "evaluations": 51}]}, recorded)
    assert [row[1] for row in claimed] == ["4 min 20 s", "4.00 s"]
    assert there[:2] == ("Recorded on NVIDIA H200", "6.25 s")
    flops = recorded["limit"]["flops"] * recorded["repeats"][0]["evaluations"]
    assert here[1:] == ("not run", seconds(flops / 1e11))


def test_a_run_at_full_size_stands_beside_the_claim_with_its_own_least() -> None:
    recorded = recorded_of("text_to_image", "stable-diffusion-1.5")
    assert recorded is not None
    *_, mine = rows(recorded, recorded)
    assert mine[0].endswith("your run, 50 steps") and mine[1] == "6.25 s"
    assert mine[2] == seconds(recorded["limit"]["value"] * 51)

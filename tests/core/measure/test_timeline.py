import time

from core.measure import timeline
from core.measure.memory import Meters
from core.measure.timeline import MOST_POINTS, Timeline
from tests.core.measure.machines import LAPTOP


def test_sampling_reads_ten_times_a_second_until_the_block_ends() -> None:
    line = Timeline(Meters("cpu", LAPTOP))
    with line.sampling():
        time.sleep(0.45)
    seen = len(line.points)
    assert 2 <= seen <= 5
    time.sleep(0.2)
    assert len(line.points) == seen
    times_s = [point["t_s"] for point in line.points]
    assert times_s == sorted(times_s)


def test_a_sample_too_soon_after_the_last_is_left_out() -> None:
    line = Timeline(Meters("cpu", LAPTOP))
    for _ in range(50):
        line.sample()
    assert len(line.points) == 1


def test_points_hold_only_meters_that_are_there() -> None:
    line = Timeline(Meters("cpu", LAPTOP))
    line.sample()
    assert set(line.points[0]) == {"t_s", "process_rss_bytes"}


def test_a_long_run_stays_a_short_list_from_start_to_end() -> None:
    line = Timeline(Meters("cpu", LAPTOP))
    for value in range(5 * MOST_POINTS):
        line.add({"process_rss_bytes": value})
    values = [point["process_rss_bytes"] for point in line.points]
    assert MOST_POINTS / 2 <= len(values) <= MOST_POINTS
    assert values[0] == 0 and values[-1] == 5 * MOST_POINTS - 1
    assert values == sorted(values)


def test_one_reading_is_cheap_enough_to_be_taken_ten_times_a_second() -> None:
    meters = Meters("cpu", LAPTOP)
    start = time.process_time()
    for _ in range(200):
        meters.read()
    one_s = (time.process_time() - start) / 200
    assert one_s / timeline.INTERVAL_S < 0.005

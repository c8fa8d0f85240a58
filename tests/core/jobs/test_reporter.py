import base64

import pytest

from core.errors import RunCancelled, RunTimedOut
from core.jobs.reporter import LONGEST_TEXT, JobProgress, Reporter
from core.store.tables import Job


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_check_raises_the_first_reason() -> None:
    progress = JobProgress()
    progress.check()
    progress.stop(RunCancelled("You stopped this run."))
    progress.stop(RunTimedOut("Too long."))
    with pytest.raises(RunCancelled):
        progress.check()


def test_time_left_follows_the_pace_of_the_steps() -> None:
    progress = JobProgress(clock=(clock := Clock()))
    progress.report("Loading")
    clock.now += 50
    progress.report("Generating", 0, 100)
    clock.now += 20
    progress.report("Generating", 40, 100)
    clock.now += 1
    told = progress.as_json()
    assert told["step_s"] == pytest.approx(0.5)
    assert told["time_left_s"] == pytest.approx(29.0)
    assert told["stage_started_at"] == 1050.0


def test_time_left_is_unknown_before_the_second_step() -> None:
    progress = JobProgress(clock=Clock())
    progress.report("Generating", 0, 100)
    assert progress.as_json()["time_left_s"] is None


def test_expected_time_counts_to_the_end_of_the_run() -> None:
    progress = JobProgress(expected_s=60.0, clock=(clock := Clock()))
    progress.report("Generating", 0, 100)
    clock.now += 20
    assert progress.as_json()["time_left_s"] == 40.0


def test_a_run_longer_than_expected_falls_back_to_its_pace() -> None:
    progress = JobProgress(expected_s=10.0, clock=(clock := Clock()))
    progress.report("Generating", 0, 100)
    clock.now += 30
    assert progress.as_json()["time_left_s"] is None
    progress.report("Generating", 50, 100)
    assert progress.as_json()["time_left_s"] == 30.0


def test_the_latest_preview_is_told_and_stays_until_the_next() -> None:
    progress = JobProgress(clock=Clock())
    assert progress.as_json()["preview"] is None
    progress.preview(b"first", 1)
    progress.preview(b"second", 8)
    version = progress.version
    progress.report("Picture 1 of 1", 9, 51)
    told = progress.as_json()["preview"]
    assert (base64.b64decode(told["picture"]), told["step"]) == (b"second", 8)
    assert progress.version > version == 2


def test_a_new_stage_within_one_count_keeps_the_pace() -> None:
    progress = JobProgress(clock=(clock := Clock()))
    progress.report("Repeat 1 of 2", 0, 200)
    clock.now += 50
    progress.report("Repeat 1 of 2", 100, 200)
    clock.now += 4
    progress.report("Repeat 2 of 2", 101, 200)
    told = progress.as_json()
    assert told["step_s"] == pytest.approx(54 / 101) and told["time_left_s"] == pytest.approx(99 * 54 / 101)
    assert (told["stage"], told["stage_started_at"]) == ("Repeat 2 of 2", 1054.0)


def test_a_count_that_begins_again_has_a_pace_of_its_own() -> None:
    progress = JobProgress(clock=(clock := Clock()))
    progress.report("Generating", 0, 10)
    clock.now += 100
    progress.report("Generating", 10, 10)
    progress.report("Generating", 0, 10)
    clock.now += 1
    progress.report("Generating", 1, 10)
    assert progress.as_json()["time_left_s"] == pytest.approx(9.0)


def test_landed_repeats_are_told_in_order() -> None:
    progress = JobProgress()
    before = progress.version
    progress.landed(18.0)
    progress.landed(16.6)
    assert progress.as_json()["repeats_s"] == [18.0, 16.6]
    assert progress.version == before + 2


def test_long_text_keeps_its_end() -> None:
    progress = JobProgress()
    progress.report("Generating", text="a" * LONGEST_TEXT + "end")
    assert progress.as_json()["text"].endswith("end") and len(progress.as_json()["text"]) == LONGEST_TEXT


class Watch:
    """A job's progress and its reporter, looked at by hand at times of the test's choice."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, expected_s: float | None) -> None:
        self.clock = Clock()
        monkeypatch.setattr("core.jobs.reporter.time.monotonic", self.clock)
        monkeypatch.setattr(Reporter, "_end_process", lambda reporter: None)  # it would end the tests
        self.progress = JobProgress(expected_s, self.clock)
        self._reporter = Reporter(Job(id="j", timeout_s=600.0, expected_s=expected_s), "w", self.progress)

    def is_stopped_after(self, more_s: float) -> bool:
        self.clock.now += more_s
        self._reporter._watch_time()
        try:
            self.progress.check()
        except RunTimedOut:
            return True
        return False


def test_a_timed_workload_keeps_its_limit_whatever_the_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(monkeypatch, expected_s=60.0)
    watch.progress.report("Generating", 0, 50)
    watch.clock.now += 20
    watch.progress.report("Generating", 1, 50)
    assert not watch.is_stopped_after(579)
    assert watch.is_stopped_after(2)


def test_an_untimed_run_that_gets_on_is_not_stopped_at_the_minimum(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(monkeypatch, expected_s=None)
    for step in range(51):
        watch.progress.report("Generating", step, 50)
        assert not watch.is_stopped_after(20)
    watch.progress.report("Decoding")
    assert not watch.is_stopped_after(300)


def test_an_untimed_run_that_hangs_is_stopped_at_the_limit_that_its_last_step_foretold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watch = Watch(monkeypatch, expected_s=None)
    watch.progress.report("Generating", 0, 10)
    assert not watch.is_stopped_after(20)
    watch.progress.report("Generating", 1, 10)
    assert not watch.is_stopped_after(0)  # 20 s so far and 9 x 20 s to go: 10 x 200 s
    assert not watch.is_stopped_after(1970)
    assert watch.is_stopped_after(20)


@pytest.mark.parametrize("expected_s", [None, 60.0])
def test_downloading_does_not_count_against_the_limit(
    expected_s: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(monkeypatch, expected_s)
    for done in range(0, 1000, 100):
        watch.progress.report("Downloading", done, 1000, bytes_per_s=1.0)
        assert not watch.is_stopped_after(500)
    watch.progress.report("Loading")
    assert not watch.is_stopped_after(590)
    assert watch.is_stopped_after(20)


def test_speed_and_text_stay_when_the_steps_have_ended() -> None:
    progress = JobProgress(clock=(clock := Clock()))
    for step in range(11):
        progress.report("Repeat 1 of 1", step, 10, text="Once upon")
        clock.now += 0.5
        progress.as_json()
    progress.landed(5.0)
    progress.report("Looking where the time goes")
    told = progress.as_json()
    assert told["rates"][-1] == (10, 2.0) and told["repeat_rates"] == [(10, 2.0)]
    assert (told["steps"], told["rated_steps"], told["text"]) == (0, 10, "Once upon")


def test_a_download_has_no_line_of_steps() -> None:
    progress = JobProgress(clock=(clock := Clock()))
    for done in range(0, 100, 10):
        progress.report("Downloading", done, 100, bytes_per_s=10.0)
        clock.now += 1
        assert progress.as_json()["rates"] == []


def test_memory_is_told_with_the_time_of_its_reading() -> None:
    progress = JobProgress(clock=(clock := Clock()))
    progress.memory({"computed": [("weights", 5)]})
    assert progress.as_json()["memory"] == {"computed": [("weights", 5)]}
    clock.now += 2
    progress.memory({"now": 9, "before": 3})
    clock.now += 7
    assert progress.as_json()["memory"] == {"computed": [("weights", 5)], "now": 9, "before": 3, "read_at": 1002.0}


def test_the_limit_is_told_once_it_is_measured() -> None:
    progress = JobProgress()
    assert progress.as_json()["limit_per_s"] is None
    progress.limit(14.2)
    assert progress.as_json()["limit_per_s"] == 14.2

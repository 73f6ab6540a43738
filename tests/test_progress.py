"""How fast a call goes and how long it still takes: from what was told, and unknown before."""

from __future__ import annotations

from itertools import pairwise

import pytest

from nasbed.progress import (
    FIRST,
    LONGEST,
    WINDOW,
    Counts,
    Course,
    Pauses,
    Rate,
    amount,
    begin,
    happened,
    line,
    pace,
    silent,
)


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def course(clock: Clock) -> Course:
    return Course("study", clock)


def test_nothing_is_known_before_something_was_done(course: Course, clock: Clock) -> None:
    course("", 400, 1000)
    clock.now += 50
    state = course.state()
    assert (state["done"], state["rate"], state["seconds_left"], state["evaluation_rate"]) == (400, None, None, None)
    assert line(state) == "study: 400 of 1,000 (40 %)"


def test_what_was_stored_before_is_no_speed(course: Course, clock: Clock) -> None:
    begin(course, "runs")
    course("", 400, 1000)
    for done in (410, 420):
        clock.now += 5
        happened(course, Counts(evaluations=500, failed=1 + done % 400 // 20))
        course("RE on C10", done, 1000)
    state = course.state()
    assert (state["rate"], state["evaluation_rate"], state["seconds_left"]) == (2.0, 100.0, 290.0)
    assert line(state) == "RE on C10: 420 of 1,000 runs (42 %), 2 runs/s, 100 evaluations/s, 5 min left, 3 failed"


def test_a_rate_is_that_of_the_last_minute(clock: Clock) -> None:
    rate = Rate(clock())
    for second in range(1, 1001):
        rate.add(clock.now + second, second if second <= 500 else 500 + 10 * (second - 500))
    assert rate.a_second(clock.now + 1000) == pytest.approx(10, rel=0.01)
    assert len(rate._points) <= WINDOW + 2


def test_the_start_of_processes_is_no_speed(clock: Clock) -> None:
    rate = Rate(clock())
    told = {}
    for tenth in range(100, 301):
        rate.add(clock.now + tenth / 10, tenth - 99)
        told[tenth] = rate.a_second(clock.now + tenth / 10)
    assert told[110] is None
    assert told[300] == pytest.approx(10)
    assert len(rate._points) < 110


def test_trainings_that_end_together_are_no_faster(clock: Clock) -> None:
    rate = Rate(clock())
    for minute in (30, 60, 90):
        for worker in range(8):
            rate.add(clock.now + 60 * minute + worker, 8 * minute // 30 - 7 + worker)
        assert rate.a_second(clock.now + 60 * minute + 7) == pytest.approx(8 / 1800, rel=0.2)


def test_slow_trainings_have_a_rate_and_a_standstill_lowers_it(clock: Clock) -> None:
    rate = Rate(clock())
    for hour in (1, 2, 3):
        rate.add(clock.now + 3600 * hour, hour)
    assert rate.a_second(clock.now + 3 * 3600) == pytest.approx(1 / 3600)
    assert rate.a_second(clock.now + 4 * 3600) == pytest.approx(1 / 7200)


def test_another_total_or_unit_begins_anew(course: Course, clock: Clock) -> None:
    course("searching", 0, 10)
    for done in (5, 10):
        clock.now += 1
        course("searching", done, 10)
    assert course.state()["rate"] == 5
    begin(course, "retrainings")
    course("retraining", 0, 4)
    assert course.state()["rate"] is None
    for done in (1, 2):
        clock.now += 2
        course("retraining", done, 4)
    assert pace(course.state()) == ["30 retrainings/min", "4 s left"]


def test_other_work_begins_with_counts_of_its_own(course: Course, clock: Clock) -> None:
    begin(course, "seconds")
    course("searching", 0, 60)
    for _ in range(2):
        clock.now += 15
        happened(course, Counts(evaluations=2, failed=1))
    begin(course, "epochs", anew=True)
    course("seed 1 of 3", 0, 81)
    assert pace(course.state()) == []
    for epoch in (27, 54):
        clock.now += 60
        happened(course, Counts(evaluations=1))
        course("seed 1 of 3", epoch, 81)
    assert pace(course.state()) == ["27 epochs/min", "1 evaluations/min", "1 min left"]


def test_seconds_pass_and_are_not_counted(course: Course, clock: Clock) -> None:
    begin(course, "seconds")
    course("searching", 0, 120)
    for _ in range(2):
        clock.now += 15
        happened(course, Counts(evaluations=2, failed=1, retried=2))
    course("searching", 25, 120)
    clock.now += 5
    assert course.state()["done"] == 30
    assert pace(course.state()) == ["6 evaluations/min", "2 min left", "2 failed", "4 retried"]


def test_a_total_may_be_unknown(course: Course, clock: Clock) -> None:
    course("reading", 5, 0)
    clock.now += 1
    course("reading", 7, 0)
    assert course.state()["seconds_left"] is None
    assert amount(course.state()) == "7"


def test_progress_of_three_arguments_is_told_nothing_more() -> None:
    begin(silent, "runs")
    happened(silent, Counts(1))


def test_lines_come_ever_more_seldom_down_to_one_a_minute(clock: Clock) -> None:
    pauses, said = Pauses(clock()), []
    for tenth in range(6000):
        if pauses.over(clock.now + tenth / 10):
            said.append(tenth / 10)
    gaps = [late - early for early, late in pairwise(said)]
    assert said[0] == FIRST
    assert gaps == sorted(gaps)
    assert gaps[-1] == pytest.approx(LONGEST)

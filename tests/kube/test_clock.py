from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from ktui.kube.clock import SIMULATED, ServerClock

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Machine:
    """A machine whose clock can be set."""

    def __init__(self) -> None:
        self.time = NOON
        self.steady = 0.0
        self.clock = ServerClock(lambda: self.time, lambda: self.steady)

    def pass_(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)
        self.steady += seconds

    def hears(self, ahead: float, took: float = 0.1, **headers: str) -> None:
        """An answer of a server whose clock shows so much more."""
        date = format_datetime((self.time + timedelta(seconds=ahead)).replace(microsecond=0), usegmt=True)
        self.clock.heard({"Date": date, **headers}, took)

    @property
    def ahead(self) -> float:
        return self.clock.offset.total_seconds()


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.mark.parametrize("ahead", [3600.0, -3600.0, 90.0, -86400.0 * 400])
def test_a_clock_that_is_off_is_gone_by(machine: Machine, ahead: float) -> None:
    machine.hears(ahead)
    assert abs(machine.ahead - ahead) <= 1
    assert abs((machine.clock.now() - NOON).total_seconds() - ahead) <= 1


@pytest.mark.parametrize("ahead", [0.0, 1.0, -0.9])
def test_clocks_that_agree_are_one(machine: Machine, ahead: float) -> None:
    for _ in range(20):
        machine.pass_(0.3)
        machine.hears(ahead)
    assert machine.ahead == 0
    assert machine.clock.notes == ()


def test_the_time_does_not_jitter(machine: Machine) -> None:
    machine.hears(3600)
    before = machine.ahead
    for number in range(50):
        machine.pass_(1.37)
        machine.hears(3600 + (number % 3) * 0.5, took=0.2 * (number % 4))
        assert machine.ahead == before


def test_one_odd_answer_among_others_moves_nothing(machine: Machine) -> None:
    for _ in range(5):
        machine.hears(0)
    machine.hears(-7200)
    machine.hears(0, took=60.0)
    assert machine.ahead == 0


def test_an_answer_that_took_long_tells_nothing(machine: Machine) -> None:
    machine.hears(3600, took=30.0)
    assert machine.ahead == 0


def test_a_machine_whose_clock_is_set_learns_anew(machine: Machine) -> None:
    for _ in range(9):
        machine.hears(3600)
    machine.time += timedelta(hours=1)
    machine.hears(0)
    assert machine.ahead == 0


@pytest.mark.parametrize("hours", [1, -1, 24 * 400])
@pytest.mark.parametrize("ahead", [0.0, -7200.0])
def test_a_machine_whose_clock_is_set_goes_on_as_before_until_it_learns(
    machine: Machine, ahead: float, hours: int
) -> None:
    machine.hears(ahead)
    before = machine.clock.now()
    machine.time += timedelta(hours=hours)
    machine.pass_(5)
    assert machine.clock.now() - before == timedelta(seconds=5)
    machine.hears(ahead - 3600 * hours)
    assert abs(machine.clock.now() - before - timedelta(seconds=5)) <= timedelta(seconds=1.5)


def test_a_machine_that_slept_knows_how_long(machine: Machine) -> None:
    machine.hears(0)
    machine.pass_(3600)
    assert machine.clock.now() == NOON + timedelta(hours=1)


@pytest.mark.parametrize(
    "date", ["", "soon", "Mon, 99 Nov 2026 12:00:00 GMT", "Fri, 31 Dec 99999 23:59:59 GMT", "x" * 9999]
)
def test_what_is_no_date_tells_nothing(machine: Machine, date: str) -> None:
    machine.clock.heard({"Date": date}, 0.1)
    assert machine.ahead == 0


def test_it_is_said_where_it_is_much(machine: Machine) -> None:
    machine.hears(3600)
    assert machine.clock.notes == ("The clock of this machine is 1h behind the cluster's: ages go by the cluster's.",)
    machine.hears(3600, Server=SIMULATED)
    assert not machine.clock.notes


@pytest.mark.parametrize("year", [9999, 2400])
def test_a_year_that_no_clock_shows_is_a_slip(year: int) -> None:
    clock = ServerClock(lambda: NOON, lambda: 0.0)
    clock.heard({"Date": f"Fri, 31 Dec {year:04} 23:59:59 GMT"}, 0.0)
    assert clock.now() == NOON

"""The device's time: exact to who reads it, told to observers once a minute, settable."""

from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
import pytest
from tag_client import Reader, device_for

from onboardee.device.simulation.profile import load

CLOCK, STAMP = "/time/clock", "/time/stamp"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Wall:
    """A light whose time of day is noon and the seconds that a test lets pass."""

    def __init__(self, **surroundings: Any) -> None:
        self._readers: list[Reader] = []
        self.device = device_for(load("updatable-light"), wall_clock=self.date, **surroundings)
        self.device.tick(0.0)  # what has begun with the start is told before anybody observes
        self._readers.append(Reader(self.device))

    @property
    def reader(self) -> Reader:
        """The client."""
        return self._readers[0]

    def date(self) -> datetime:
        """Return the time of day."""
        return NOON + timedelta(seconds=sum(each.now for each in self._readers))

    def read(self, href: str) -> Any:
        """Read a resource."""
        code, found, _ = self.reader.read(href)
        assert code == "2.05"
        return found

    def run(self, seconds: float) -> list[tuple[float, Any]]:
        """Let time pass; return what observers were sent, and when."""
        reader = self.reader
        until, heard = reader.now + seconds, []
        while (due := self.device.next_deadline()) is not None and due <= until:
            reader.now = max(reader.now, due)
            reader.do(self.device.tick(reader.now))
            heard += [(reader.now, cbor2.loads(each.payload)) for each in reader.heard()]
        reader.now = until
        return heard


def test_a_read_gets_the_time_of_the_read() -> None:
    """To the second, although the device wakes up for its clocks once a minute."""
    wall = Wall()
    for seconds, shown in ((0, "12:00:00"), (7, "12:00:07"), (30, "12:00:37"), (83, "12:02:00")):
        wall.run(seconds)
        assert wall.read(CLOCK) == {"datetime": f"2026-06-01T{shown}Z"}
        assert wall.read(STAMP) == {"timestamp": f"2026-06-01T{shown}Z"}
    due = wall.device.next_deadline()
    assert due is not None
    assert due - wall.reader.now > 30


def test_the_same_question_again_gets_another_answer() -> None:
    """Answers that are remembered are looked at for whether the time has passed; so are tags."""
    wall = Wall()
    _, first, tag = wall.reader.read(STAMP)
    assert wall.reader.read(STAMP, etags=(tag,))[0] == "2.03"
    wall.run(1)
    code, second, other = wall.reader.read(STAMP, etags=(tag,))
    assert (code, second != first, other != tag) == ("2.05", True, True)


@pytest.mark.parametrize("href", [CLOCK, STAMP])
def test_observers_hear_once_a_minute(href: str) -> None:
    """At full minutes, with the time of then, however often somebody reads meanwhile."""
    wall = Wall()
    wall.reader.ask(href, observe=0, token=b"clock")
    heard = []
    for _ in range(180):
        heard += wall.run(1)
        wall.read(href)
    assert [moment for moment, _ in heard] == [60, 120, 180]
    assert [next(iter(shown.values()))[11:19] for _, shown in heard] == [
        "12:01:00",
        "12:02:00",
        "12:03:00",
    ]


def test_a_clock_that_a_client_sets_goes_on_from_there() -> None:
    """In the zone in which it was set; observers hear at once; the device's own time stays."""
    wall = Wall()
    wall.reader.ask(CLOCK, observe=0, token=b"clock")
    wall.run(10)
    answer = wall.reader.ask(CLOCK, body={"datetime": "2031-02-03T04:05:06+09:00"})
    assert answer.code.dotted == "2.04"
    (told,) = wall.reader.heard()
    assert cbor2.loads(told.payload) == {"datetime": "2031-02-03T04:05:06+09:00"}
    wall.run(5)
    assert wall.read(CLOCK) == {"datetime": "2031-02-03T04:05:11+09:00"}
    assert wall.read(STAMP) == {"timestamp": "2026-06-01T12:00:15Z"}


def test_a_time_stamp_is_not_written() -> None:
    """The model has it read-only: another value is 4.00."""
    wall = Wall()
    answer = wall.reader.ask(
        STAMP, "if=oic.if.baseline", body={"timestamp": "2031-02-03T04:05:06Z"}
    )
    assert answer.code.dotted in {"4.00", "4.05"}
    assert wall.read(STAMP) == {"timestamp": "2026-06-01T12:00:00Z"}


def test_it_is_the_time_of_the_devices_world() -> None:
    """At 60 s a second a minute passes in one; after a leap it is later; paused it stands."""
    wall = Wall(speed=60)
    wall.run(2)
    assert wall.read(STAMP) == {"timestamp": "2026-06-01T12:02:00Z"}
    device, now = wall.device.device, wall.reader.now
    wall.device.act(device.change_pace(1.0, now, is_paused=True), now)
    wall.run(100)
    assert wall.read(STAMP) == {"timestamp": "2026-06-01T12:02:00Z"}
    now = wall.reader.now
    wall.device.act(device.change_pace(None, now, is_paused=False), now)
    wall.device.act(device.skip(3600.0, now), now)
    wall.run(0)
    assert wall.read(STAMP) == {"timestamp": "2026-06-01T13:02:00Z"}

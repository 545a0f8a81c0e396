"""What Prometheus is told of devices: events are counted, transfers and commits are timed."""

from uuid import UUID

import pytest
from prometheus_client import generate_latest

from onboardee.device.events import (
    AccessDenied,
    AnswersWithheld,
    Bus,
    DeviceFault,
    DeviceReset,
    Event,
    HandshakeRefused,
    MethodSelected,
    RequestServed,
    SessionEnded,
    SessionOpened,
    StateChanged,
    StorageFailed,
)
from onboardee.device.metrics.measures import Counting, Measures

NEW = UUID(int=5)


def _served(code: str | None) -> RequestServed:
    return RequestServed(
        peer="::1", method="GET", href="/a", query=(), payload=None, code=code, answer=None
    )


EVENTS: dict[str, tuple[Event, str]] = {
    "a request": (_served("2.05"), 'requests_total{code="2.05",method="GET"}'),
    "a request without an answer": (_served(None), 'requests_total{code="none",method="GET"}'),
    "a refusal": (
        AccessDenied(subject="", peer="::1", method="GET", href="/a", rule="acl", reason=""),
        'refusals_total{rule="acl"}',
    ),
    "a session": (
        SessionOpened(peer="::1", suite="X", identity=""),
        'handshakes_total{result="established",suite="X"}',
    ),
    "a refused handshake": (
        HandshakeRefused(peer="::1", reason="", alert="bad_mac"),
        'handshakes_total{result="bad_mac",suite=""}',
    ),
    "a failed handshake": (
        HandshakeRefused(peer="::1", reason="", alert=None),
        'handshakes_total{result="failed",suite=""}',
    ),
    "the end of a session": (
        SessionEnded(peer="::1", reason="idle"),
        'sessions_ended_total{reason="idle"}',
    ),
    "withheld answers": (AnswersWithheld(peer="::1"), "answers_withheld_total"),
    "a change that was not stored": (StorageFailed(reason=""), "commits_failed_total"),
    "an error in the program": (DeviceFault(reason="", where=()), "program_faults_total"),
    "a reset": (DeviceReset(device_uuid=NEW), "resets_total"),
}


@pytest.mark.parametrize("what", EVENTS)
def test_each_kind_of_event_has_its_counter(what: str) -> None:
    """It is one higher after the event, under labels that no peer chooses."""
    measures, bus = Measures(), Bus()
    Counting(measures, bus)
    event, sample = EVENTS[what]
    bus.publish(event)
    assert f"onboardee_{sample} 1.0" in generate_latest(measures.registry).decode()


RFNOP, RESET = StateChanged(before="", after="RFNOP"), StateChanged(before="", after="RESET")
CHOSEN = MethodSelected(method="oic.sec.doxm.jw")


@pytest.mark.parametrize(
    ("events", "results"),
    [
        ([CHOSEN, RFNOP], {"owned": 1}),
        ([CHOSEN, RESET], {"given up": 1}),
        ([CHOSEN, DeviceReset(device_uuid=NEW)], {"given up": 1}),
        ([CHOSEN, RESET, DeviceReset(device_uuid=NEW)], {"given up": 1}),
        ([CHOSEN, CHOSEN, RFNOP], {"begun again": 1, "owned": 1}),
        ([CHOSEN, RFNOP, RESET], {"owned": 1}),
        ([RFNOP], {}),
        ([CHOSEN], {}),
    ],
)
def test_each_transfer_has_one_result(events: list[Event], results: dict[str, int]) -> None:
    """Owned, given up or begun again; one under way has none yet."""
    measures, bus = Measures(), Bus()
    Counting(measures, bus)
    for event in events:
        bus.publish(event)
    told = [line for line in _lines(measures) if line.startswith("onboardee_onboardings_total")]
    assert len(told) == len(results)
    for result, count in results.items():
        method = 'method="oic.sec.doxm.jw"'
        assert f'onboardee_onboardings_total{{{method},result="{result}"}} {count}.0' in told


def test_a_transfer_is_timed_from_the_choice_of_its_method() -> None:
    """Until the device is in normal operation."""
    measures, bus, times = Measures(), Bus(), iter([10.0, 12.5])
    Counting(measures, bus, lambda: next(times))
    bus.publish(CHOSEN)
    bus.publish(RFNOP)
    assert 'onboardee_onboarding_seconds_sum{method="oic.sec.doxm.jw"} 2.5' in _lines(measures)


def _lines(measures: Measures) -> list[str]:
    return generate_latest(measures.registry).decode().splitlines()

"""Searches that reach many devices of one process at once."""

import time

from onboardee.device.machine import groups
from onboardee.device.machine.groups import MAX_WAITING, GroupRequests
from onboardee.device.simulation.profile import load
from onboardee.device.testing import MemoryNetwork, memory_device
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Path

SEARCH = b"\x54\x01\x00\x01\x01\x02\x03\x04\xb3oic\x03res"
FROM = Path("127.0.0.1", 5683, "127.0.0.1", 40000, multicast=True)


def waiting() -> GroupRequests:
    """Make the waiting place of a light."""
    return GroupRequests(load("light").discovery, SeededEntropy(1))


def test_a_search_waits_for_its_answer_and_is_served_then() -> None:
    """Nothing leaves when it arrives; within the leisure one answer does, and only one."""
    light = memory_device(MemoryNetwork(), "light")
    longest = light.profile.discovery.other_delay
    assert light.receive(SEARCH, FROM, 1.0) == []
    assert light.receive(SEARCH, FROM, 1.1) == []
    due = light.next_deadline()
    assert due is not None
    assert 1.0 < due <= 1.0 + longest
    (answer,) = light.tick(due)
    assert answer.datagram[1] == 0x45
    assert light.tick(1.0 + longest) == []


def test_it_is_answered_by_what_the_device_is_then() -> None:
    """The state at the time of the answer counts: one that is about to reset says nothing."""
    light = memory_device(MemoryNetwork(), "light")
    light.receive(SEARCH, FROM, 1.0)
    light.device.parts.lifecycle.schedule_reset("for the test")
    due = light.next_deadline()
    assert due is not None
    assert light.tick(due) == []


def test_searches_that_wait_are_bounded() -> None:
    """A flood of searches is answered at once beyond a bound, and what is no request never."""
    here = waiting()
    searches = (
        SEARCH[:2] + number.to_bytes(2, "big") + SEARCH[4:] for number in range(MAX_WAITING + 10)
    )
    taken = [here.put(search, FROM, 0.0) for search in searches]
    assert here.put(b"nonsense", FROM, 0.0)
    assert taken == [True] * MAX_WAITING + [False] * 10


def test_one_search_is_parsed_once_for_all() -> None:
    """A thousand devices look at the same datagram, and cost the loop some milliseconds."""
    groups.parsed.cache_clear()
    places = [waiting() for _ in range(1000)]
    began = time.process_time()
    for each in places:
        each.put(SEARCH, FROM, 0.0)
    assert time.process_time() - began < 0.1
    assert groups.parsed.cache_info().misses == 1


def test_how_long_answers_to_a_search_may_wait() -> None:
    """Who searches for devices without an owner may wait for 2 s, others for a quarter of one."""
    doxm = SEARCH[:-4] + b"\x03sec\x04doxm"
    waits: dict[bytes, list[float]] = {SEARCH: [], doxm: []}
    for seed in range(50):
        for search, found in waits.items():
            here = GroupRequests(load("light").discovery, SeededEntropy(seed))
            assert here.put(search, FROM, 0.0)
            found.append(here.next_deadline() or 0.0)
    assert 0.2 < max(waits[SEARCH]) <= 0.25
    assert 1.5 < max(waits[doxm]) <= 2.0

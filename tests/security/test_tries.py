"""Tries of the PIN: by one host, and by all together."""

import pytest

from onboardee.device.access.sources import source_of
from onboardee.device.security.tries import A_MINUTE, AN_HOUR, HOSTS, Tries, all_a_minute
from onboardee.wire.path import Path

FOUR_DIGITS, EIGHT_DIGITS = 10**4, 10**8


def test_a_host_has_few_tries_a_minute() -> None:
    """After six tries a host waits until the first is a minute old; another host need not."""
    tries = Tries(EIGHT_DIGITS)
    assert [tries.begin("a", now) for now in range(A_MINUTE + 2)] == [True] * A_MINUTE + [False] * 2
    assert tries.begin("b", 8)
    assert not tries.begin("a", 59.9)
    assert tries.begin("a", 60)
    assert not tries.begin("a", 60)


def test_a_host_has_few_tries_an_hour() -> None:
    """However patient a host is, it has twenty tries an hour."""
    tries = Tries(EIGHT_DIGITS)
    begun = [now for now in range(0, 7200, 10) if tries.begin("a", now)]
    assert sum(now < 3600 for now in begun) == AN_HOUR
    assert len(begun) == 2 * AN_HOUR


@pytest.mark.parametrize(
    ("pins", "expected"), [(FOUR_DIGITS, 10), (10**6, 10), (10**7, 100), (EIGHT_DIGITS, 1000)]
)
def test_all_hosts_have_as_many_as_the_pin_allows(pins: int, expected: int) -> None:
    """Guessing from any number of hosts finds one PIN of 100,000 within a minute at most."""
    tries = Tries(pins)
    assert all_a_minute(pins) == expected
    assert sum(tries.begin(number, 1.0) for number in range(2000)) == expected
    assert not tries.begin("late", 60.9)
    assert tries.begin("late", 61.0)


def test_a_crowd_is_not_remembered_for_ever() -> None:
    """What is known of hosts has a bound; the one that tried last is remembered."""
    tries = Tries(10**16)
    for number in range(3 * HOSTS):
        for _ in range(2):
            tries.begin(number, 60.0 * number)
    assert len(tries._of_hosts) == HOSTS
    assert 3 * HOSTS - 1 in tries._of_hosts


def test_what_is_one_host() -> None:
    """Elsewhere a /64 of IPv6 is one host, on the link each address is."""

    def at(host: str, *, on_link: bool = False, port: int = 1) -> object:
        return source_of(Path("2001:db8::1", 5684, host, port, on_link=on_link))

    assert at("2001:db8:1:1::1") == at("2001:db8:1:1:2::2", port=2)
    assert at("2001:db8:1:1::1") != at("2001:db8:1:2::1")
    assert at("192.0.2.1") != at("192.0.2.2")
    assert at("192.0.2.1") == at("192.0.2.1", port=2)
    assert at("fe80::1%eth0", on_link=True) != at("fe80::2%eth0", on_link=True)
    assert at("2001:db8:1:1::1", on_link=True) != at("2001:db8:1:1::2", on_link=True)

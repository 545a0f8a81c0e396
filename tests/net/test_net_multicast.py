"""Multicast in a network of its own, where the machine allows to make one (root, iproute2)."""

from pathlib import Path

import pytest
from network_support import needs_a_network, seen_in

SCENARIO = Path(__file__).with_name("multicast_scenario.py")
pytestmark = needs_a_network


@pytest.fixture(scope="module")
def observed() -> dict[str, object]:
    """Run the scenario once: discovery over both families, then interfaces that come and go."""
    return dict(seen_in(SCENARIO))


def test_groups_are_joined_on_the_interface(observed: dict[str, object]) -> None:
    """OCF's four groups are joined and reported, and CoAP's on loopback."""
    assert observed["joined"] == [
        "224.0.1.187%lo",
        "224.0.1.187%va",
        "ff02::158%va",
        "ff03::158%va",
        "ff05::158%va",
    ]


@pytest.mark.parametrize("group", ["224.0.1.187", "ff02::158", "ff03::158", "ff05::158"])
def test_discovery_is_answered_from_the_unicast_port(
    observed: dict[str, object], group: str
) -> None:
    """A search sent to a group is answered once, from the device's own port of that family."""
    assert observed[group] == {"answers": 1, "from_own_port": True, "uuid_matches": True}


def test_a_search_over_loopback_is_answered(observed: dict[str, object]) -> None:
    """A tool on the same machine finds the device over loopback, also where nothing else is up.

    Then there is the warning all the same, as nobody else can find it.
    """
    answered = {"answers": 1, "from_own_port": True, "uuid_matches": True}
    assert observed["lo"] == answered
    said = ["net.multicast", "net.no_multicast"]
    assert observed["loopback"] == {"found": answered, "said": said}


def test_unicast_to_the_multicast_port_is_not_ours(observed: dict[str, object]) -> None:
    """What is sent to a unicast address and port 5683 does not reach a device on other ports."""
    assert observed["unicast_5683"] == {"answers": 0}


def test_new_interface_is_joined_while_running(observed: dict[str, object]) -> None:
    """An interface that appears is joined without a restart."""
    assert "224.0.1.187%vc" in str(observed["after_appearing"])


def test_lost_interface_is_left_while_running(observed: dict[str, object]) -> None:
    """An interface that disappears is forgotten, and the others go on."""
    assert "vc" not in str(observed["after_disappearing"])
    assert "224.0.1.187%va" in str(observed["after_disappearing"])


@pytest.mark.parametrize("kernel", ["at_5683", "at_5683_of_an_old_kernel"])
def test_a_search_is_served_once_at_the_multicast_port(
    observed: dict[str, object], kernel: str
) -> None:
    """With `--port 5683` each search is served and answered once, whatever the kernel has."""
    assert observed[kernel] == {
        "224.0.1.187": [1, 1],
        "ff02::158": [1, 1],
        "10.78.0.1": [1, 1],
    }


def test_a_device_that_nobody_finds_says_so(observed: dict[str, object]) -> None:
    """Without an interface for multicast there is a warning; else there is none."""
    assert observed["lonely"] == ["net.multicast", "net.no_multicast"]

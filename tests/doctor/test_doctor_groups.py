"""Multicast groups, as the doctor sees and tries them."""

from pathlib import Path

from machine_on_paper import ETH0, LO, write

from onboardee.device.doctor import groups
from onboardee.device.doctor.finding import Verdict
from onboardee.device.net.interfaces import Interface

IGMP = """\
Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter
1\tlo        :     1      V3
\t\t\t\t010000E0     1 0:00000000\t\t0
2\teth0      :     2      V3
\t\t\t\tBB0100E0     1 0:00000000\t\t0
\t\t\t\t010000E0     1 0:00000000\t\t0
"""
IGMP6 = """\
1    lo              ff020000000000000000000000000001     1 0000000C 0
2    eth0            ff020000000000000000000000000158     1 0000000C 0
2    eth0            ff050000000000000000000000000158     1 0000000C 0
"""


def test_the_groups_that_are_joined_are_read_from_the_kernel(tmp_path: Path) -> None:
    """OCF's groups are told with their interfaces, other groups are not."""
    write(tmp_path, "proc/net/igmp", IGMP)
    write(tmp_path, "proc/net/igmp6", IGMP6)
    (found,) = groups.look([LO, ETH0], tmp_path)
    assert found.verdict is Verdict.WELL
    assert found.says == "joined: 224.0.1.187%eth0, ff02::158%eth0, ff05::158%eth0"


def test_an_interface_on_which_nobody_joined_is_told(tmp_path: Path) -> None:
    """A device that listens on one interface is not found over another one."""
    write(tmp_path, "proc/net/igmp", IGMP)
    _, other = groups.look([ETH0, Interface("eth1", 3, ("198.51.100.1",), ())], tmp_path)
    assert (other.verdict, other.about) == (Verdict.HINT, "eth1")


def test_a_machine_without_a_device_is_told_how_to_run_one(tmp_path: Path) -> None:
    """Where no program has joined a group, none is there to be found."""
    (found,) = groups.look([ETH0], tmp_path)
    assert found.advice == "onboardee run light"


def test_a_multicast_that_does_not_come_back_is_a_fault_outside_loopback() -> None:
    """Each group is tried on each interface that has addresses of its version of IP."""
    tried: list[tuple[str, str]] = []

    def lost(interface: Interface, group: str) -> str | None:
        tried.append((interface.name, group))
        return "not seen"

    found = list(groups.heard([ETH0, LO], lost))
    assert tried == [
        ("lo", "224.0.1.187"),
        ("lo", "ff02::158"),
        ("eth0", "224.0.1.187"),
        ("eth0", "ff02::158"),
    ]
    assert [(each.about, each.verdict) for each in found] == [
        ("224.0.1.187%eth0", Verdict.FAULT),
        ("ff02::158%eth0", Verdict.FAULT),
    ]


def test_a_multicast_to_oneself_comes_back_over_loopback() -> None:
    """What is sent to the group over loopback is seen on it."""
    assert groups.send_to_oneself(Interface("lo", 1, ("127.0.0.1",), ()), "224.0.1.187") is None


def test_a_group_on_no_interface_is_an_error_in_words() -> None:
    """What the system says against it is the answer."""
    nowhere = Interface("gone0", 4_000, ("127.0.0.1",), ())
    assert groups.send_to_oneself(nowhere, "224.0.1.187") == "No such device"

"""Network interfaces, as the doctor sees them."""

from pathlib import Path

import pytest
from machine_on_paper import ETH0, LO, UP, link, write

from onboardee.device.doctor import links
from onboardee.device.doctor.finding import Verdict
from onboardee.device.net.interfaces import Interface


def _found(root: Path, *known: Interface) -> dict[str, list[Verdict]]:
    found: dict[str, list[Verdict]] = {}
    for each in links.look(known, root):
        found.setdefault(each.about, []).append(each.verdict)
    return found


def test_a_machine_with_a_cable_is_well(tmp_path: Path) -> None:
    """Nothing is wrong with an interface that is up and carries multicast, nor with IPv6."""
    link(tmp_path, "eth0")
    assert _found(tmp_path, LO, ETH0) == {"eth0": [Verdict.WELL], "IPv6": [Verdict.WELL]}


def test_a_machine_without_a_network_is_told_so(tmp_path: Path) -> None:
    """With loopback alone nobody else can find a device."""
    link(tmp_path, "lo", "0x9")
    assert _found(tmp_path, LO)["interfaces"] == [Verdict.FAULT]


@pytest.mark.parametrize(
    ("flags", "kind", "verdict", "words"),
    [
        ("0x1002", "", Verdict.HINT, "ip link set eth0 up"),
        ("0x3", "", Verdict.FAULT, "ip link set eth0 multicast on"),
        (UP, "DEVTYPE=wlan\n", Verdict.HINT, "client isolation"),
        (UP, "DEVTYPE=vlan\n", Verdict.HINT, "VLAN"),
    ],
)
def test_what_hinders_on_an_interface_comes_with_what_to_do(
    tmp_path: Path, flags: str, kind: str, verdict: Verdict, words: str
) -> None:
    """Down, without multicast, wireless, and a VLAN: each has its advice."""
    link(tmp_path, "eth0", flags, kind)
    found = [each for each in links.look([ETH0], tmp_path) if each.about == "eth0"]
    assert found[-1].verdict is verdict
    assert words in found[-1].advice


def test_a_bridge_of_containers_reaches_nobody_else(tmp_path: Path) -> None:
    """With only a bridge to containers, no other machine finds a device."""
    link(tmp_path, "docker0")
    found = _found(tmp_path, Interface("docker0", 3, ("172.17.0.1",), ()))
    assert found["interfaces"] == [Verdict.FAULT]
    assert found["docker0"] == [Verdict.WELL, Verdict.HINT]


def test_ipv6_switched_off_is_told(tmp_path: Path) -> None:
    """Tools that search by IPv6 only find nothing on a machine without it."""
    link(tmp_path, "eth0")
    write(tmp_path, "proc/sys/net/ipv6/conf/all/disable_ipv6", "1\n")
    assert _found(tmp_path, ETH0)["IPv6"] == [Verdict.HINT]

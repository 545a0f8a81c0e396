"""The machine itself, as the doctor sees it."""

from pathlib import Path

import pytest
from machine_on_paper import link, write

from onboardee.device.doctor import system
from onboardee.device.doctor.finding import Verdict


@pytest.mark.parametrize(
    ("interfaces", "mark", "verdicts"),
    [
        (("eth0",), "run/.containerenv", [Verdict.HINT]),
        (("eth0", "wlan0"), ".dockerenv", [Verdict.WELL]),
        (("eth0",), "etc/hostname", []),
    ],
)
def test_a_container_with_a_network_of_its_own_is_told(
    tmp_path: Path, interfaces: tuple[str, ...], mark: str, verdicts: list[Verdict]
) -> None:
    """Searches do not reach it by published ports; outside of containers nothing is said."""
    for each in ("lo", *interfaces):
        link(tmp_path, each)
    write(tmp_path, mark, "")
    assert [each.verdict for each in system.container(tmp_path)] == verdicts


def test_a_clock_that_was_never_set_is_a_fault(tmp_path: Path) -> None:
    """A Raspberry Pi without a network begins in the past, and refuses every certificate."""
    (never_set,) = system.clock(tmp_path, now=0.0)
    (later,) = system.clock(tmp_path, now=system.EARLIEST + 1.0)
    assert (never_set.verdict, later.verdict) == (Verdict.FAULT, Verdict.WELL)


def test_the_time_of_a_sync_is_measured_where_state_will_be(tmp_path: Path) -> None:
    """Also where the directory itself is made later; nothing is left behind."""
    (found,) = system.disk(tmp_path / "not" / "yet")
    assert f"a change is durable in {tmp_path} after" in found.says
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("allowed", "verdict"), [(256, Verdict.HINT), (65536, Verdict.WELL), (-1, Verdict.WELL)]
)
def test_the_limit_of_files_is_told_in_devices(allowed: int, verdict: Verdict) -> None:
    """A fleet needs file descriptors; the advice says how to get more."""
    (found,) = system.limits(allowed)
    assert found.verdict is verdict


@pytest.mark.parametrize(
    ("flags", "verdicts"),
    [
        ("flags : fpu aes sse2", [Verdict.WELL]),
        ("Features : fp asimd evtstrm", [Verdict.HINT]),
        ("", []),
    ],
)
def test_a_processor_without_aes_is_told(
    tmp_path: Path, flags: str, verdicts: list[Verdict]
) -> None:
    """Records take longer there; where nothing is known nothing is said."""
    write(tmp_path, "proc/cpuinfo", flags)
    assert [each.verdict for each in system.cryptography(tmp_path)][1:] == verdicts

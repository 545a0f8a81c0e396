"""The machine itself: containers, clock, disk, limits, and what makes cryptography quick.

What slows a device down is measured where it can be: the time of a sync is that of the directory
where devices keep their state, as `/tmp` is often in memory. The other checks compare with what a
device needs.
"""

import os
import platform
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from onboardee.device.doctor.finding import MACHINE, CheckResult, fault, hint, text, well

SOCKETS: Final = 4
"""File descriptors that a device with a pair of ports on both versions of IP has open."""
SPARE: Final = 64
"""File descriptors for everything else."""
SLOW_SYNC: Final = 0.05
"""Seconds for one sync above which a tool notices; a transfer makes about 13."""
SYNCS: Final = 5
"""How many are measured; the median counts, as the first may have others' writes to wait for."""
EARLIEST: Final = 1_767_225_600
"""2026-01-01: an earlier time is that of a machine without a clock."""


def container(root: Path = MACHINE) -> Iterator[CheckResult]:
    """Yield a finding where this runs in a container, whose network may be one of its own."""
    marks = (root / ".dockerenv", root / "run/.containerenv")
    if not any(mark.exists() for mark in marks):
        return
    links = [each.name for each in (root / "sys/class/net").glob("*") if each.name != "lo"]
    if links == ["eth0"]:
        yield hint(
            "container",
            "this is a container with an interface of its own: published ports carry requests, but"
            " no searches by multicast, and /oic/res tells the inner address",
            "run it on the host's network (--network host) or on a macvlan network",
        )
    else:
        yield well("container", "this is a container that sees several interfaces")


def clock(root: Path = MACHINE, now: float | None = None) -> Iterator[CheckResult]:
    """Yield whether the time can be right: certificates and access rules have validity periods."""
    seconds = time.time() if now is None else now
    shown = time.strftime("%Y-%m-%d %H:%M", time.gmtime(seconds))
    if seconds < EARLIEST:
        yield fault(
            "clock",
            f"says {shown} UTC: certificates that are valid today are refused",
            "timedatectl set-ntp true, or date -s 'YYYY-MM-DD HH:MM'",
        )
    elif (root / "run/systemd/timesync/synchronized").exists():
        yield well("clock", f"says {shown} UTC, and is kept right over the network")
    else:
        yield well("clock", f"says {shown} UTC; nothing here tells whether it is kept right")


def disk(home: Path) -> Iterator[CheckResult]:
    """Measure how long a change takes to be durable where devices keep their state."""
    place = next(each for each in (home, *home.parents) if each.is_dir())
    try:
        took = _sync_time(place)
    except OSError as error:
        yield fault(
            "disk",
            f"nothing can be written in {place}: {error.strerror}",
            "choose another --state-dir",
        )
        return
    shown = f"a change is durable in {place} after {took * 1000:.1f} ms"
    if took > SLOW_SYNC:
        yield hint(
            "disk",
            f"{shown}: tools wait for it",
            "keep the state on another disk, with --state-dir",
        )
    else:
        yield well("disk", shown)


def _sync_time(place: Path) -> float:
    """Return the seconds of one sync in a directory. Raises OSError."""
    times: list[float] = []
    with tempfile.TemporaryFile(dir=place) as file:
        for _ in range(SYNCS):
            file.write(bytes(512))
            file.flush()
            start = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - start)
    return statistics.median(times)


def limits(allowed: int | None = None) -> Iterator[CheckResult]:
    """Yield for how many devices there are file descriptors."""
    if allowed is None:
        allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if allowed == resource.RLIM_INFINITY:
        yield well("limits", "any number of files may be open")
        return
    devices = max(0, allowed - SPARE) // SOCKETS
    says = f"{allowed} files may be open, enough for {devices} devices with ports of their own"
    if devices < 1000:
        yield hint("limits", says, "ulimit -n 65536, or LimitNOFILE= of the service")
    else:
        yield well("limits", says)


def cryptography(root: Path = MACHINE) -> Iterator[CheckResult]:
    """Yield what runs, and whether the processor helps with AES."""
    # OpenSSL is loaded for this line only
    from cryptography.hazmat.backends.openssl import backend  # noqa: PLC0415

    python = f"Python {platform.python_version()} on {platform.machine()}"
    yield well("program", f"{python}, {backend.openssl_version_text()}")
    words = set(text(root / "proc/cpuinfo").split())
    if "aes" in words:
        yield well("processor", "has instructions for AES")
    elif words:
        yield hint(
            "processor",
            "has no instructions for AES (as a Raspberry Pi before the 5): records take longer",
        )

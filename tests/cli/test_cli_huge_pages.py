"""Memory in huge pages: which, and that the kernel is asked for them."""

import subprocess
import sys
from pathlib import Path

import pytest

from onboardee.device.cli.huge_pages import huge_page_size, huge_places

MIB = 2**20
MAPS = """\
55a000200000-55a000800000 rw-p 00000000 00:00 0                          [heap]
7f0000000000-7f0000400000 r--p 00000000 fe:00 4711                       /usr/lib/libc.so.6
7f0000400000-7f0000800000 rw-p 00400000 fe:00 4711                       /usr/lib/libc.so.6
7f0000900000-7f0000f00000 rw-p 00000000 00:00 0
7f0001000000-7f0001400000 rw-s 00000000 00:01 0
7f0002000000-7f0002100000 rw-p 00000000 00:00 0
7ffd00000000-7ffd00400000 rw-p 00000000 00:00 0                          [stack]
"""
SCRIPT = """
import re
from pathlib import Path
from onboardee.device.cli.huge_pages import collapse, huge_page_size

def huge():
    return int(re.search(r"AnonHugePages: +(\\d+)", Path("/proc/self/smaps_rollup").read_text())[1])

objects = [[number] for number in range(300_000)]
before = huge()
print(collapse(huge_page_size(Path("/sys/kernel/mm/transparent_hugepage"))), huge() - before)
assert objects == [[number] for number in range(300_000)]
"""


def test_only_whole_huge_pages_of_objects_are_asked_for() -> None:
    """Files, shared memory and the stack stay as they are, and so do the ends of a mapping."""
    assert list(huge_places(MAPS, 2 * MIB)) == [
        *(0x55A000200000, 0x55A000400000, 0x55A000600000),
        *(0x7F0000A00000, 0x7F0000C00000),
    ]


@pytest.mark.parametrize(
    ("enabled", "size", "wanted"),
    [
        ("always [madvise] never", "2097152", 2 * MIB),
        ("[always] madvise never", "33554432", 32 * MIB),
        ("always madvise [never]", "2097152", None),
        ("always [madvise] never", None, None),
        (None, None, None),
    ],
)
def test_who_wants_no_huge_pages_has_none(
    tmp_path: Path, enabled: str | None, size: str | None, wanted: int | None
) -> None:
    """Neither whose administrator has said so nor whose kernel knows none."""
    for name, text in {"enabled": enabled, "hpage_pmd_size": size}.items():
        if text is not None:
            (tmp_path / name).write_text(f"{text}\n")
    assert huge_page_size(tmp_path) == wanted


@pytest.mark.skipif(
    huge_page_size(Path("/sys/kernel/mm/transparent_hugepage")) != 2 * MIB
    or not Path("/proc/self/smaps_rollup").exists(),
    reason="the kernel has no huge pages of 2 MiB",
)
def test_objects_are_in_huge_pages_and_what_they_were() -> None:
    """The kernel says how much memory of the process is in huge pages now."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], check=True, capture_output=True, text=True
    )
    pages, kib = map(int, done.stdout.split())
    if not pages:
        pytest.skip("the kernel has none to give")
    assert pages >= 4
    assert kib >= pages * 1024

"""Memory in huge pages, for processes that go through much of it again and again.

A processor keeps the addresses of a thousand pages or so at hand. The objects of a thousand devices
lie on ten thousand pages of 4 KiB, and are visited in an order that no cache foresees: a tenth of
the time goes into finding out where pages are. Linux can put what lies on 512 of them into one page
of 2 MiB (`MADV_COLLAPSE` of madvise(2), Linux 6.1). Pages that come later are of the usual size.

Who has set `/sys/kernel/mm/transparent_hugepage/enabled` to `never` is not contradicted. Where the
kernel cannot do it, all stays as it is.
"""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Final

CROWD: Final = 20
"""More devices are many: their memory is arranged, and it is told of all together that they run."""
_SETTINGS: Final = Path("/sys/kernel/mm/transparent_hugepage")
_MAPS: Final = Path("/proc/self/maps")
_COLLAPSE: Final = 25
"""`MADV_COLLAPSE`, which no module of Python's library names."""


def use_huge_pages() -> None:
    """Put the memory that this process has now into huge pages, in a thread of its own.

    It takes 4 ms for each, in which the program goes on.
    """
    size = huge_page_size(_SETTINGS)
    if size is not None:
        Thread(target=collapse, args=(size,), name="onboardee-huge-pages", daemon=True).start()


def collapse(size: int) -> int:
    """Put the objects of this process into huge pages of so many octets; return how many it has."""
    import ctypes  # noqa: PLC0415 - takes longer than most commands

    advise = ctypes.CDLL(None).madvise
    advise.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
    # each alone: what cannot be done for one of them can for others
    places = list(huge_places(_MAPS.read_text(), size))
    return sum(advise(place, size, _COLLAPSE) == 0 for place in places)


def huge_page_size(settings: Path) -> int | None:
    """Return the octets of a huge page, None where there are none or nobody is to have them."""
    try:
        if "[never]" in (settings / "enabled").read_text():
            return None
        return int((settings / "hpage_pmd_size").read_text())
    except (OSError, ValueError):
        return None


def huge_places(maps: str, size: int) -> Iterator[int]:
    """Yield the addresses in `/proc/self/maps` at which a huge page of objects has room.

    Objects are in private memory to be written to that is no file's: in mappings without a name,
    and in the one named `[heap]`.
    """
    for line in maps.splitlines():
        extent, rights, _, _, inode, *name = line.split()
        if rights == "rw-p" and inode == "0" and name in ([], ["[heap]"]):
            start, end = (int(each, 16) for each in extent.split("-"))
            yield from range(-(-start // size) * size, end - size + 1, size)

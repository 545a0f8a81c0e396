"""What a power cut, or a disk that fails, may leave of a file that was written to.

A system keeps what a program writes in memory, by pages, and brings the pages to the disk when it
likes: in any order, each torn at a sector. What is there after a power cut is then, for each page
that was written since the last sync, on its own:

* what it was before;
* what was written;
* a part of the one and a part of the other, cut at a sector;
* zeros, where the size reached the disk and the page did not;
* rubbish, where the power failed in the middle of a sector.

The file may also have any size between the least and the last one since the sync. Listing all
combinations is out of reach; `survivors` has each kind of damage to each page once, with the others
old, new or half-way, and `drawn` takes any combination by chance.
"""

from collections.abc import Iterator
from random import Random
from typing import Final

PAGE: Final = 4096
"""Octets that a system writes to the disk on their own, in any order."""
SECTOR: Final = 512
"""Octets that a disk writes as a whole, or not at all."""


class Content:
    """What a file holds, and what of that is sure to survive.

    `written` is what a program reads now, `synced` what a power cut cannot take.
    """

    __slots__ = ("_dirty", "_forgotten", "_least", "synced", "written")

    def __init__(self, content: bytes = b"") -> None:
        self.written = content
        self.synced = content
        # the pages that were written since the last sync, and those whose sync failed: of these
        # the system believes, until they are written again, that they are on the disk
        self._dirty: set[int] = set()
        self._forgotten: set[int] = set()
        # the least size that it had since the last sync
        self._least = len(content)

    def empty(self) -> None:
        """Cut it off at its beginning."""
        self._dirty.update(_pages(0, len(self.written)))
        self.written = b""
        self._least = 0

    def write(self, at: int, octets: bytes) -> None:
        """Write over what is there, or behind it."""
        before = self.written[:at].ljust(at, b"\0")
        self.written = before + octets + self.written[at + len(octets) :]
        touched = _pages(at, at + len(octets))
        self._dirty.update(touched)
        self._forgotten.difference_update(touched)

    def sync(self) -> None:
        """Make durable what was written since the last sync; what was forgotten stays so.

        A page whose sync failed counts as clean to the system, which does not write it again; this
        sync reports success all the same, as `fdatasync` of Linux does.
        """
        durable = self.written
        for page in self._forgotten:
            durable = _patched(durable, page, _of(self.synced, page))
        self.synced = durable
        self._least = len(durable)
        self._dirty.clear()

    def fail(self) -> None:
        """Fail to sync: what was written may be on the disk or not, and is not tried again.

        It helps only to write those pages anew; `write` takes them out of the forgotten ones.
        """
        self._forgotten |= self._dirty
        self._dirty.clear()

    def survivors(self) -> list[bytes]:
        """Return what a power cut may leave, each kind of damage to each page at least once.

        Of many pages the first and last two and one in the middle are damaged: the others have
        nothing that these have not.
        """
        pages = sorted(self._dirty | self._forgotten)
        if not pages:
            return [self.synced]
        found = [self.synced, *self._prefixes()]
        for size in {len(self.synced), len(self.written)}:
            new, old = _sized(self.written, size), _sized(self.synced, size)
            for page in _some(pages):
                # the pages of a file reach the disk in any order: all, none, or the first
                start = page * PAGE
                lefts = dict.fromkeys(_leavings(_of(old, page), _of(new, page)))
                for others in dict.fromkeys((new, old, new[:start] + old[start:])):
                    found.extend(_patched(others, page, left) for left in lefts)
        return list(dict.fromkeys([*found, self.written]))

    def drawn(self, chance: Random) -> bytes:
        """Return what a power cut may leave, chosen by chance; torn at any octet."""
        between = chance.randint(self._least, max(self._least, len(self.written)))
        size = chance.choice((len(self.synced), len(self.written), between))
        found = _sized(self.synced, size)
        new, old = _sized(self.written, size), found
        for page in sorted(self._dirty | self._forgotten):
            at, kind = chance.randint(0, PAGE), chance.randrange(5)
            before, after = _of(old, page), _of(new, page)
            torn = (before[:at] + after[at:], after[:at] + before[at:])
            left = (before, after, *torn, chance.randbytes(PAGE))[kind]
            found = _patched(found, page, left)
        return found

    def _prefixes(self) -> Iterator[bytes]:
        """Yield how far a file that has another size may have come, with zeros for what is lost."""
        size, least = len(self.written), self._least
        if size != len(self.synced):
            lengths = {least, least + 1, (least + size) // 2, size - 1}
            for length in sorted(lengths & set(range(least, size))):
                yield self.written[:length]
                yield _sized(self.written[:length], size)


def _pages(start: int, end: int) -> range:
    """Return the numbers of the pages that octets from `start` up to `end` touch."""
    return range(start // PAGE, -(-end // PAGE))


def _some(pages: list[int]) -> list[int]:
    """Choose the first, the last, and one in the middle, where there are many."""
    middle = len(pages) // 2
    return pages if len(pages) < 6 else [*pages[:2], pages[middle], *pages[-2:]]


def _of(content: bytes, page: int) -> bytes:
    return content[page * PAGE : (page + 1) * PAGE]


def _sized(content: bytes, size: int) -> bytes:
    return content[:size].ljust(size, b"\0")


def _patched(content: bytes, page: int, octets: bytes) -> bytes:
    """Exchange a page; the size stays."""
    size, at = len(content), page * PAGE
    return _sized(content[:at] + octets.ljust(PAGE, b"\0") + content[at + PAGE :], size)


def _leavings(old: bytes, new: bytes) -> tuple[bytes, ...]:
    """Return what may be in a page: the old, torn at a sector, zeros, rubbish."""
    half = len(new) // 2 // SECTOR * SECTOR
    return (
        old,
        new,
        new[:SECTOR] + old[SECTOR:],
        old[:SECTOR] + new[SECTOR:],
        new[:half] + old[half:],
        b"",
        b"\xff" * PAGE,
    )

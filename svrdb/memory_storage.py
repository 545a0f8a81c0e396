"""A storage in memory that forgets at a power cut what a disk may forget, and fails on request.

For tests, the reader's own included: every call of the storage is one step, and any step can be
made to fail or be the last one before the power goes. The proof that a store keeps its promises is
then a loop over all steps of a device's life:

    storage = MemoryStorage()
    storage.cut_power_at(step)
    with suppress(PowerCut):
        live(storage)                            # remembers what it was promised
    for found in storage.after_power_cut():      # every variant that is legal
        assert reopened(found) is what was promised, or the change that was under way

The model is harder than most disks. Names and contents are separate, and both may be lost until
synced. Of names, changes are kept in any subset, in their order: a file system may write them in
any order, but one rename never by halves. Of contents, `svrdb.pages` tells what may be left. A test
of the trials themselves removes one precaution from the store after the other, and each removal is
found out by this model.
"""

import errno
import os
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cache
from itertools import product
from random import Random
from typing import Self

from onboardee.svrdb.errors import StoreLocked
from onboardee.svrdb.pages import Content
from onboardee.svrdb.storage import OpenFile


class PowerCut(Exception):  # noqa: N818 - an event, not an error of anybody
    """Raised by the step at which the power went, and by each step after it."""


_Change = tuple[tuple[str, Content | None], ...]
"""One change of the directory, all or nothing: names, each with its new file or None."""


class MemoryStorage:
    """A `Storage` that is nowhere; `steps` counts the calls made so far.

    `torn` is the part of its octets that a failing write leaves behind.

    A file's content is durable after its `sync`, its name after `sync_directory`. Until then a
    power cut may keep any part of the changes, in any order. What a failing `sync` did not write is
    not written by the next one either, as with Linux.

        >>> storage = MemoryStorage({"svr.json": b"{}"})
        >>> storage.fail_at(1)
        >>> storage.names()
        Traceback (most recent call last):
        OSError: [Errno 5] Input/output error
    """

    def __init__(
        self, files: Mapping[str, bytes] | None = None, *, location: str = "memory"
    ) -> None:
        self._location = location
        # The names that survive, those that a program sees, and the changes from the one to the
        # other.
        self._durable = {name: Content(content) for name, content in (files or {}).items()}
        self._entries = dict(self._durable)
        self._pending: list[_Change] = []
        self._is_locked = False
        self._fault_steps = range(0)
        self._fault: Exception | None = None
        self.torn = 0.5
        self.steps = 0

    @property
    def location(self) -> str:
        """Return the name given at construction."""
        return self._location

    @property
    def files(self) -> dict[str, bytes]:
        """What a program would read now, by name."""
        return {name: content.written for name, content in self._entries.items()}

    def fail_at(
        self, step: int, code: int = errno.EIO, *, lasting: bool = False, torn: float = 0.5
    ) -> None:
        """Let the step-th call from now (1 is the next) fail, and with `lasting` all after it.

        If that call writes, it writes the part `torn` of its octets before it fails.
        """
        self.torn = torn
        first = self.steps + step
        self._fault_steps = range(first, first + (1 << 62 if lasting else 1))
        self._fault = OSError(code, os.strerror(code))

    def cut_power_at(self, step: int) -> None:
        """Let the power go right before the step-th call from now (1 is the next)."""
        first = self.steps + step
        self._fault_steps = range(first, first + (1 << 62))
        self._fault = PowerCut(f"the power went at step {first}")

    def heal(self) -> None:
        """Let no further call fail."""
        self._fault = None

    def after_power_cut(self) -> Iterator["MemoryStorage"]:
        """Yield the storage as a reboot now may find it, in each variant that is legal.

        Each subset of the changes of names that wait, with each combination of what the contents
        may be; variants with the same files are yielded once. The number grows as the power of what
        waits: a store that syncs as it should leaves few.
        """
        seen = set()
        survivors = cache(Content.survivors)  # a content can be there in each subset
        for kept in product((True, False), repeat=len(self._pending)):
            entries = self._entries_after(kept)
            for contents in product(*map(survivors, entries.values())):
                files = dict(zip(entries, contents, strict=True))
                if (key := frozenset(files.items())) not in seen:
                    seen.add(key)
                    yield MemoryStorage(files, location=self._location)

    def drawn_after_power_cut(self, chance: Random) -> Self:
        """Return the storage as a reboot now may find it, in a variant chosen by chance.

        For long lives, where listing all variants at each step would take too long. Writes are torn
        at any octet here, not only at sectors and pages.
        """
        share = chance.choice((0.0, 0.5, 1.0))
        entries = self._entries_after(tuple(chance.random() < share for _ in self._pending))
        files = {name: content.drawn(chance) for name, content in entries.items()}
        return type(self)(files, location=self._location)

    def lock(self) -> None:
        """Refuse a second holder."""
        self._step()
        if self._is_locked:
            raise StoreLocked(self._location, os.getpid())
        self._is_locked = True

    def look(self) -> None:
        """Let anybody read beside the holder; the lock stays with whom it is."""
        self._step()

    def unlock(self) -> None:
        """Release it; this never fails."""
        self._is_locked = False

    def names(self) -> AbstractSet[str]:
        """Return the names visible now."""
        self._step()
        return frozenset(self._entries)

    def read(self, name: str) -> bytes | None:
        """Return what was written last, synced or not."""
        self._step()
        content = self._entries.get(name)
        return None if content is None else content.written

    def changed(self, name: str) -> float:
        """Return 0: no time passes here."""
        self._step()
        if name not in self._entries:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
        return 0.0

    def create(self, name: str) -> OpenFile:
        """Begin a file, emptying one that is there."""
        self._step()
        content = self._entries.get(name)
        if content is None:
            content = Content()
            self._change((name, content))
        content.empty()
        return _MemoryFile(self, content, 0)

    def reopen(self, name: str, at: int) -> OpenFile:
        """Open a file to write over what it has."""
        self._step()
        if name not in self._entries:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
        return _MemoryFile(self, self._entries[name], at)

    def rename(self, old: str, new: str) -> None:
        """Move a name; durable after `sync_directory`."""
        self._step()
        if old not in self._entries:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), old)
        self._change((new, self._entries[old]), (old, None))

    def remove(self, name: str) -> None:
        """Drop a name; durable after `sync_directory`."""
        self._step()
        if name in self._entries:
            self._change((name, None))

    def sync_directory(self) -> None:
        """Make all names durable as they are."""
        self._step()
        self._durable = dict(self._entries)
        self._pending.clear()

    def _step(self) -> None:
        """Count a call, and raise what was asked for at this one."""
        self.steps += 1
        if self._fault is not None and self.steps in self._fault_steps:
            raise self._fault

    def _change(self, *change: tuple[str, Content | None]) -> None:
        """Make a change of names that a program sees now, and a power cut may forget."""
        self._pending.append(change)
        _apply(change, self._entries)

    def _entries_after(self, kept: tuple[bool, ...]) -> dict[str, Content]:
        """Return the names after a power cut that keeps these of the changes that wait."""
        entries = dict(self._durable)
        for change, is_kept in zip(self._pending, kept, strict=True):
            if is_kept:
                _apply(change, entries)
        return entries


class _MemoryFile:
    """An `OpenFile` of a memory storage: an offset in a content.

    It refers to the content, not to the name, as a descriptor does: renamed meanwhile, the file is
    still the one that is written to.
    """

    __slots__ = ("_at", "_content", "_storage")

    def __init__(self, storage: MemoryStorage, content: Content, at: int) -> None:
        self._storage = storage
        self._content = content
        self._at = at

    def write(self, content: bytes) -> None:
        try:
            self._storage._step()  # noqa: SLF001 - the file is a part of its storage
        except OSError:
            # A write that fails half-way, of a disk that is full, leaves the first half.
            self._write(content[: int(len(content) * self._storage.torn)])
            raise
        self._write(content)

    def sync(self) -> None:
        try:
            self._storage._step()  # noqa: SLF001 - as above
        except OSError:
            self._content.fail()
            raise
        self._content.sync()

    def close(self) -> None:
        self._storage._step()  # noqa: SLF001 - as above

    def _write(self, content: bytes) -> None:
        self._content.write(self._at, content)
        self._at += len(content)


def _apply(change: _Change, entries: dict[str, Content]) -> None:
    for name, content in change:
        if content is None:
            entries.pop(name, None)
        else:
            entries[name] = content

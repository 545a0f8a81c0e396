"""Lives made by chance, with power cuts, failing disks, kills and flipped bits.

Usage: `python bench/random_lives.py [LIVES] [SEED]`.

A life is a row of periods. In each something opens the store (a device, an editor, a person who
restores a snapshot), changes it a few times, and stops, is killed, loses the power at some step or
meets a disk that fails, once or for good. What a power cut leaves is chosen by chance, torn at any
octet. After each period what is read is what was promised last, or what was tried after that. A
bit that flips in the files of a device that was killed is found, or changes nothing.
"""

import errno
import sys
import time
from dataclasses import dataclass, field
from random import Random

from lives import BrokenPromiseError, Diary, factory, stored_before
from msgspec.structs import replace

from onboardee.svrdb import (
    CBOR,
    JSON,
    Database,
    MemoryStorage,
    PowerCut,
    Sdi,
    Store,
    StoreDamaged,
    StoreMissing,
    StoreUnavailable,
    read_named,
    restore,
)

CODES = (errno.EIO, errno.ENOSPC, errno.EROFS)
SIZES = (1, 1, 1, 1, 5_000, 40_000, 150_000)
"""Octets by which databases are larger than they have to be; a journal has 131,072."""


@dataclass
class Tally:
    """What was tried."""

    periods: int = 0
    promises: int = 0
    refusals: int = 0
    cuts: int = 0
    kept: int = 0
    """Power cuts after which a change was there that nobody had promised."""
    flips: int = 0
    found: int = 0
    """Flipped bits that were found."""

    def __str__(self) -> str:
        return (
            f"{self.periods} periods with {self.promises} changes, {self.refusals} refused ones, "
            f"{self.cuts} power cuts ({self.kept} of them kept a change that was not promised) "
            f"and {self.flips} flipped bits ({self.found} found): nothing was lost"
        )


@dataclass
class Life:
    """One device, whatever happens to it."""

    chance: Random
    tally: Tally
    storage: MemoryStorage
    diary: Diary = field(default_factory=Diary)
    changes: int = 0
    is_lasting: bool = False
    is_quiet: bool = False
    """Whether nothing goes wrong in this period."""

    def go_on(self) -> None:
        """Live for one period, and look at what it left."""
        self.tally.periods += 1
        self._arm()
        is_cut = False
        try:
            self.chance.choice((self._run, self._run, self._edit, self._restore))()
        except PowerCut:
            is_cut = True
        except StoreUnavailable:
            self.tally.refusals += 1
        self.storage.heal()
        self.storage.unlock()
        if is_cut:
            self.tally.cuts += 1
            self.storage = self.storage.drawn_after_power_cut(self.chance)
        self._look(is_cut=is_cut)

    def _arm(self) -> None:
        step = self.chance.choice((10, 60, 300))
        step, code = self.chance.randint(1, step), self.chance.choice(CODES)
        self.is_lasting = self.chance.random() < 0.4
        what = self.chance.randrange(4)
        self.is_quiet = what > 1
        match what:
            case 0:
                self.storage.cut_power_at(step)
            case 1:
                torn = self.chance.random()
                self.storage.fail_at(step, code, lasting=self.is_lasting, torn=torn)

    def _run(self) -> None:
        store = self._opened(journal=True)
        for _ in range(self.chance.choice((0, 1, 3, 40))):
            self._commit(store)
            if self.chance.random() < 0.1:
                self.storage.heal()
        if self.chance.random() < 0.5:
            store.close()

    def _edit(self) -> None:
        store = self._opened(journal=False)
        for _ in range(self.chance.randrange(3)):
            self._commit(store)
        store.close()

    def _restore(self) -> None:
        if self.diary.promised is None:
            return
        there = read_named(self.storage, "live")
        wanted = self._changed(there)
        self.diary.attempts.append(wanted)
        restore(self.storage, wanted)
        self.diary.promise(there)
        self._promise(wanted)

    def _opened(self, *, journal: bool) -> Store:
        made = self._changed(factory())
        if self.diary.promised is None:
            self.diary.attempts.append(made)
        codec = self.chance.choice((JSON, CBOR))
        store = Store.open(self.storage, lambda: made, codec=codec, journal=journal)
        self._require(store.current)
        self.diary.promise(store.current)
        return store

    def _commit(self, store: Store) -> None:
        changed = self._changed(store.current)
        self.diary.attempts.append(changed)
        try:
            store.commit(changed)
        except StoreUnavailable:
            self.tally.refusals += 1
            # a disk that recovers keeps nothing of what was refused
            if not self.is_lasting:
                self.diary.attempts.clear()
            if store.current != self.diary.promised:
                raise BrokenPromiseError("a refused change is current") from None
        else:
            self._promise(changed)

    def _promise(self, database: Database) -> None:
        self.tally.promises += 1
        self.diary.promise(database)

    def _changed(self, database: Database) -> Database:
        self.changes += 1
        text = "x" * self.chance.choice(SIZES)
        return replace(database, sdi=Sdi(name=f"{self.changes} {text}"))

    def _look(self, *, is_cut: bool) -> None:
        try:
            found = read_named(self.storage, "live")
        except StoreMissing:
            if self.diary.promised is not None:
                raise BrokenPromiseError("the device is gone") from None
            return
        self._require(found)
        expected = self.diary.before if found == self.diary.promised else self.diary.promised
        if expected is not None and stored_before(self.storage) != expected:
            raise BrokenPromiseError("not the generation before")
        if found != self.diary.promised:
            self.tally.kept += is_cut
        elif self.is_quiet:
            # else the seal may be lost that tells a damaged change from one that nobody promised
            self._flip(found)

    def _require(self, found: Database) -> None:
        if found not in (self.diary.promised, *self.diary.attempts):
            raise BrokenPromiseError("neither before nor after")

    def _flip(self, expected: Database) -> None:
        """Flip one bit, and require that it is found or does no harm."""
        files = self.storage.files
        name = self.chance.choice(sorted(files.keys() & {"svr.json", "svr.cbor", "svr.journal"}))
        content = bytearray(files[name])
        content[self.chance.randrange(len(content.rstrip(b"\0")) or 1)] ^= (
            1 << self.chance.randrange(8)
        )
        self.tally.flips += 1
        try:
            found = read_named(MemoryStorage({**files, name: bytes(content)}), "live")
        except StoreDamaged:
            self.tally.found += 1
        else:
            if found != expected:
                raise BrokenPromiseError(f"a flipped bit of {name} brought something else")


def live(seed: int, tally: Tally) -> None:
    """Live the life of a number. Raises BrokenPromiseError."""
    chance = Random(seed)
    life = Life(chance, tally, MemoryStorage())
    try:
        for _ in range(chance.randint(2, 12)):
            life.go_on()
    except (BrokenPromiseError, StoreDamaged) as error:
        raise BrokenPromiseError(f"life {seed}, period {tally.periods}: {error}") from error


def main() -> None:
    """Live, and print what was tried."""
    lives = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    began, tally = time.perf_counter(), Tally()
    for seed in range(first, first + lives):
        live(seed, tally)
    print(f"{lives} lives by chance: {tally}, in {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()

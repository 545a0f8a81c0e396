"""How one commit after the other gets onto the disk.

A commit is a record in the journal and one sync of it. Where there is no journal, or no room left
in it, a commit is a checkpoint: the database's file is replaced as a whole. A checkpoint keeps the
generation before, in this order:

1. the generation before is written beside its place and synced, and so is its name: it is lost from
   nowhere else from now on;
2. the new file is written, synced and renamed into its place, and the directory is synced: that is
   the commit;
3. the generation before is renamed into its place, which is synced with whatever comes next;
4. an empty journal takes the place of the one before.

The files of a running device, in the form JSON:

    svr.json           the database at the last checkpoint, numbered and checksummed
    svr.journal        what was committed since then (see `svrdb.journal`)
    svr.previous.json  the generation before the last checkpoint
    svr.*.new          a file that is not complete; an opening removes it
    svr.begun          the marker of a place where a device lives
    svr.lock           locked while a store is open

The power-cut trials hold this module to the order, and to its syncs: without that of the directory,
without that of a record, or with a rename that is a copy, they find an instant at which something
that was promised is gone. Three things are easy to get wrong:

* The generation before is in the journal while the journal lasts, so that a checkpoint must have it
  in a file before the journal goes.
* A rename is not durable before the directory is synced. Two renames that wait may reach the disk
  in any order; `_has_loose_names` remembers that one waits, and the next checkpoint syncs it before
  it builds upon it.
* The new file says which file's journal went into it (`folded`). If the power goes between steps 2
  and 4, the old journal is still there, or comes back; it follows the file named by `folded` and
  not this one, and is known to be used up.

After a failure nobody knows what the disk has. Linux marks pages as clean that it could not write,
so that a second `fdatasync` would report success without them. The journal is given up then, and
what is written next is a whole file, of what is known here, with a number higher than all that were
tried.
"""

from contextlib import suppress

from onboardee.svrdb.codec import Codec, Commit
from onboardee.svrdb.coding import NOTHING, digest
from onboardee.svrdb.contents import Contents, Generation, find_previous_name
from onboardee.svrdb.files import is_temporary, place, previous_name, temporary_name, write
from onboardee.svrdb.journal import BLOCK, JOURNAL_NAME, SIZE, JournalRecord
from onboardee.svrdb.model import Database
from onboardee.svrdb.storage import Storage


class Disk:
    """The files of one locked storage. What cannot be written raises OSError.

    Not safe for two threads at once: `Store` has the lock, and makes sentences of errors.
    """

    def __init__(self, storage: Storage, found: Contents, *, journal: bool) -> None:
        """Go on with what a storage holds, with a journal if one is wanted; see `settle`."""
        self._storage = storage
        self._codec = found.codec
        self._current = found.current
        # None where it is in a file of its own, or there is none
        self._before = found.before
        self._base = found.base
        # The digest of the file that the journal on the disk follows; the next file names it as
        # folded, whether the journal that is there then is this one or one that a power cut brought
        # back.
        self._journaled = found.journaled
        self._is_in_file = found.is_in_file
        # False for a file of version 1, which has no number that a journal could go on from.
        self._is_numbered = found.is_numbered
        self._unsealed = found.unsealed
        self._wants_journal = journal
        # where the next record begins; None without a journal
        self._end: int | None = None
        # The highest number that was tried, be it refused: a number is never used for two
        # databases.
        self._last = found.current.number
        # whether there are changes of names that a power cut may take back
        self._has_loose_names = False

    @property
    def current(self) -> Database:
        """The database that is durable."""
        return self._current.database

    @classmethod
    def make(cls, storage: Storage, codec: Codec, database: Database, *, journal: bool) -> "Disk":
        """Make the database's file for a new device; it is durable when this returns.

        Raises OSError, and then no file is left, so that the next attempt finds a new device again.
        """
        content = codec.encode(database, Commit(1))
        try:
            place(storage, codec.file_name, content)
        except OSError:
            with suppress(OSError):
                storage.remove(codec.file_name)
            raise
        made = Contents(codec, Generation(1, database), digest(content))
        return cls(storage, made, journal=journal)

    def settle(self) -> None:
        """Make what was found durable, as others may have seen it, and make room for what comes.

        What an interruption left is removed. A disk without room for a new file or a journal is no
        obstacle: what is on it stays, and the next commit will say so. Raises OSError where even
        the sync of the directory fails.
        """
        has_journal = self._clean_up()
        if self._is_in_file and (self._is_numbered or not self._wants_journal):
            # the journal may hold what this file holds, and must not go before
            self._sync_names()
            if self._wants_journal:
                self._begin_journal()
            elif has_journal:
                self._drop_journal()
            return
        # The current database is in the journal, or its file has no number yet: write it into a
        # file.
        try:
            self._fold()
        except OSError:
            # No room for a file. The record may have been read from the memory of the system only:
            # the process before may have been killed, or told of a failure, before its sync was
            # done.
            if self._unsealed is not None:
                self._write_again(self._unsealed)
            self._sync_names()
        else:
            if not self._wants_journal:
                self._drop_journal()

    def keep(self, database: Database, body: bytes) -> None:
        """Make a database, which packed is `body`, the current one; durable when this returns.

        Raises OSError, and then the journal is given up; `take_back` undoes what may be on the
        disk.
        """
        self._last += 1
        new = Generation(self._last, database)
        record = JournalRecord(self._codec, self._base, new.number, self._current.number, body)
        content = record.encode()
        try:
            # One block has to be left for the seal. A record that fits into no journal at all, of a
            # database of more than about 120 kB, becomes a checkpoint like one for which there is
            # no room left.
            if self._end is not None and self._end + len(content) + BLOCK <= SIZE:
                self._append(content, self._end, new.number)
                self._before, self._current = self._current, new
            else:
                self._checkpoint(new, self._current)
        except BaseException:
            self._end = None
            raise

    def take_back(self) -> None:
        """Make what is current durable again after a failure, whatever the disk has of it.

        The same database gets a number of its own, above that of the refused one, so that the file
        it is in is newer than any record.
        """
        self._last += 1
        self._checkpoint(Generation(self._last, self._current.database), self._before)

    def close(self, *, is_settled: bool) -> None:
        """Leave the current database in its file, and no journal.

        A directory at rest is thereby one readable file and the generation before, which other
        programs copy, compare and edit. That the journal's removal is not synced does no harm: if
        it comes back, it is known to be folded.
        """
        self._wants_journal = False
        if not is_settled:
            self.take_back()
        elif not self._is_in_file:
            self._fold()
        self._storage.remove(JOURNAL_NAME)

    def _fold(self) -> None:
        """Put what the journal holds into the database's file, under the same number."""
        self._checkpoint(self._current, self._before)

    def _append(self, content: bytes, end: int, number: int) -> None:
        """Write a record at octet `end` of the journal and sync it; then a seal, without a sync.

        What the seal's write raises is ignored: the commit is durable, and the next record says so
        too.
        """
        # Before the first write: after a failure in the middle the journal may hold this record.
        self._journaled, self._is_in_file = self._base, False
        file = self._storage.reopen(JOURNAL_NAME, end)
        try:
            file.write(content)
            file.sync()
            self._end = end + len(content)
            seal = JournalRecord(self._codec, self._base, number, number)
            with suppress(OSError):
                file.write(seal.encode())
        finally:
            with suppress(OSError):
                file.close()

    def _checkpoint(self, new: Generation, before: Generation | None) -> None:
        """Replace the database's file by `new`, keeping `before` as the generation before.

        `before` is None where that generation is in a file of its own already and stays. The steps
        are those of the module's head. OSError up to step 2 means that the commit did not happen;
        what fails after it is made good by the next checkpoint.
        """
        if self._has_loose_names:
            self._sync_names()
        name = previous_name(self._codec)
        if before is None:
            # what a failure left there is as old as what is current
            self._storage.remove(temporary_name(name))
        else:
            content = self._codec.encode(before.database, Commit(before.number))
            write(self._storage, name, content)
            self._sync_names()
        content = self._codec.encode(new.database, Commit(new.number, self._journaled))
        place(self._storage, self._codec.file_name, content)
        self._base, self._is_in_file = digest(content), True
        self._current, self._before = new, None
        if before is not None:
            try:
                self._storage.rename(temporary_name(name), name)
                self._has_loose_names = True
            except OSError:
                # it is found where it is, and written again with the next file
                self._before = before
        if self._wants_journal:
            self._begin_journal()

    def _begin_journal(self) -> None:
        """Put an empty journal in the place of one that is no longer needed, if there is room."""
        self._end = None
        with suppress(OSError):
            # with its blocks on the disk already, to sync a record changes nothing else there
            place(self._storage, JOURNAL_NAME, bytes(SIZE))
            self._has_loose_names = False
            self._journaled, self._end = NOTHING, 0

    def _drop_journal(self) -> None:
        """Remove the journal, durably: none may come back to contradict the file."""
        self._storage.remove(JOURNAL_NAME)
        self._sync_names()
        self._journaled = NOTHING

    def _write_again(self, record: JournalRecord) -> None:
        """Make a record durable of which nobody knows whether it is, behind its first copy.

        To sync it where it is could succeed without it: see `svrdb.storage.OpenFile`.
        """
        self._append(record.encode(), record.end, record.number)
        self._end = None

    def _sync_names(self) -> None:
        self._storage.sync_directory()
        self._has_loose_names = False

    def _clean_up(self) -> bool:
        """Remove what an interruption left, or give it its name; tell if there is a journal.

        A complete generation before under its temporary name is what step 1 wrote when the power
        went before step 3; it is renamed now, unless the journal has that generation.
        """
        names, previous = self._storage.names(), previous_name(self._codec)
        kept = find_previous_name(self._storage, self._codec, self._current.number)
        for name in sorted(name for name in names if is_temporary(name)):
            if name == kept and self._before is None:
                self._storage.rename(name, previous)
                self._has_loose_names = True
            else:
                self._storage.remove(name)
        return JOURNAL_NAME in names

"""What a storage holds: the current database, and the generation before it.

The current database is the newest intact one, in the database's file or in the journal beside it,
if everything that was promised is there. Else something is damaged, or somebody exchanged the file,
and what to do is for a person to decide. Two facts decide it: the digest of the file (`base`; each
record says which file it follows) and the numbers of the commits.

    file        journal                          current
    ---------   ------------------------------   -----------------------------------------
    intact      none, or zeros                   the file
    intact      newest follows the file that     the file: its journal was folded, and a
                  this one has folded              crash left it or brought it back
    intact      newest follows this file, all    the newest record; the one before it is
                  numbers there                    the generation before
    intact      newest follows this file, a      damaged: an acknowledged change is lost
                  promised number is missing
    intact      newest follows another file      damaged: somebody exchanged the file while
                                                   there were newer changes
    damaged     anything                         damaged; the journal and the generation
      or gone                                      before are named as ways out
    never was   none, and no marker              none: a new device

Nothing here writes. It reads beside a running device, too: whatever leaves the journal is in the
file by then, so that whoever reads the journal first and then the file has one generation whole, or
finds the two in contradiction and looks again.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Final, NamedTuple

from onboardee.svrdb import remedies
from onboardee.svrdb.codec import CODECS, JSON, Codec, Commit, Unreadable
from onboardee.svrdb.coding import NOTHING, digest
from onboardee.svrdb.errors import StoreDamaged, StoreMissing
from onboardee.svrdb.files import file_path, previous_name, temporary_name
from onboardee.svrdb.journal import JOURNAL_NAME, JournalRecord, records_of
from onboardee.svrdb.model import Database
from onboardee.svrdb.storage import PREFIX, Storage

MARKER_NAME: Final = f"{PREFIX}begun"
"""The file that says that a device lives here, so that a missing database is damage."""
MARKER_TEXT: Final = (
    b"A simulated device lives in this directory. While this file is here, a missing database\n"
    b"is reported as damage instead of being taken for a new device.\n"
)

UNNUMBERED: Final = -1
"""The number of a database from before they were numbered, as the generation before: lower than any
that a commit gets, so that a numbered one is preferred."""

_LOOKS: Final = 100
"""How often a reader tries to catch a storage between two steps of the device that writes it."""


class Generation(NamedTuple):
    """A database and the number of its commit."""

    number: int
    database: Database


@dataclass(frozen=True, slots=True)
class Contents:
    """What a storage holds, as far as `svrdb.disk` needs it to go on."""

    codec: Codec
    current: Generation
    base: bytes
    """The digest of the database's file."""
    journaled: bytes = NOTHING
    """The digest of the file that the newest record of the journal follows."""
    is_in_file: bool = True
    """Whether the database's file holds the current database, and not the journal."""
    before: Generation | None = None
    """The generation before, if the current one is in the journal."""
    unsealed: JournalRecord | None = None
    """The record of the current one, if nothing says that it was synced."""
    is_numbered: bool = True
    """Whether the database's file says which commit it holds."""


def find(storage: Storage) -> Contents | None:
    """Read what a storage holds; None if no device ever lived here.

    A device may be writing: a file and a journal that were read a moment apart can contradict each
    other. What looks like damage is told when it looks the same twice, and read again otherwise;
    after `_LOOKS` different sights it is told all the same. Raises StoreDamaged and OSError.
    """
    seen: object = None
    for _ in range(_LOOKS):
        codec = codec_in_use(storage)
        if codec is None:
            return None
        # in this order: what is gone from the journal is in the file by then
        journal = storage.read(JOURNAL_NAME)
        content = storage.read(codec.file_name)
        try:
            return _understood(storage, codec, content, journal or b"")
        except StoreDamaged as damage:
            if seen == (journal, content):
                raise
            seen, told = (journal, content), damage
    raise told


def require(storage: Storage) -> Contents:
    """Read what a storage holds. Raises StoreMissing, StoreDamaged and OSError."""
    found = find(storage)
    if found is None:
        raise no_device(storage)
    return found


def find_previous(storage: Storage, found: Contents | None) -> Generation | None:
    """Return the generation before the current one, None if there is none.

    `found` is None where the current one cannot be read. The result is for a person who repairs;
    the device never goes on with it by itself, as an acknowledged change may lack in it. Raises
    StoreDamaged and OSError.
    """
    if found is not None and found.before is not None:
        return found.before
    codec = require_codec(storage) if found is None else found.codec
    name = find_previous_name(storage, codec, None if found is None else found.current.number)
    try:
        return _kept(storage, codec, name or previous_name(codec))
    except Unreadable as finding:
        path = file_path(storage, previous_name(codec))
        raise StoreDamaged(path, str(finding), remedies.OTHERS, finding.octet) from None


def find_previous_name(storage: Storage, codec: Codec, current: int | None) -> str | None:
    """Return the file with the latest intact generation before a number, or of all; None if none.

    The name is looked for under which the file is kept and the temporary one, which a power cut may
    have left complete. A damaged one is passed over. Raises OSError.
    """
    numbers = {}
    for name in previous_names(codec):
        with suppress(Unreadable):
            kept = _kept(storage, codec, name)
            if kept is not None and (current is None or kept.number < current):
                numbers[name] = kept.number
    return max(numbers, key=numbers.__getitem__, default=None)


def newest_in_journal(storage: Storage) -> Generation | None:
    """Return the newest database of the journal, whatever file it follows; None without records.

    For a person whose file is damaged or exchanged. Raises StoreDamaged and OSError.
    """
    records = [each for each in records_of(storage.read(JOURNAL_NAME) or b"") if each.body]
    newest = max(records, key=lambda record: record.number, default=None)
    if newest is None:
        return None
    return _recorded(file_path(storage, JOURNAL_NAME), newest)


def highest_number(storage: Storage, codec: Codec) -> int:
    """Return the highest number of a commit that is anywhere, damaged as it may be.

    What is written after it is the newest, whichever of the files found here comes back after a
    power cut. 0 where there is none.
    """
    found = [record.number for record in records_of(storage.read(JOURNAL_NAME) or b"")]
    for name in (codec.file_name, *previous_names(codec)):
        with suppress(Unreadable):
            kept = _kept(storage, codec, name)
            found += [] if kept is None else [kept.number]
    return max(found, default=0)


def codec_in_use(storage: Storage) -> Codec | None:
    """Find out in which form a device is kept here, None if there never was one.

    Raises StoreDamaged where there are two, as nobody can know which is the device's, and OSError.
    Where the file itself is gone but traces are there, the form is that of the journal or of the
    generation before; JSON where only the marker is left.
    """
    names = storage.names()
    found = [codec for codec in CODECS if codec.file_name in names]
    if len(found) > 1:
        files = " and ".join(codec.file_name for codec in found)
        remedy = "move away the one that is not needed"
        raise StoreDamaged(storage.location, f"holds two databases, {files}", remedy)
    if found or not names & {MARKER_NAME, JOURNAL_NAME}:
        return found[0] if found else None
    # There was a device; let the reading of its database say what is missing.
    written = [record.codec for record in records_of(storage.read(JOURNAL_NAME) or b"")]
    kept = [codec for codec in CODECS if names & set(previous_names(codec))]
    return next(iter([*written, *kept]), JSON)


def require_codec(storage: Storage) -> Codec:
    """Return the form in which the device here is kept. Raises StoreMissing and as above."""
    codec = codec_in_use(storage)
    if codec is None:
        raise no_device(storage)
    return codec


def no_device(storage: Storage) -> StoreMissing:
    """Return the error that says that no device lives here, for the caller to raise."""
    return StoreMissing(
        storage.location, "holds no device", "name the directory that `run` was given"
    )


def previous_names(codec: Codec) -> tuple[str, str]:
    """Return the names that the generation before may have: a power cut may leave the second."""
    name = previous_name(codec)
    return name, temporary_name(name)


def _kept(storage: Storage, codec: Codec, name: str) -> Generation | None:
    """Read a file, None if it is not there. Raises Unreadable and OSError."""
    content = storage.read(name)
    if content is None:
        return None
    database, commit = codec.read(content)
    return Generation(UNNUMBERED if commit is None else commit.number, database)


def _recorded(path: str, record: JournalRecord) -> Generation:
    """Return what a record of the journal of this path holds. Raises StoreDamaged."""
    try:
        return Generation(record.number, record.database())
    except Unreadable as finding:
        what, remedy = f"holds a change that {finding}", remedies.later_version(path)
        raise StoreDamaged(path, what, remedy) from None


def _understood(storage: Storage, codec: Codec, content: bytes | None, journal: bytes) -> Contents:
    """Put file and journal together, as in the table above. Raises StoreDamaged and OSError."""
    records = records_of(journal)
    try:
        database, commit = codec.read(_required(content))
    except Unreadable as finding:
        remedy = remedies.for_database(
            storage.location,
            in_journal=any(record.body for record in records),
            has_previous=_has_previous(storage),
        )
        path = file_path(storage, codec.file_name)
        raise StoreDamaged(path, str(finding), remedy, finding.octet) from None
    # A file of version 1 counts as commit 0 and as one that has folded no journal (`NOTHING`).
    base, known = digest(content or b""), commit or Commit(0)
    current = Generation(known.number, database)
    newest = max(records, key=lambda record: record.number, default=None)
    if newest is None or (newest.base == known.folded and newest.number <= known.number):
        return Contents(codec, current, base, known.folded, is_numbered=commit is not None)
    # The newest record follows neither this file nor the one before it. If it were passed over, the
    # device would go back to an older state without a word.
    if newest.base != base:
        path, journal_path = (file_path(storage, n) for n in (codec.file_name, JOURNAL_NAME))
        raise StoreDamaged(path, *remedies.for_exchange(journal_path, newest.number))
    ours = [record for record in records if record.base == base]
    return _journaled(file_path(storage, JOURNAL_NAME), codec, current, ours)


def _required(content: bytes | None) -> bytes:
    if content is None:
        raise Unreadable("is missing although a device has lived here")
    return content


def _journaled(path: str, codec: Codec, kept: Generation, records: list[JournalRecord]) -> Contents:
    """Return what a file and the records that follow it amount to. Raises StoreDamaged.

    Every number from the file's to the highest that is known to be synced has to be there as an
    intact record, also those that newer ones have replaced: what is damaged once may be damaged
    further, and the owner should hear of it while the newest change is still readable.
    """
    by_number = {record.number: record for record in records if record.body}
    last = max([*by_number, *(record.synced for record in records)])
    for number in range(kept.number + 1, last + 1):
        if number not in by_number:
            left = max(by_number, default=None)
            raise StoreDamaged(path, *remedies.for_journal(path, number, left, codec.file_name))
    newest = by_number[last]
    # With one record only the generation before is the file itself.
    if last > kept.number + 1:
        kept = _recorded(path, by_number[last - 1])
    return Contents(
        codec,
        _recorded(path, newest),
        base=newest.base,
        journaled=newest.base,
        is_in_file=False,
        before=kept,
        unsealed=None if any(record.synced >= last for record in records) else newest,
    )


def _has_previous(storage: Storage) -> bool:
    """Tell whether there is a generation before to name as a way out; a doubt means none."""
    try:
        return find_previous(storage, None) is not None
    except (OSError, StoreDamaged):
        return False

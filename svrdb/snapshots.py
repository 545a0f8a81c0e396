"""Snapshots: whole databases kept under names beside the current one.

A file of each, written and checksummed like the database, in version 1 (`svrdb.coding`): a snapshot
has no journal and no number. Some are made by a person, under a name that stays until a person
removes it; others by the device, numbered, of which only the latest few are kept. Numbers, not
times, tell which are the latest: clocks jump, and the order of what is removed must not depend on
them.

    svr.snapshot.before-move.json         made by a person
    svr.snapshot.auto-000017-RFNOP.json   made by the device when it entered that state

They are written beside a running device, without its lock: `Storage.look` permits to write what the
holder does not, and the holder writes no file of these names but by the functions here.
"""

import re
from dataclasses import dataclass
from typing import Final

from onboardee.svrdb import remedies
from onboardee.svrdb.codec import CODECS, Codec, Unreadable
from onboardee.svrdb.contents import find_previous, newest_in_journal, require
from onboardee.svrdb.errors import StoreDamaged, StoreMissing
from onboardee.svrdb.files import explained, file_path, place
from onboardee.svrdb.model import Database
from onboardee.svrdb.storage import PREFIX, Storage

LIVE: Final = "live"
RESET_PROFILE: Final = "reset-profile"
PREVIOUS: Final = "previous"
RESERVED: Final = frozenset({LIVE, RESET_PROFILE, PREVIOUS})
"""Names of what is no snapshot but can be compared with one."""

NAME_RULE: Final = (
    "up to 64 letters, digits, dots, hyphens and underscores, a letter or digit first"
)
"""What a name may be, for people. Neither a path that leaves the directory nor something that a
command line takes for an option fits it."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_AUTOMATIC: Final = re.compile(r"auto-([0-9]{6,})-[A-Z]+")
_FILE: Final = re.compile(
    rf"{re.escape(PREFIX)}snapshot\.({_NAME.pattern})\.({'|'.join(c.name for c in CODECS)})"
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot that is there: its name and in which form it is written."""

    name: str
    codec: Codec

    @property
    def file_name(self) -> str:
        """Its file in the state directory."""
        return f"{PREFIX}snapshot.{self.name}.{self.codec.name}"

    @property
    def number(self) -> int | None:
        """Its place among the automatic ones, None if a person made it.

        At least six digits; numbers that outgrow them stay in order, as they are compared as
        numbers.
        """
        found = _AUTOMATIC.fullmatch(self.name)
        return int(found[1]) if found else None


def check_name(name: str) -> None:
    """Raise ValueError for a name that a person's snapshot cannot have.

    Names that begin with `auto-` are the device's: it would count and remove them.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"a snapshot's name has {NAME_RULE}")
    if name in RESERVED or name.startswith("auto-"):
        raise ValueError(f"the name {name} has a meaning of its own; choose another one")


def list_snapshots(storage: Storage) -> tuple[Snapshot, ...]:
    """List the snapshots: automatic ones from the oldest to the latest, then a person's by name.

    Raises StoreUnavailable.
    """
    with explained(storage):
        found = [_FILE.fullmatch(name) for name in storage.names()]
    by_name = {codec.name: codec for codec in CODECS}
    known = [Snapshot(match[1], by_name[match[2]]) for match in found if match]
    return tuple(sorted(known, key=_rank))


def take_snapshot(storage: Storage, name: str, database: Database, codec: Codec) -> Snapshot:
    """Keep a database under a name that is not taken; durable when this returns.

    A snapshot is never overwritten, not even by one in the other form: what somebody kept is not to
    be lost to a name that was used twice. Raises ValueError for a bad or taken name, and
    StoreUnavailable.
    """
    check_name(name)
    if any(known.name == name for known in list_snapshots(storage)):
        raise ValueError(f"there is a snapshot {name} already; choose another name")
    return _keep(storage, Snapshot(name, codec), database)


def take_automatic(storage: Storage, database: Database, codec: Codec, *, limit: int) -> Snapshot:
    """Keep a database as the latest automatic snapshot, and of these only the `limit` latest.

    The new one is durable before an old one goes. A person's snapshots are never removed. Raises
    StoreUnavailable.
    """
    numbered = [known for known in list_snapshots(storage) if known.number is not None]
    number = 1 + max((known.number or 0 for known in numbered), default=0)
    name = f"auto-{number:06}-{database.state.name}"
    taken = _keep(storage, Snapshot(name, codec), database)
    with explained(storage):
        for old in numbered[: max(0, len(numbered) + 1 - limit)]:
            storage.remove(old.file_name)
    return taken


def remove_snapshot(storage: Storage, name: str) -> None:
    """Remove a snapshot for good. Raises StoreMissing or StoreUnavailable."""
    found = _find(storage, name)
    with explained(storage):
        storage.remove(found.file_name)
        storage.sync_directory()


def read_snapshot(storage: Storage, name: str) -> Database:
    """Read a snapshot, and check it as the database is checked.

    Raises StoreMissing (the text lists those that are there), StoreDamaged or StoreUnavailable.
    """
    found = _find(storage, name)
    with explained(storage):
        content = storage.read(found.file_name)
    try:
        return found.codec.decode(content or b"")
    except Unreadable as finding:
        path = file_path(storage, found.file_name)
        raise StoreDamaged(path, str(finding), remedies.OTHERS, finding.octet) from None


def read_previous(storage: Storage) -> Database:
    """Read the generation before the last commit, also where the current one is damaged.

    Raises as `read_snapshot` does.
    """
    with explained(storage):
        try:
            found = require(storage)
        except StoreDamaged:
            found = None
        previous = find_previous(storage, found)
    if previous is None:
        raise StoreMissing(
            storage.location, "holds no generation before the last", "see the snapshots"
        )
    return previous.database


def read_journal(storage: Storage) -> Database:
    """Read the last change in the journal, whatever is damaged. Raises as `read_snapshot` does.

    Where a record before it is lost, this is still the newest that the device promised, or was
    about to promise.
    """
    with explained(storage):
        newest = newest_in_journal(storage)
    if newest is None:
        raise StoreMissing(storage.location, "holds no change in a journal", "see the snapshots")
    return newest.database


def read_named(storage: Storage, name: str) -> Database:
    """Read a snapshot, or `live` or `previous`. Raises as `read_snapshot` does."""
    if name == LIVE:
        with explained(storage):
            return require(storage).current.database
    return read_previous(storage) if name == PREVIOUS else read_snapshot(storage, name)


def _keep(storage: Storage, snapshot: Snapshot, database: Database) -> Snapshot:
    with explained(storage):
        place(storage, snapshot.file_name, snapshot.codec.encode(database))
    return snapshot


def _find(storage: Storage, name: str) -> Snapshot:
    known = list_snapshots(storage)
    for snapshot in known:
        if snapshot.name == name:
            return snapshot
    names = ", ".join(each.name for each in known) or "none"
    raise StoreMissing(
        file_path(storage, f"{PREFIX}snapshot.{name}"), "is not there", f"there are: {names}"
    )


def _rank(snapshot: Snapshot) -> tuple[bool, int, str]:
    """Return what puts automatic snapshots first, by number, and the others behind, by name."""
    number = snapshot.number
    return number is None, number or 0, snapshot.name

"""The journal: what it holds, what it costs, and that no damage to it goes unnoticed."""

import errno
import os

import pytest
from msgspec.structs import replace
from svrdb_samples import DEVICE, named, owned, unowned

from onboardee.svrdb import (
    CBOR,
    JSON,
    Codec,
    Cred,
    Credential,
    CredentialType,
    Database,
    Encoding,
    MemoryStorage,
    PrivateData,
    Store,
    StoreDamaged,
    StoreMissing,
    StoreUnavailable,
    read_journal,
    read_named,
    read_previous,
    restore,
)
from onboardee.svrdb.codec import CODECS, Commit
from onboardee.svrdb.coding import digest
from onboardee.svrdb.journal import BLOCK, JOURNAL_NAME, SIZE, JournalRecord, records_of
from onboardee.svrdb.storage import OpenFile

EVERY = 1 if os.environ.get("ONBOARDEE_LONG") else 7
"""Of how many octets of a journal one is damaged: of all in CI."""
both = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)


def device(number: int) -> Database:
    """Return a database that differs from all others."""
    return named(unowned(), f"change {number}")


def killed(commits: int, codec: Codec = JSON) -> dict[str, bytes]:
    """Return the files of a device that was killed after so many commits."""
    storage = MemoryStorage()
    store = Store.open(storage, lambda: device(0), codec=codec)
    for number in range(1, commits + 1):
        store.commit(device(number))
    return storage.files


def live(files: dict[str, bytes]) -> Database:
    """Return what a program reads."""
    return read_named(MemoryStorage(files), "live")


def reopened(files: dict[str, bytes], *, journal: bool = True) -> MemoryStorage:
    """Open and close a store on these files."""
    storage = MemoryStorage(files)
    Store.open(storage, unowned, journal=journal).close()
    return storage


@both
def test_read_through_the_journal(codec: Codec) -> None:
    """The readable file of a killed device is old; what is read is what was committed last."""
    files = killed(3, codec)
    assert codec.decode(files[codec.file_name]) == device(0)
    assert live(files) == device(3)
    assert read_previous(MemoryStorage(files)) == device(2)
    assert read_previous(MemoryStorage(killed(1, codec))) == device(0)


@both
@pytest.mark.parametrize("journal", [True, False])
def test_folded_at_the_next_opening(codec: Codec, journal: bool) -> None:
    """Whoever opens a killed device's store, the readable file has all, and the journal is gone."""
    storage = reopened(killed(3, codec), journal=journal)
    assert codec.decode(storage.files[codec.file_name]) == device(3)
    assert codec.decode(storage.files[f"svr.previous.{codec.name}"]) == device(2)
    assert set(storage.files) == {codec.file_name, f"svr.previous.{codec.name}", "svr.begun"}


def test_folded_at_closing() -> None:
    """A device that stops leaves its last database in the readable file, and no journal."""
    storage = MemoryStorage()
    with Store.open(storage, lambda: device(0)) as store:
        store.commit(device(1))
        store.commit(device(2))
        assert JSON.decode(storage.files["svr.json"]) == device(0)
    assert JSON.decode(storage.files["svr.json"]) == device(2)
    assert JSON.decode(storage.files["svr.previous.json"]) == device(1)
    assert JOURNAL_NAME not in storage.files


def test_closing_writes_no_more_than_it_has_to() -> None:
    """A device that stops makes no journal for nobody, and without a change it writes nothing."""
    made: list[str] = []

    class Watched(MemoryStorage):
        def create(self, name: str) -> OpenFile:
            made.append(name)
            return super().create(name)

    storage = Watched()
    store = Store.open(storage, lambda: device(0))
    made.clear()
    store.commit(device(1))
    store.close()
    assert made == ["svr.previous.json.new", "svr.json.new"]
    store = Store.open(storage, unowned)
    made.clear()
    store.close()
    assert made == []


def test_an_editor_leaves_no_journal() -> None:
    """Who changes one thing and leaves has it in the readable file at once."""
    storage = MemoryStorage()
    with Store.open(storage, lambda: device(0), journal=False) as store:
        store.commit(device(1))
        assert JSON.decode(storage.files["svr.json"]) == device(1)
        assert JOURNAL_NAME not in storage.files


def test_a_commit_is_a_write_and_a_sync() -> None:
    """It costs five steps, one of which waits for the disk, and writes over its own blocks only."""
    storage = MemoryStorage()
    store = Store.open(storage, lambda: device(0))
    before, steps = storage.files, storage.steps
    store.commit(device(1))
    assert storage.steps == steps + 5
    assert {name for name, content in storage.files.items() if before.get(name) != content} == {
        JOURNAL_NAME
    }
    first = storage.files[JOURNAL_NAME]
    assert len(first) == SIZE
    store.commit(device(2))
    assert storage.files[JOURNAL_NAME][:BLOCK] == first[:BLOCK]


def test_a_full_journal_is_folded() -> None:
    """A journal without room for a change begins anew, and nothing is lost on the way."""
    storage = MemoryStorage()
    store = Store.open(storage, lambda: device(0))
    in_file = []
    for number in range(1, 80):
        store.commit(device(number))
        assert live(storage.files) == device(number)
        assert read_previous(MemoryStorage(storage.files)) == device(number - 1)
        assert len(storage.files[JOURNAL_NAME]) == SIZE
        in_file.append(JSON.decode(storage.files["svr.json"]).sdi.name)
    assert list(dict.fromkeys(in_file)) == ["change 0", "change 32", "change 64"]


def test_what_is_larger_than_a_journal() -> None:
    """A database that no journal has room for is kept in its file, between smaller ones."""
    storage = MemoryStorage()
    store = Store.open(storage, lambda: device(0))
    large = named(unowned(), "x" * (2 * SIZE))
    for database in (device(1), large, device(2), device(3)):
        store.commit(database)
        assert live(storage.files) == database
        assert live(reopened(storage.files).files) == database
    assert len(storage.files[JOURNAL_NAME]) == SIZE


def test_a_torn_tail_is_dropped() -> None:
    """A change that was never promised may be torn at any octet: the one before it is current."""
    files = killed(3)
    journal = files[JOURNAL_NAME]
    record = journal[2 * BLOCK : 3 * BLOCK]
    assert records_of(record)[0].number == 4
    size = len(record.rstrip(b"\0"))
    for length in range(size):
        for rest in (bytes(BLOCK), b"\xff" * BLOCK, record[::-1]):
            torn = record[:length] + rest[length:]
            # what was behind it is the seal, which had not been written yet
            cut = journal[: 2 * BLOCK] + torn + bytes(SIZE - 3 * BLOCK)
            assert live({**files, JOURNAL_NAME: cut}) == device(2)


@both
def test_each_octet_counts(codec: Codec) -> None:
    """Whichever octet of a journal changes, nothing older than what was promised is read."""
    files = killed(3, codec)
    journal = files[JOURNAL_NAME]
    told = 0
    places = range(0, 4 * BLOCK, EVERY)
    for at in places:
        damaged = journal[:at] + bytes([journal[at] ^ 0x20]) + journal[at + 1 :]
        try:
            assert live({**files, JOURNAL_NAME: damaged}) == device(3)
        except StoreDamaged:
            told += 1
    ends = [len(journal[at : at + BLOCK].rstrip(b"\0")) for at in (0, BLOCK, 2 * BLOCK)]
    assert told == sum(at < 3 * BLOCK and at % BLOCK < ends[at // BLOCK] for at in places)


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_promised_change_that_is_lost(lost: int) -> None:
    """Zeros in the place of any promised change are damage, be it the last one or not."""
    files = killed(3)
    journal = files[JOURNAL_NAME]
    start = lost * BLOCK
    files[JOURNAL_NAME] = journal[:start] + bytes(BLOCK) + journal[start + BLOCK :]
    for _ in range(2):
        with pytest.raises(StoreDamaged) as caught:
            Store.open(MemoryStorage(files), unowned)
    newest = 3 if lost == 2 else 4
    lacking = ", which lacks that one" if lost == 2 else ""
    assert str(caught.value) == (
        f"memory/svr.journal is damaged (change {lost + 2}, which was acknowledged, cannot be "
        f"read); go on with change {newest}{lacking}, with `onboardee svr restore --journal`"
    )
    assert read_journal(MemoryStorage(files)) == device(newest - 1)


def test_all_promised_changes_are_lost() -> None:
    """Where nothing but the seal is left, the file is what one can go on with."""
    files = killed(1)
    files[JOURNAL_NAME] = bytes(BLOCK) + files[JOURNAL_NAME][BLOCK:]
    with pytest.raises(StoreDamaged) as caught:
        live(files)
    assert str(caught.value) == (
        "memory/svr.journal is damaged (change 2, which was acknowledged, cannot be read); remove "
        "memory/svr.journal to go on with what is in svr.json, which lacks that change"
    )
    with pytest.raises(StoreMissing, match="holds no change in a journal"):
        read_journal(MemoryStorage(files))
    del files[JOURNAL_NAME]
    assert live(files) == device(0)


EXCHANGED = {
    "a copy of the first version": JSON.encode(device(7)),
    "an edit with a right checksum": JSON.encode(device(7), Commit(1)),
    "an older copy": JSON.encode(device(0), Commit(0)),
    "another device's": JSON.encode(owned(), Commit(99, digest(b"another"))),
    "another device's with the same number": JSON.encode(owned(), Commit(3, digest(b"another"))),
}


@pytest.mark.parametrize("content", EXCHANGED.values(), ids=EXCHANGED.keys())
def test_exchanged_by_hand(content: bytes) -> None:
    """A file that was exchanged while there are newer changes is not taken, and both ways named."""
    files = {**killed(2), "svr.json": content}
    with pytest.raises(StoreDamaged) as caught:
        Store.open(MemoryStorage(files), unowned)
    assert str(caught.value) == (
        "memory/svr.json was edited by hand or exchanged: the changes in memory/svr.journal, up to "
        "3, were made to another file; go on with the last of these with `onboardee svr restore "
        "--journal`, or with the file as it is by removing memory/svr.journal"
    )
    without = {name: content for name, content in files.items() if name != JOURNAL_NAME}
    assert live(without) == JSON.decode(content)
    storage = MemoryStorage(files)
    kept = restore(storage, read_journal(storage))
    assert kept == ("svr.damaged.json", "svr.damaged.journal")
    assert live(storage.files) == device(2)
    assert storage.files["svr.damaged.json"] == content


def test_edited_by_hand() -> None:
    """An edit that does not keep the checksum is refused as ever, and the journal is pointed at."""
    files = killed(2)
    files["svr.json"] = files["svr.json"].replace(b'"change 0"', b'"changed!"')
    with pytest.raises(StoreDamaged) as caught:
        live(files)
    assert "svr.json was edited by hand or damaged" in str(caught.value)
    assert caught.value.remedy == (
        "go on with the last change in the journal beside it with `onboardee svr restore "
        "--journal`, or remove memory to begin as a new device"
    )
    storage = MemoryStorage(files)
    restore(storage, read_journal(storage))
    assert live(storage.files) == device(2)
    with Store.open(storage, unowned) as store:
        store.commit(device(3))
    assert live(storage.files) == device(3)


@both
def test_the_file_is_lost(codec: Codec) -> None:
    """A journal without its file is a damaged device, not a new one, and can be gone on with."""
    files = killed(2, codec)
    del files[codec.file_name]
    with pytest.raises(StoreDamaged, match=r"a device has lived here; go on with .*--journal"):
        Store.open(MemoryStorage(files), unowned)
    alone = MemoryStorage({JOURNAL_NAME: files[JOURNAL_NAME]})
    with pytest.raises(StoreDamaged, match="is missing although"):
        Store.open(alone, unowned)
    assert read_journal(alone) == device(2)
    assert restore(alone, device(3)) == ("svr.damaged.journal",)
    assert codec.decode(alone.files[codec.file_name]) == device(3)


def test_left_over() -> None:
    """A journal that a power cut brought back after it was folded is passed over, and removed."""
    storage = MemoryStorage()
    with Store.open(storage, lambda: device(0)) as store:
        store.commit(device(1))
        journal = storage.files[JOURNAL_NAME]
    files = {**storage.files, JOURNAL_NAME: journal}
    assert live(files) == device(1)
    assert read_previous(MemoryStorage(files)) == device(0)
    for journaled in (True, False):
        with Store.open(again := MemoryStorage(files), unowned, journal=journaled) as store:
            for number in (2, 3, 4):
                store.commit(device(number))
                assert live(again.files) == device(number)
        assert live(again.files) == device(4)
        assert JOURNAL_NAME not in again.files


class FullDisk(MemoryStorage):
    """A storage without room for a further file."""

    is_full = True

    def create(self, name: str) -> OpenFile:
        """Refuse, while it is full."""
        if self.is_full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().create(name)


def test_no_room_for_a_journal() -> None:
    """A disk too full for a journal is no reason not to start; it is made when there is room."""
    storage = FullDisk({"svr.json": JSON.encode(device(0), Commit(1)), "svr.begun": b""})
    with Store.open(storage, unowned) as store:
        with pytest.raises(StoreUnavailable, match="is on a full disk"):
            store.commit(device(1))
        assert JOURNAL_NAME not in storage.files
        storage.is_full = False
        store.commit(device(1))
        assert JOURNAL_NAME in storage.files
        assert JSON.decode(storage.files["svr.json"]) == device(1)
        store.commit(device(2))
        assert JSON.decode(storage.files["svr.json"]) == device(1)
        assert live(storage.files) == device(2)


@pytest.mark.parametrize("journal", [True, False])
def test_no_room_to_fold(journal: bool) -> None:
    """A change that a killed device left is kept where it is, durably, if there is no room."""
    storage = FullDisk(killed(2))
    before = storage.files[JOURNAL_NAME]
    with Store.open(storage, unowned, journal=journal) as store:
        assert store.current == device(2)
        assert storage.files[JOURNAL_NAME] == before
        with pytest.raises(StoreUnavailable, match="is on a full disk"):
            store.commit(device(3))
        assert live(storage.files) == device(2)
    assert live(storage.files) == device(2)
    assert read_previous(storage) == device(1)
    storage.is_full = False
    assert JOURNAL_NAME not in reopened(storage.files, journal=journal).files


@pytest.mark.parametrize("journal", [True, False])
@pytest.mark.parametrize("commits", [2, 31])
def test_what_failed_to_sync_is_not_synced_again(journal: bool, commits: int) -> None:
    """A change whose sync failed is durable once it was seen, be there no room to fold it either.

    The system takes its pages for synced, so that they are written anew, behind what is there.
    """
    storage = FullDisk()
    storage.is_full = False
    store = Store.open(storage, lambda: device(0))
    for number in range(1, commits):
        store.commit(device(number))
    storage.is_full = True
    storage.fail_at(3)
    with pytest.raises(StoreUnavailable, match="cannot be used"):
        store.commit(device(commits))
    storage.unlock()
    with Store.open(storage, unowned, journal=journal) as again:
        assert again.current == device(commits)
        for survivor in storage.after_power_cut():
            assert live(survivor.files) == device(commits)
            assert read_previous(survivor) == device(commits - 1)
    storage.is_full = False
    assert JOURNAL_NAME not in reopened(storage.files, journal=journal).files


def test_damage_of_the_last_change_that_there_was_room_for() -> None:
    """In a full journal, too, the loss of the last acknowledged change is told from a torn tail."""
    files = killed(31)
    journal = files[JOURNAL_NAME]
    assert live(files) == device(31)
    files[JOURNAL_NAME] = journal[: 30 * BLOCK] + bytes(BLOCK) + journal[31 * BLOCK :]
    with pytest.raises(StoreDamaged, match="change 32, which was acknowledged, cannot be read"):
        live(files)


def test_a_journal_begins_anew() -> None:
    """A journal never has records of two files, whatever of a new one a power cut leaves."""
    storage = MemoryStorage()
    store = Store.open(storage, lambda: device(0))
    bases = set()
    for number in range(1, 80):
        store.commit(device(number))
        found = {record.base for record in records_of(storage.files[JOURNAL_NAME])}
        assert len(found) < 2
        bases |= found
    assert len(bases) == 3


def test_what_a_peer_stores_is_no_record() -> None:
    """A database may hold the octets of a record, at a block's beginning, too: they are none."""
    forged = JournalRecord(CBOR, b"other than ours!", 1 << 40, 1 << 40, CBOR.pack(owned())).encode()
    empty = JournalRecord(CBOR, bytes(16), 1, 0, CBOR.pack(with_key(bytes(SIZE)))).encode()
    start = empty.index(bytes(BLOCK // 2))
    assert start < BLOCK
    for further in range(3):
        for shift in range(8):
            padding = bytes((further + 1) * BLOCK - start - shift)
            database = with_key((padding + forged).ljust(SIZE, b"\0"))
            content = JournalRecord(CBOR, bytes(16), 1, 0, CBOR.pack(database)).encode()
            (record,) = records_of(content)
            assert record.database() == database
            # nor if the record around it is torn
            assert records_of(bytes(BLOCK) + content[BLOCK:]) == []


def with_key(data: bytes) -> Database:
    """Return a database with octets that a peer chose."""
    private = PrivateData(encoding=Encoding.RAW, data=data)
    key = Credential(credid=1, kind=CredentialType.SYMMETRIC_PAIRWISE, subject="*", private=private)
    return replace(unowned(), cred=Cred(credentials=(key,)))


class Changing(MemoryStorage):
    """A storage that is written to while it is read: after each read something happens."""

    def __init__(self, files: dict[str, bytes], then: list[dict[str, bytes]]) -> None:
        super().__init__(files)
        self.then = then

    def read(self, name: str) -> bytes | None:
        """Read a file, then let the device go on."""
        content = super().read(name)
        if self.then:
            self._entries = MemoryStorage(self.then.pop(0))._entries
        return content


def history() -> list[dict[str, bytes]]:
    """Return what a storage holds after each commit of a device that folds its journal."""
    storage, found = MemoryStorage(), []
    store = Store.open(storage, lambda: device(0))
    for number in range(1, 40):
        store.commit(device(number))
        found.append(storage.files)
    store.close()
    return [*found, storage.files]


@pytest.mark.parametrize("pace", [1, 3, 31, 33])
def test_read_beside_the_device(pace: int) -> None:
    """Whatever a device does between two looks of a reader, it reads one of its databases."""
    states = history()
    for start in range(0, len(states) - pace, 3):
        storage = Changing(states[start], states[start + pace :: pace])
        found = int(read_named(storage, "live").sdi.name.removeprefix("change "))
        assert found > start


def test_records_of_anything() -> None:
    """What is no record is none: nothing, zeros, a cut-off head, another magic, another size."""
    record = JournalRecord(JSON, bytes(16), 1, 0, JSON.pack(device(0)))
    content = record.encode()
    assert records_of(content) == [record]
    assert records_of(bytes(BLOCK) + content) == [record]
    assert [each.database() for each in records_of(content * 2)] == [device(0)] * 2
    for other in (b"", bytes(SIZE), content[:40], content[:200], b"svr-yaml" + content[8:]):
        assert records_of(other) == []
    assert len(content) % BLOCK == 0


def test_forms_are_not_mixed() -> None:
    """A record tells in which form it is."""
    record = JournalRecord(CBOR, bytes(16), 1, 0, CBOR.pack(owned()))
    (found,) = records_of(record.encode())
    assert found.database() == owned()
    assert found.database().doxm.device_uuid == DEVICE

"""The provisioning database: what it keeps, who may write it, and what it was before."""

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from onboardee.obt import Address, TransferMethod
from onboardee.obt.database import (
    CredentialState,
    DatabaseBusyError,
    DatabaseError,
    DeviceRecord,
    DirectPairing,
    IssuedCertificate,
    PairwiseCredential,
    PlanStep,
    ProvisioningDatabase,
    Result,
    schema,
)
from onboardee.obt.database.authorities import StoredAuthority
from onboardee.obt.database.operations import HISTORY

DEVICE = UUID("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee")
OTHER = UUID("bbbbbbbb-bbbb-4ccc-8ddd-eeeeeeeeeeee")
OWNER = UUID("11111111-2222-4333-8444-555555555555")
KEY = bytes(range(16))


def record(uuid: UUID = DEVICE, **fields: object) -> DeviceRecord:
    """Return a device with all that can be known of one."""
    made = DeviceRecord(
        uuid=uuid,
        owner=OWNER,
        key=KEY,
        name="Kitchen light",
        types=("oic.d.light",),
        method=TransferMethod.RANDOM_PIN,
        order="iot2",
        secured=(Address("fe80::1", 5684, 2), Address("10.0.0.1", 5684)),
        plain=Address("fe80::1", 5683, 2),
        former=UUID(int=7),
        added="2026-01-01T00:00:00Z",
        seen="2026-01-02T00:00:00Z",
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def test_devices_are_kept(tmp_path: Path) -> None:
    """What was put is there again after a restart, under its name and any clear beginning."""
    path = tmp_path / "below" / "obt.db"
    with ProvisioningDatabase(path) as database:
        owner = database.owner
        database.devices.put(record())
        database.devices.put(record(OTHER, name="Hall"))
    with ProvisioningDatabase(path) as database:
        assert database.owner == owner
        for name in ("AAAA", str(DEVICE), "kitchen", "KITCHEN LIGHT"):
            assert database.devices.find(name) == record()
        assert database.devices.find("hall").uuid == OTHER
        with pytest.raises(DatabaseError, match=r"knows several devices .*aaaaaaaa.*, bbbbbbbb"):
            database.devices.find("")
        database.devices.remove(DEVICE)
        with pytest.raises(DatabaseError, match="knows no device"):
            database.devices.find("aaaa")
        assert database.devices.all() == [record(OTHER, name="Hall")]


def test_a_whole_name_is_preferred(tmp_path: Path) -> None:
    """A device called Lamp is meant by lamp, although another one is called Lamp 2."""
    with ProvisioningDatabase(tmp_path / "obt.db") as database:
        database.devices.put(record(name="Lamp 2"))
        database.devices.put(record(OTHER, name="Lamp"))
        assert database.devices.find("lamp").uuid == OTHER
        database.devices.put(record(UUID(int=3), name=""))
        with pytest.raises(DatabaseError, match="several devices"):
            database.devices.find("")


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    """All files are of mode 0600, even where somebody had opened them to others."""
    path = tmp_path / "obt.db"
    with ProvisioningDatabase(path) as database:
        database.devices.put(record())
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
    assert set(modes) == {"obt.db", "obt.db-wal", "obt.db-shm", "obt.db.lock"}
    assert set(modes.values()) == {0o600}
    path.chmod(0o644)
    ProvisioningDatabase(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_was_deleted_is_gone(tmp_path: Path) -> None:
    """The key of a device that was forgotten is not in the file any more."""
    path = tmp_path / "obt.db"
    with ProvisioningDatabase(path) as database:
        database.devices.put(record(key=b"\xa5" * 16))
    assert b"\xa5" * 16 in path.read_bytes()
    with ProvisioningDatabase(path) as database:
        database.devices.remove(DEVICE)
    assert b"\xa5" * 16 not in path.read_bytes()


def test_one_writer(tmp_path: Path) -> None:
    """While one process changes it the next is told which, and many can read."""
    path = tmp_path / "obt.db"
    with (
        ProvisioningDatabase(path) as writer,
        ProvisioningDatabase(path, patience=0.1) as reader,
        writer.writing(),
    ):
        writer.devices.put(record())
        assert reader.devices.find("aaaa") == record()
        with pytest.raises(DatabaseBusyError, match=rf"process {os.getpid()} is changing {path}"):
            reader.devices.remove(DEVICE)
    with ProvisioningDatabase(path) as database:
        database.devices.remove(DEVICE)


def test_all_or_nothing(tmp_path: Path) -> None:
    """A transaction that ends with an error leaves nothing, and no lock."""
    path = tmp_path / "obt.db"
    with ProvisioningDatabase(path) as database:

        def interrupted() -> None:
            with database.transaction():
                database.devices.put(record())
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert database.devices.all() == []
        with ProvisioningDatabase(path, patience=0.1) as other:
            other.devices.put(record())
        assert database.devices.all() == [record()]


WRITER = """
import sys
from pathlib import Path
from uuid import UUID, uuid4
from onboardee.obt.database import DeviceRecord, ProvisioningDatabase
with ProvisioningDatabase(Path(sys.argv[1])) as database:
    while True:
        key = uuid4().bytes
        database.devices.put(DeviceRecord(uuid=uuid4(), owner=UUID(int=1), key=key))
        print(key.hex(), flush=True)
"""


def test_killed_while_writing(tmp_path: Path) -> None:
    """What a process reported as kept is there after `kill -9`, and the file is whole."""
    path = tmp_path / "obt.db"
    said: list[str] = []
    for count in (1, 7, 20):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            said += [process.stdout.readline().strip() for _ in range(count)]
            process.send_signal(signal.SIGKILL)
        with ProvisioningDatabase(path, patience=0.1) as database:
            keys = {each.key.hex() for each in database.devices.all() if each.key}
            assert set(said) <= keys
            assert [*database.file.rows("PRAGMA integrity_check")[0]] == ["ok"]


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"owner": "x"}', b"SQLite format 3\0"])
def test_damaged_file(tmp_path: Path, content: bytes) -> None:
    """A damaged file is not mistaken for an empty one, and stays as it is."""
    path = tmp_path / "obt.db"
    path.write_bytes(content)
    with pytest.raises(DatabaseError, match=r"cannot be read|something else"):
        ProvisioningDatabase(path)
    assert path.read_bytes() == content


def test_database_of_something_else(tmp_path: Path) -> None:
    """Another program's database is left alone."""
    path = tmp_path / "obt.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(DatabaseError, match="is a database of something else"):
        ProvisioningDatabase(path)
    assert path.read_bytes() == before


def test_migrations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of an earlier version gets the tables of today and keeps its records.

    A program of that version then refuses it, and says why.
    """
    path = tmp_path / "obt.db"
    with ProvisioningDatabase(path) as database:
        database.devices.put(record())
        assert database.file.version == len(schema.MIGRATIONS)
    more = (*schema.MIGRATIONS, ("CREATE TABLE later (x INTEGER)",))
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", more)
        with ProvisioningDatabase(path) as database:
            assert database.file.version == len(more)
            assert database.devices.all() == [record()]
            assert database.file.rows("SELECT * FROM later") == []
    with pytest.raises(DatabaseError, match="newer version of this program"):
        ProvisioningDatabase(path)


def test_a_migration_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It leaves the file as it was."""
    path = tmp_path / "obt.db"
    ProvisioningDatabase(path).close()
    broken = (*schema.MIGRATIONS, ("CREATE TABLE later (x INTEGER)", "NONSENSE"))
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", broken)
        with pytest.raises(DatabaseError, match="cannot be written"):
            ProvisioningDatabase(path)
    with ProvisioningDatabase(path) as database:
        assert database.file.version == len(schema.MIGRATIONS)


def former_file(path: Path) -> None:
    """Write a file as the first versions of this program did."""
    entry = {
        "host": "fe80::1",
        "port": 5684,
        "interface": 2,
        "plain_port": 5683,
        "key": b64encode(KEY).decode(),
    }
    other = {"host": "10.0.0.1", "port": 1, "key": b64encode(KEY[::-1]).decode()}
    content = {"owner": str(OWNER), "devices": {str(DEVICE): entry, str(OTHER): other}}
    path.write_text(json.dumps(content))


@pytest.mark.parametrize("is_elsewhere", [True, False])
def test_former_file(tmp_path: Path, is_elsewhere: bool) -> None:
    """The file of the first versions becomes a database with all its keys, and is kept."""
    former, path = tmp_path / "obt.json", tmp_path / "obt.db"
    if not is_elsewhere:
        path = former
    former_file(former)
    content = former.read_bytes()
    for _ in range(2):
        with ProvisioningDatabase(path, former=former if is_elsewhere else None) as database:
            assert database.owner == OWNER
            first, second = database.devices.all()
            assert first.ownership.key == KEY
            assert first.ownership.secured == Address("fe80::1", 5684, 2)
            assert first.ownership.plain == Address("fe80::1", 5683, 2)
            assert second.ownership.key == KEY[::-1]
            assert second.plain is None
    assert (tmp_path / "obt.json.old").read_bytes() == content
    names = {each.name for each in tmp_path.iterdir()}
    assert names == {path.name, f"{path.name}.lock", "obt.json.old"}


@pytest.mark.parametrize("moment", ["link", "replace", "rename"])
@pytest.mark.parametrize("is_elsewhere", [True, False])
def test_former_file_and_a_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str, is_elsewhere: bool
) -> None:
    """Wherever the conversion is interrupted, the next start finds all keys."""
    former, path = tmp_path / "obt.json", tmp_path / "obt.db"
    if not is_elsewhere:
        path = former
    former_file(former)

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(*((os, "link", crash) if moment == "link" else (Path, moment, crash)))
        try:
            ProvisioningDatabase(path, former=former).close()
        except KeyboardInterrupt:
            pass
        else:
            assert (moment, is_elsewhere) in {("link", True), ("rename", False)}
    with ProvisioningDatabase(path, former=former) as database:
        assert database.owner == OWNER
        assert [each.key for each in database.devices.all()] == [KEY, KEY[::-1]]


def test_what_was_given_is_kept(tmp_path: Path) -> None:
    """Credentials, certificates, authorities and direct pairings are there again."""
    path = tmp_path / "obt.db"
    with ProvisioningDatabase(path) as database:
        database.devices.put(record())
        database.devices.put(record(OTHER))
        for device, peer in ((DEVICE, OTHER), (OTHER, DEVICE)):
            database.credentials.put(
                PairwiseCredential(
                    device=device, peer=peer, state=CredentialState.PRESENT, credid=3, bits=128
                )
            )
        number = database.certificates.add(
            IssuedCertificate(device=DEVICE, kind="role", serial="0a", pem="PEM", role="cook")
        )
        database.certificates.revoke(number)
        database.authorities.add(
            StoredAuthority(name="home", chain="PEM", private_key=b"secret", crl_number=1)
        )
        database.authorities.set_crl_number("home", 2)
        pairing = DirectPairing(
            device=DEVICE, enabled=True, methods=(1,), pin=b"00000000", configured="2026"
        )
        database.direct_pairings.put(pairing)
    with ProvisioningDatabase(path) as database:
        assert database.credentials.linked_with(DEVICE) == [OTHER]
        (certificate,) = database.certificates.of(DEVICE)
        assert (certificate.role, certificate.revoked is None) == ("cook", False)
        stored = database.authorities.get("home")
        assert stored is not None
        assert (stored.private_key, stored.crl_number) == (b"secret", 2)
        assert database.direct_pairings.get(DEVICE) == pairing
        database.devices.remove(DEVICE)
        assert database.direct_pairings.all() == []
        assert [each.device for each in database.credentials.all()] == [OTHER]
        assert database.credentials.linked_with(OTHER) == []
    assert "secret" not in repr(stored)
    assert KEY.hex() not in repr(record())


def test_history_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest operations are left out at last, but for those that are unfinished."""
    monkeypatch.setattr("onboardee.obt.database.operations.HISTORY", 5)
    with ProvisioningDatabase(tmp_path / "obt.db") as database:
        for number in range(12):
            step = PlanStep(action="reset", device=DEVICE, secret=KEY)
            operation = database.operations.begin("reset", (DEVICE,), [step])
            result = Result.OPEN if number == 2 else Result.DONE
            database.operations.end(operation.id, result, "why")
        kept = [each.id for each in database.operations.history()]
        assert kept == [12, 11, 10, 9, 8, 3]
        assert database.operations.steps(3)[0].secret == KEY
        assert database.operations.steps(12)[0].secret is None
    assert HISTORY > 100


def test_identities(tmp_path: Path) -> None:
    """Each role of the tool has a UUID of its own, the same each time."""
    path = tmp_path / "obt.db"
    with ProvisioningDatabase(path) as database:
        named = database.identity("ams")
        assert named != database.owner
    with ProvisioningDatabase(path) as database:
        assert database.identity("ams") == named

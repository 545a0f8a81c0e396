"""The provisioning database checked, exported, imported, and IoTivity's taken over."""

import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace as with_fields
from obt_home import Home
from obt_house import House, rule_for

from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import load
from onboardee.obt import run
from onboardee.obt.database import (
    CredentialState,
    DatabaseError,
    DeviceRecord,
    DirectPairing,
    PairwiseCredential,
    PlanStep,
    ProvisioningDatabase,
    Result,
    schema,
)
from onboardee.obt.database.authorities import StoredAuthority
from onboardee.obt.database.checking import check
from onboardee.obt.database.exchange import export, import_records
from onboardee.obt.database.pdm import import_pdm, read_pdm
from onboardee.obt.plans.comparing import compare
from onboardee.svrdb import Credential, CredentialType, PrivateData
from onboardee.svrdb.formats import Form, write
from onboardee.wire.entropy import SeededEntropy

ONE, TWO, THREE = UUID(int=1), UUID(int=2), UUID(int=3)
OWNER = UUID("11111111-2222-4333-8444-555555555555")
KEY = b"\xa5" * 16


def filled(path: Path) -> ProvisioningDatabase:
    """Make a database with two linked devices and an operation that is unfinished."""
    database = ProvisioningDatabase(path)
    for uuid in (ONE, TWO):
        database.devices.put(DeviceRecord(uuid=uuid, owner=database.owner, key=KEY, name=f"{uuid}"))
    for device, peer in ((ONE, TWO), (TWO, ONE)):
        database.credentials.put(
            PairwiseCredential(device=device, peer=peer, state=CredentialState.PRESENT)
        )
        database.rules.put(device, rule_for(peer), CredentialState.PRESENT, aceid=5)
    steps = [PlanStep(action="delete credentials", device=ONE, peer=TWO, secret=KEY)]
    operation = database.operations.begin("unlink", (ONE, TWO), steps)
    database.operations.end(operation.id, Result.OPEN, "away")
    database.authorities.add(StoredAuthority(name="home", chain="PEM", private_key=KEY))
    database.direct_pairings.put(
        DirectPairing(device=ONE, enabled=True, pin=b"12345678", configured="2026")
    )
    return database


def everything(database: ProvisioningDatabase) -> list[Any]:
    """Return all that is in a database."""
    return [
        database.owner,
        database.devices.all(),
        [replace(each, operation=None) for each in database.credentials.all()],
        [replace(each, operation=None) for each in database.rules.all()],
        database.authorities.get("home"),
        database.direct_pairings.all(),
        [database.operations.steps(each.id) for each in database.operations.unfinished()],
    ]


def test_out_and_in(tmp_path: Path) -> None:
    """A new database that an export comes into is like the old one, keys and all."""
    with filled(tmp_path / "a.db") as old, ProvisioningDatabase(tmp_path / "b.db") as new:
        content = export(old)
        taken = import_records(new, content)
        assert taken.added == (str(ONE), str(TWO))
        assert everything(new) == everything(old)
        again = import_records(new, content)
        assert (again.added, again.known) == ((), (str(ONE), str(TWO)))
        assert everything(new) == everything(old)


def test_without_keys(tmp_path: Path) -> None:
    """Such an export has no secret, and none of what it belongs to is usable."""
    with filled(tmp_path / "a.db") as old, ProvisioningDatabase(tmp_path / "b.db") as new:
        content = export(old, with_keys=False)
        assert b"paWlp" not in content
        import_records(new, content)
        assert [each.key for each in new.devices.all()] == [None, None]


def test_others_stay(tmp_path: Path) -> None:
    """What is known already is not touched, and the owner remains who it is."""
    with filled(tmp_path / "a.db") as old, ProvisioningDatabase(tmp_path / "b.db") as new:
        owner = new.owner
        mine = new.devices.put(DeviceRecord(uuid=ONE, owner=owner, key=bytes(16), name="mine"))
        taken = import_records(new, export(old))
        assert (taken.added, taken.known) == ((str(TWO),), (str(ONE),))
        assert new.owner == owner
        assert new.devices.get(ONE) == mine
        assert new.devices.require(TWO).owner == old.owner


def test_export_of_an_earlier_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is brought up to date on its way in; one of a later version is refused."""
    with filled(tmp_path / "a.db") as old:
        content = export(old)
        before = everything(old)
    more = (*schema.MIGRATIONS, ("ALTER TABLE devices ADD COLUMN colour TEXT DEFAULT 'red'",))
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", more)
        with ProvisioningDatabase(tmp_path / "b.db") as new:
            import_records(new, content)
            assert everything(new) == before
            assert [row["colour"] for row in new.file.rows("SELECT colour FROM devices")] == [
                "red",
                "red",
            ]
            later = export(new)
    with (
        ProvisioningDatabase(tmp_path / "c.db") as new,
        pytest.raises(DatabaseError, match=f"tables of version {len(schema.MIGRATIONS) + 1}"),
    ):
        import_records(new, later)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "songs"},
        {"records": {"devices": [{"uuid": "x"}]}},
        {"records": {"devices": [{"a) --": 1}]}},
        {"records": {"pairwise_credentials": [{"device": "nobody"}]}},
        {"records": 5},
    ],
)
def test_export_that_is_none(tmp_path: Path, change: dict[str, Any]) -> None:
    """It is refused with a reason, and changes nothing."""
    with filled(tmp_path / "a.db") as old, ProvisioningDatabase(tmp_path / "b.db") as new:
        document = {**json.loads(export(old)), **change}
        owner = new.owner
        with pytest.raises(DatabaseError, match="export"):
            import_records(new, json.dumps(document).encode())
        assert (new.devices.all(), new.owner) == ([], owner)


def test_records_that_are_none(tmp_path: Path) -> None:
    """A UUID that is none does not get in, however well the columns fit."""
    with filled(tmp_path / "a.db") as old, ProvisioningDatabase(tmp_path / "b.db") as new:
        document = json.loads(export(old))
        document["records"]["devices"][0]["owner"] = "nobody"
        with pytest.raises(DatabaseError, match="a record that is none"):
            import_records(new, json.dumps(document).encode())
        assert new.devices.all() == []


def test_check(tmp_path: Path) -> None:
    """What is unfinished or half is named with the command that mends it."""
    with filled(tmp_path / "a.db") as database:
        said = [(each.text, each.command) for each in check(database)]
        assert (
            f"operation 1 (unlink {ONE} {TWO}) is unfinished: away",
            "onboardee obt resume 1",
        ) in said
        database.operations.end(1, Result.DONE)
        database.credentials.remove(TWO, ONE)
        database.devices.put(DeviceRecord(uuid=THREE, owner=OWNER))
        commands = [each.command for each in check(database)]
        assert f"onboardee obt unlink {ONE} {TWO}" in commands
        assert f"onboardee obt forget {THREE}" in commands
        assert not [each for each in check(database) if "damaged" in each.text]


def test_compare(tmp_path: Path) -> None:
    """Where the devices have something else than the database says, it is said, and mended."""
    house = House(tmp_path, 3, ((0, 1),))
    one, two, three = house.uuids
    tool = house.start()
    assert run(compare(tool.database, tool)) == []
    tool.database.credentials.remove(one, two)
    tool.database.credentials.put(
        PairwiseCredential(device=three, peer=one, state=CredentialState.PRESENT)
    )
    tool.database.rules.put(three, rule_for(one), CredentialState.PRESENT)
    said = [each.text for each in run(compare(tool.database, tool, mend=True))]
    assert said == [
        f"{one} has a credential for {two}, not in the database",
        f"{three} has no credential for {one}, against the database",
        f"{three} has not the rule for {one} of the database",
    ]
    assert run(compare(tool.database, tool)) == []
    assert house.disagreements(tool.database) == []
    house.unplug(one)
    (away,) = run(compare(tool.database, tool))
    assert f"{one} cannot be asked" in away.text
    assert not away.can_be_mended
    tool.database.close()


def iotivity(path: Path) -> Path:
    """Write a provisioning database as IoTivity's client does."""
    with sqlite3.connect(path) as connection:
        connection.executescript(
            "CREATE TABLE IF NOT EXISTS T_DEVICE_LIST(ID INTEGER PRIMARY KEY AUTOINCREMENT,"
            "UUID BLOB NOT NULL UNIQUE, STATE INT NOT NULL);"
            "CREATE TABLE IF NOT EXISTS T_DEVICE_LINK_STATE(ID INT NOT NULL, ID2 INT NOT NULL,"
            "STATE INT NOT NULL, PRIMARY KEY (ID, ID2));"
        )
        for uuid, state in ((ONE, 0), (TWO, 0), (THREE, 1), (UUID(int=4), 2)):
            connection.execute("INSERT INTO T_DEVICE_LIST VALUES (NULL, ?, ?)", (uuid.bytes, state))
        connection.executemany(
            "INSERT INTO T_DEVICE_LINK_STATE VALUES (?, ?, ?)", [(1, 2, 0), (2, 3, 1), (3, 9, 0)]
        )
    connection.close()
    return path


def test_iotivity(tmp_path: Path) -> None:
    """Its devices and links come over; links it was about to delete can be completed."""
    pdm = read_pdm(iotivity(tmp_path / "oic_prvn_mng.db"))
    with ProvisioningDatabase(tmp_path / "obt.db") as database:
        taken = import_pdm(database, pdm, OWNER, {ONE: KEY, TWO: KEY})
        assert (taken.devices, taken.links) == ((ONE, TWO, THREE), 2)
        assert any("the numbers 3 and 9" in each for each in taken.notes)
        assert any(f"{UUID(int=4)} was only about to be owned" in each for each in taken.notes)
        assert f"the owner credential of {THREE} is not known" in taken.notes
        assert database.devices.require(ONE).key == KEY
        assert database.devices.require(ONE).owner == OWNER
        assert [each.state for each in database.devices.all()] == ["owned", "owned", "removing"]
        assert database.credentials.linked_with(ONE) == [TWO]
        (unfinished,) = database.operations.unfinished()
        assert (unfinished.kind, unfinished.devices) == ("unlink", (TWO, THREE))
        assert len(import_pdm(database, pdm, OWNER, {}).devices) == 0


def test_not_iotivity(tmp_path: Path) -> None:
    """Another database is refused with a reason."""
    path = tmp_path / "songs.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    connection.close()
    with pytest.raises(DatabaseError, match="no provisioning database of IoTivity"):
        read_pdm(path)


def test_commands(home: Home, tmp_path: Path) -> None:
    """Checked, exported to a file of mode 0600, imported elsewhere, where the devices are ours."""
    assert home.json("db", "check", "--devices") == []
    assert "nothing is wrong" in home.obt("db", "check").stdout
    target = tmp_path / "backup.json"
    home.obt("db", "export", str(target))
    assert target.stat().st_mode & 0o777 == 0o600
    assert "is there already" in home.obt("db", "export", str(target), code=1).output
    elsewhere = Home(tmp_path / "other.db", home.lights, home.stack)
    assert "2 devices added" in elsewhere.obt("db", "import", str(target)).stdout
    assert elsewhere.json("read", "hall", "/light/switch") == {"value": False}
    with elsewhere.database() as database:
        hall, kitchen = (database.devices.find(each) for each in ("hall", "kitchen"))
        database.credentials.put(
            PairwiseCredential(device=hall.uuid, peer=kitchen.uuid, state=CredentialState.PRESENT)
        )
    assert "has no credential" in elsewhere.obt("db", "check", "--devices", code=1).stdout
    elsewhere.obt("db", "check", "--fix")
    assert elsewhere.json("db", "check", "--devices") == []


def test_import_of_iotivity(home: Home, tmp_path: Path) -> None:
    """With the client's own database its keys come along, and open sessions."""
    with home.database() as database:
        hall = database.devices.find("hall")
    path = tmp_path / "PDM.db"
    with sqlite3.connect(iotivity(path)) as connection:
        connection.execute("UPDATE T_DEVICE_LIST SET UUID = ? WHERE ID = 1", (hall.uuid.bytes,))
    connection.close()
    client = new_database(load("light"), SeededEntropy(1))
    secret = PrivateData(data=hall.key)
    key = Credential(
        credid=7,
        kind=CredentialType.SYMMETRIC_PAIRWISE,
        subject=str(hall.uuid),
        private=secret,
    )

    client = with_fields(
        client,
        doxm=with_fields(client.doxm, device_uuid=hall.owner),
        cred=with_fields(client.cred, credentials=(key,)),
    )
    write(tmp_path / "client.dat", client, form=Form.IOTIVITY)
    elsewhere = Home(tmp_path / "other.db", home.lights, home.stack)
    said = elsewhere.obt(
        "db", "import", str(path), "--svr", str(tmp_path / "client.dat"), "--order", "iot2"
    )
    assert "3 devices and 2 links added" in said.stdout
    with elsewhere.database() as database:
        found = database.devices.require(hall.uuid)
        assert (found.key, found.owner, found.order) == (hall.key, hall.owner, "iot2")

"""`onboardee svr` as people and scripts use it."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace
from test_cli_run import onboardee, running

from onboardee.device.cli import main
from onboardee.device.security import onboarding_states
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import load
from onboardee.svrdb import (
    CBOR,
    JSON,
    Ace,
    AceResource,
    Codec,
    Connection,
    Cred,
    Credential,
    Database,
    Foreign,
    PrivateData,
    State,
    Subject,
    open_directory,
    open_existing,
    profile_of,
    read_existing,
)
from onboardee.svrdb.codec import CODECS
from onboardee.wire.entropy import SeededEntropy

OWNER = "11111111-2222-4333-8444-555555555555"
SECRET = b"sixteen octets.."
LIGHT = load("light")


def new() -> Database:
    """Return a new light."""
    return new_database(LIGHT, SeededEntropy(1))


def owned(name: str = "") -> Database:
    """Return the light with an owner; the name makes databases differ."""
    database = onboarding_states.enter(new(), State.RFNOP)
    owner = type(database.doxm.owner_uuid)(OWNER)
    credential = Credential(credid=1, kind=1, subject=OWNER, private=PrivateData(data=SECRET))
    return replace(
        database,
        doxm=replace(database.doxm, owned=True, owner_uuid=owner, resource_owner=owner),
        pstat=replace(database.pstat, resource_owner=owner),
        acl2=replace(database.acl2, resource_owner=owner),
        cred=Cred(credentials=(credential,), resource_owner=owner),
        sdi=replace(database.sdi, name=name),
    )


@pytest.fixture(name="home", params=CODECS, ids=lambda codec: codec.name)
def _home(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return the state directory of an owned light, in each format."""
    codec: Codec = request.param
    with open_directory(tmp_path / "state", new, codec=codec) as store:
        store.commit(owned("first"))
        store.commit(owned("second"))
    return tmp_path / "state"


def svr(home: Path, *arguments: str) -> Result:
    """Run a command on a state directory."""
    return CliRunner().invoke(main, ["svr", *arguments, "--state-dir", str(home)])


def done(home: Path, *arguments: str) -> str:
    """Run a command that must succeed, and return what it says."""
    result = svr(home, *arguments)
    assert result.exit_code == 0, result.output
    assert SECRET.decode() not in result.output
    return result.output


def change(home: Path, edit: Callable[[Database], Database]) -> None:
    """Change what a device keeps."""
    with open_existing(home) as store:
        store.commit(edit(store.current))


def files(home: Path) -> dict[str, bytes]:
    """Return all that is in the directory."""
    return {path.name: path.read_bytes() for path in home.iterdir() if path.is_file()}


def not_in_operation(database: Database) -> Database:
    """Make a mistake."""
    return replace(database, pstat=replace(database.pstat, is_operational=False))


# check


def test_check_of_a_sound_device(home: Path) -> None:
    """Nothing to say, and code 0."""
    assert done(home, "check") == "all is consistent\n"
    assert json.loads(done(home, "check", "--json")) == []


def test_check_names_and_repairs(home: Path) -> None:
    """A mistake is named with clause and remedy; a dry run shows the repair, --fix does it."""
    change(home, not_in_operation)
    found = svr(home, "check")
    assert found.exit_code == 1
    assert "error    operational-mismatch: The state is RFNOP, but pstat.isop is" in found.output
    assert "OCF Security 13.8; --fix would: let pstat.isop follow the state" in found.output
    (listed,) = json.loads(svr(home, "check", "--json").output)
    assert (listed["code"], listed["severity"]) == ("operational-mismatch", "error")
    before = files(home)
    repair = "- pstat.isop: false\n+ pstat.isop: true\n"
    assert svr(home, "check", "--fix", "--dry-run").output == repair
    assert files(home) == before
    assert done(home, "check", "--fix") == repair
    assert done(home, "check") == "all is consistent\n"


def test_check_chosen_ones_only(home: Path) -> None:
    """--only looks for, and repairs, what was named."""
    change(home, not_in_operation)
    assert done(home, "check", "--only", "duplicate-credid") == "all is consistent\n"
    done(home, "check", "--fix", "--only", "duplicate-credid")
    assert svr(home, "check").exit_code == 1
    fixed = json.loads(done(home, "check", "--fix", "--json", "--only", "operational-mismatch"))
    assert fixed == {"changed": ["pstat.isop"], "left": []}
    assert svr(home, "check", "--only", "nonsense").exit_code == 2


def test_repair_can_be_taken_back(home: Path) -> None:
    """A repair that resets the device is taken back by restoring the generation before."""
    change(home, lambda database: replace(database, cred=Cred()))
    broken = read_existing(home)
    assert "- doxm.owned: true\n+ doxm.owned: false\n" in done(home, "check", "--fix")
    done(home, "restore", "--previous")
    assert read_existing(home) == broken


@pytest.mark.parametrize(("at", "code"), [("2030-01-01", 0), ("2041-01-01", 1)])
def test_check_for_a_time(home: Path, at: str, code: int) -> None:
    """--at tells what will be wrong then."""

    def expiring(database: Database) -> Database:
        (credential,) = database.cred.credentials
        later = replace(
            credential, credid=2, subject="*", period="20200101T000000Z/20400101T000000Z"
        )
        cred = replace(database.cred, credentials=(credential, later))
        return replace(database, cred=cred)

    change(home, expiring)
    assert svr(home, "check", "--at", at).exit_code == code


def test_check_of_a_damaged_device(home: Path) -> None:
    """Damage is told with the octet and with what to do, as a sentence or as JSON."""
    (name,) = [name for name in files(home) if name in {"svr.json", "svr.cbor"}]
    (home / name).write_bytes(files(home)[name][:100])
    told = svr(home, "check")
    assert told.exit_code == 1
    assert "onboardee svr restore --previous" in told.output
    (finding,) = json.loads(svr(home, "check", "--json").output)
    assert finding["code"] == "damaged"
    assert isinstance(finding["octet"], int)


# snapshots


def test_snapshots_are_kept_listed_and_restored(home: Path) -> None:
    """A restored device is exactly what it was: owner, credentials, rules, everything."""
    before = read_existing(home)
    assert "snapshot mine is kept in" in done(home, "snapshot", "mine")
    assert "snapshot snapshot-1 is kept" in done(home, "snapshot")
    change(home, lambda _: new())
    rows = json.loads(done(home, "snapshots", "--json"))
    assert [(row["name"], row["state"], row["owner"]) for row in rows] == [
        ("mine", "RFNOP", OWNER),
        ("snapshot-1", "RFNOP", OWNER),
    ]
    assert re.search(f"mine .* RFNOP +owner {OWNER}", done(home, "snapshots"))
    assert "- doxm.owned: false\n+ doxm.owned: true\n" in done(home, "restore", "mine", "--dry-run")
    assert read_existing(home) == new()
    assert f"is in RFNOP again, owned by {OWNER}" in done(home, "restore", "mine")
    assert read_existing(home) == before
    assert {path.stat().st_mode & 0o777 for path in home.iterdir() if path.is_file()} == {0o600}


def test_snapshots_are_removed(home: Path) -> None:
    """A snapshot goes when it is named."""
    done(home, "snapshot", "mine")
    done(home, "snapshot", "mine", "--remove")
    assert done(home, "snapshots") == "there are no snapshots\n"
    assert svr(home, "snapshot", "--remove").exit_code == 2


def test_damaged_snapshot_is_listed_and_refused(home: Path) -> None:
    """A damaged snapshot is told as such, and changes nothing."""
    done(home, "snapshot", "mine")
    (path,) = home.glob("svr.snapshot.mine.*")
    path.write_bytes(path.read_bytes()[:-1])
    assert "damaged" in done(home, "snapshots")
    before = files(home)
    refused = svr(home, "restore", "mine")
    assert refused.exit_code == 1
    assert path.name in refused.output
    assert files(home) == before


@pytest.mark.parametrize("name", ["../x", "a/b", "live", "auto-000001-RFNOP", "-x"])
def test_names_that_are_refused(home: Path, name: str) -> None:
    """A name cannot lead out of the directory; it is a wrong use of the command."""
    before = files(home)
    assert svr(home, "snapshot", name).exit_code == 2
    assert files(home) == before


def test_restore_of_the_generation_before(home: Path) -> None:
    """A damaged database is replaced by the generation before, when a person says so."""
    (name,) = [name for name in files(home) if name in {"svr.json", "svr.cbor"}]
    (home / name).write_bytes(b"")
    assert "is damaged" not in svr(home, "snapshots").output
    told = done(home, "restore", "--previous")
    assert f"what was damaged is kept in {home}/svr.damaged." in told
    assert read_existing(home) == owned("first")


def test_restore_needs_to_know_what(home: Path) -> None:
    """Neither or both of NAME and --previous are a wrong use."""
    assert svr(home, "restore").exit_code == 2
    assert svr(home, "restore", "mine", "--previous").exit_code == 2
    missing = svr(home, "restore", "nothing")
    assert missing.exit_code == 1
    assert "there are: none" in missing.output


# diff


def test_diff(home: Path) -> None:
    """Two databases are compared by name: snapshots, live, previous, reset-profile."""
    assert done(home, "diff", "live") == "no difference\n"
    assert done(home, "diff", "previous") == '- sdi.name: "first"\n+ sdi.name: "second"\n'
    done(home, "snapshot", "mine")
    assert done(home, "diff", "mine", "live") == "no difference\n"
    found = done(home, "diff", "live", "reset-profile")
    assert "- pstat.dos.s: 3\n+ pstat.dos.s: 1\n" in found
    listed = json.loads(done(home, "diff", "previous", "--json"))
    assert listed == [{"path": "sdi.name", "before": "first", "after": "second"}]
    assert svr(home, "diff", "nothing").exit_code == 1


def test_diff_hides_keys(home: Path) -> None:
    """Keys appear only with --reveal."""
    done(home, "snapshot", "mine")
    change(home, lambda database: replace(database, cred=Cred()))
    assert "<secret 16 bytes>" in done(home, "diff", "mine")
    assert SECRET.hex() in done(home, "diff", "mine", "--reveal")


def test_what_other_stacks_hid_stays_hidden(home: Path) -> None:
    """What an import brought along is octets without name: shown with --reveal only."""
    part = Foreign(place=("cred", "1 *", "vendorpin"), content=SECRET)
    done(home, "snapshot", "mine")
    change(home, lambda database: replace(database, foreign=(part,)))
    for words in (("get", "foreign"), ("diff", "mine"), ("restore", "mine", "--dry-run")):
        assert SECRET.hex() not in done(home, *words)
        assert SECRET.hex() in done(home, *words, "--reveal")


# profile


def test_profile_show_hides_keys(home: Path) -> None:
    """The reset profile is JSON under the specification's names, keys hidden."""
    shared = PrivateData(data=b"p" * 16)
    peer = Credential(credid=2, kind=1, subject=OWNER.replace("1", "9"), private=shared)

    def with_peer(database: Database) -> Database:
        cred = replace(database.cred, credentials=(*database.cred.credentials, peer))
        return replace(database, cred=cred)

    change(home, with_peer)
    done(home, "profile", "make")
    shown = json.loads(done(home, "profile", "show"))
    assert shown["doxm"]["owned"] is False
    assert [each["privatedata"]["data"] for each in shown["cred"]["creds"]] == ["<secret 16 bytes>"]
    shown = json.loads(done(home, "profile", "show", "--reveal"))
    assert shown["cred"]["creds"][0]["privatedata"]["data"] == (b"p" * 16).hex()


def test_profile_make_and_restore(home: Path) -> None:
    """What the device is becomes what a reset brings back."""
    change(
        home,
        lambda database: replace(
            database, sp=replace(database.sp, current="1", supported=("1", "2"))
        ),
    )
    wanted = profile_of(read_existing(home))
    assert "resetpf.sp.supportedprofiles" in done(home, "profile", "make", "--dry-run")
    assert read_existing(home).reset_profile != wanted
    done(home, "profile", "make")
    assert read_existing(home).reset_profile == wanted
    assert "- doxm.owned: true\n+ doxm.owned: false\n" in done(home, "profile", "diff")
    assert "- doxm.owned: true\n+ doxm.owned: false\n" in done(
        home, "profile", "restore", "--dry-run"
    )
    done(home, "profile", "restore")
    assert done(home, "profile", "diff") == "no difference\n"
    assert read_existing(home).sp.supported == ("1", "2")
    assert not read_existing(home).doxm.owned


def test_profile_drop(home: Path) -> None:
    """Without a reset profile a reset leaves the hard-coded defaults, as the command tells."""
    done(home, "profile", "drop")
    shown = svr(home, "profile", "show")
    assert shown.exit_code == 1
    assert "a reset now leaves Just Works, the UUID it left the factory with" in shown.output
    result = CliRunner().invoke(main, ["reset", "--state-dir", str(home)])
    assert result.exit_code == 0
    database = read_existing(home)
    assert database.doxm.methods == (0,)
    assert database.doxm.device_uuid == database.permanent.original
    assert database.reset_profile is None


# reset


def test_reset_needs_no_profile(tmp_path: Path) -> None:
    """A stopped device is reset to its own factory content, whatever profile it was made of."""
    profile = replace(LIGHT, ownership=replace(LIGHT.ownership, factory_access=RULES))
    first = new_database(profile, SeededEntropy(3))
    with open_directory(tmp_path / "state", lambda: first) as store:
        store.commit(replace(owned(), reset_profile=first.reset_profile, permanent=first.permanent))
    result = CliRunner().invoke(main, ["reset", "--state-dir", str(tmp_path / "state")])
    assert result.output == f"device {first.doxm.device_uuid} is in factory state again (state)\n"
    assert read_existing(tmp_path / "state") == first
    assert first.acl2.entries == RULES


RULES = (
    Ace(
        aceid=1,
        subject=Subject(connection=Connection.ANYONE),
        resources=(AceResource(href="/oic/d"),),
        permission=2,
    ),
)


def test_reset_to_another_profile(home: Path) -> None:
    """With --profile the factory content is another one from now on."""
    change(home, lambda database: replace(database, reset_profile=None))
    arguments = ["reset", "--state-dir", str(home), "--profile"]
    assert CliRunner().invoke(main, [*arguments, "nothing"]).exit_code == 1
    assert CliRunner().invoke(main, [*arguments, "light"]).exit_code == 0
    assert read_existing(home).reset_profile == new().reset_profile


# where no device is


@pytest.mark.parametrize(
    "arguments",
    [
        ("check",),
        ("check", "--fix"),
        ("snapshot",),
        ("diff", "live"),
        ("profile", "make"),
        ("restore", "x"),
        ("profile", "show"),
    ],
)
def test_no_device(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """A directory without device is named, stays empty, and ends with code 1."""
    told = svr(tmp_path, *arguments)
    assert told.exit_code == 1
    assert str(tmp_path) in told.output or "is not there" in told.output
    assert not list(tmp_path.iterdir())
    assert "no state directory" in svr(tmp_path / "nowhere", *arguments).output


@pytest.mark.parametrize(
    "path",
    [
        ("check",),
        ("snapshot",),
        ("snapshots",),
        ("restore",),
        ("diff",),
        ("profile",),
        *(("profile", name) for name in ("show", "make", "restore", "drop", "diff")),
    ],
)
def test_each_help_has_an_example(path: tuple[str, ...]) -> None:
    """--help shows how each command is used."""
    result = CliRunner().invoke(main, ["svr", *path, "--help"])
    assert result.exit_code == 0
    assert f"Example: onboardee svr {' '.join(path)}" in result.output


# with a process


def test_beside_a_running_device(tmp_path: Path) -> None:
    """A running device can be looked at and snapshots kept, whatever its format."""
    home = tmp_path / "state"
    options = ("--state-dir", str(home), "--store", "cbor", "--uuid-seed", "ocf-light-0001")
    with running("light", *options) as (_, ready):
        assert done(home, "check") == "all is consistent\n"
        done(home, "snapshot", "mine")
        assert done(home, "get", "doxm.deviceuuid") == f"{ready['device_uuid']}\n"
    assert ready["device_uuid"] == "80cd5608-1351-9558-c6f7-d2bb0a0394b6"
    assert CBOR.decode(files(home)["svr.cbor"]).reset_profile is not None
    with running("light", "--state-dir", str(home)) as (_, again):
        assert again["device_uuid"] == ready["device_uuid"]
    assert "svr.json" not in files(home)


def test_known_device_keeps_its_format(tmp_path: Path) -> None:
    """--store is for a device that starts anew."""
    open_directory(tmp_path / "state", new, codec=JSON).close()
    with running("light", "--state-dir", str(tmp_path / "state"), "--store", "cbor"):
        pass
    assert "svr.cbor" not in files(tmp_path / "state")


@pytest.mark.parametrize("seed", ["short", "x" * 65])
def test_seed_of_the_wrong_length(tmp_path: Path, seed: str) -> None:
    """A seed has 8 to 64 octets, as with IoTivity; that is said, with code 2."""
    finished = onboardee("run", "light", "--uuid-seed", seed, "--state-dir", str(tmp_path))
    assert finished.returncode == 2
    assert "8 to 64 octets" in finished.stderr


def test_running_device_keeps_snapshots(tmp_path: Path) -> None:
    """With `snapshots: {automatic: 1}` in its profile each new state is kept, and is listed."""
    profile = tmp_path / "mine.yaml"
    profile.write_text(
        onboardee("profiles", "show", "light").stdout + "\nsnapshots: {automatic: 1}\n"
    )
    home = tmp_path / "state"
    with open_directory(home, new) as store:
        store.commit(onboarding_states.enter(owned(), State.RESET))
    with running(str(profile), "--state-dir", str(home)) as (process, _):
        assert process.stdout is not None
        assert any("device.ready" in line for line in process.stdout)
        (row,) = json.loads(done(home, "snapshots", "--json"))
    assert (row["name"], row["automatic"]) == ("auto-000001-RFOTM", True)

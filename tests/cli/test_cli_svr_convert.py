"""`onboardee svr convert`: what a person types, sees and finds afterwards."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from test_cli_run import onboardee, running

from onboardee.device.cli import main
from onboardee.svrdb import State
from onboardee.svrdb.formats import Form, read

UUID = "12345678-1234-1234-1234-123456789012"
OWNER = "11111111-1111-1111-1111-111111111111"

SOURCE = {
    "acl": {
        "aclist2": [
            {
                "aceid": 1,
                "subject": {"conntype": "auth-crypt"},
                "resources": [{"href": "*"}],
                "permission": 6,
            }
        ],
        "rowneruuid": OWNER,
    },
    "cred": {
        "creds": [
            {
                "credid": 1,
                "subjectuuid": OWNER,
                "credtype": 1,
                "privatedata": {"encoding": "oic.sec.encoding.raw", "data": "61" * 16},
            }
        ],
        "rowneruuid": OWNER,
    },
    "pstat": {
        "dos": {"s": 3, "p": False},
        "isop": True,
        "cm": 0,
        "tm": 0,
        "om": 4,
        "sm": 4,
        "rowneruuid": OWNER,
    },
    "doxm": {
        "oxms": [0],
        "oxmsel": 0,
        "sct": 9,
        "owned": True,
        "deviceuuid": UUID,
        "devowneruuid": OWNER,
        "rowneruuid": OWNER,
    },
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a source file of an owned server."""
    path = tmp_path / "server.json"
    path.write_text(json.dumps(SOURCE))
    return path


def convert(*arguments: object, octets: bytes | None = None) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(main, ["svr", "convert", *map(str, arguments)], input=octets)


def test_json2cbor_and_back(source: Path, tmp_path: Path) -> None:
    """The command is json2cbor, and its inverse."""
    assert convert(source, tmp_path / "server.dat").exit_code == 0
    assert (tmp_path / "server.dat").read_bytes()[:1] == b"\xbf"
    finished = convert(tmp_path / "server.dat", tmp_path / "again.json")
    assert finished.stdout == f"device {UUID} is now in {tmp_path / 'again.json'} (json2cbor)\n"
    again = json.loads((tmp_path / "again.json").read_text())
    assert again["cred"]["creds"] == SOURCE["cred"]["creds"]
    assert again["doxm"].items() >= SOURCE["doxm"].items()


NAMES = [
    ("x.dat", Form.IOTIVITY),
    ("x.json", Form.SOURCE),
    ("x.yaml", Form.YAML),
    ("x.yml", Form.YAML),
    ("x_creds", Form.LITE),
    ("svr.json", Form.STORE),
    ("kitchen", Form.STORE),
]


@pytest.mark.parametrize(("name", "form"), NAMES)
def test_name_tells_the_form(source: Path, tmp_path: Path, name: str, form: Form) -> None:
    """What OUT is to be follows from its name, and is what is said at the end."""
    target = tmp_path / "out" / name
    target.parent.mkdir()
    finished = convert(source, target, "--reveal")
    assert finished.stdout == f"device {UUID} is now in {target} ({form})\n"
    assert read(target, new_uuid=_no_uuid, form=form).database.doxm.owned


def _no_uuid() -> None:
    raise AssertionError("asked for a UUID that the file has")


def test_through_all_forms(source: Path, tmp_path: Path) -> None:
    """A database goes through every form unharmed."""
    names = ["a.dat", "b_creds", "c.yaml", "d", "e.json", "f.dat", "g.yaml"]
    places = [source, *(tmp_path / name for name in names)]
    for before, after in pairwise(places):
        finished = convert(before, after, "--reveal")
        assert finished.exit_code == 0, finished.output
    first, last = (yaml.safe_load((tmp_path / name).read_text()) for name in ("c.yaml", "g.yaml"))
    assert first == last


def test_device_moves_in(source: Path, tmp_path: Path) -> None:
    """A device that runs on an imported server's database is that server."""
    assert convert(source, tmp_path / "light").exit_code == 0
    with running("light", "--state-dir", str(tmp_path / "light")) as (_, ready):
        assert ready["device_uuid"] == UUID
        assert ready["state"] == State.RFNOP.name


def test_standard_streams(source: Path) -> None:
    """`-` is standard input and output; what is told goes to standard error."""
    old = {**SOURCE, "pstat": {**SOURCE["pstat"]}}
    del old["pstat"]["dos"]
    finished = convert("-", "-", "--to", "yaml", octets=json.dumps(old).encode())
    assert finished.exit_code == 0
    assert yaml.safe_load(finished.stdout)["database"]["doxm"]["deviceuuid"] == UUID
    assert finished.stderr.startswith("Warning: there is no pstat.dos")


def test_secrets_need_leave(source: Path, tmp_path: Path) -> None:
    """Nothing shows secrets on a terminal or in a dump unless told to."""
    assert "61" * 16 not in convert(source, "-", "--to", "yaml").stdout
    assert "61" * 16 in convert(source, "-", "--to", "yaml", "--reveal").stdout
    refused = convert(source, "-", "--to", "json2cbor")
    assert refused.exit_code == 2
    assert "--reveal" in refused.stderr
    convert(source, tmp_path / "dump.yaml")
    refused = convert(tmp_path / "dump.yaml", tmp_path / "again.dat")
    assert refused.exit_code == 1
    assert "is redacted" in refused.stderr
    assert not (tmp_path / "again.dat").exists()


def test_losses_are_told(source: Path, tmp_path: Path) -> None:
    """What a form cannot hold is a warning on standard error."""
    finished = convert(source, tmp_path / "old.dat", "--version", "1.2")
    assert finished.exit_code == 0
    assert finished.stderr == (
        "Warning: access control entry 1 is left out: "
        "its subject is the connection type auth-crypt\n"
    )


def test_inconsistencies_are_told(source: Path, tmp_path: Path) -> None:
    """A database that a device could not work with is converted, with a warning for each reason."""
    text = json.dumps(SOURCE).replace("61" * 16, "BB" * 8)
    source.write_text(text)
    finished = convert(source, tmp_path / "x.dat")
    assert finished.exit_code == 0
    assert finished.stderr == ("Warning: The key of credential 1 is not 16 or 32 octets long.\n")


WRONG_USE = [
    (["-", "-"], "--to"),
    (["server.json", "server.txt"], "tells no form"),
    (["server.json", "x.dat", "--version", "0.9"], "0.9"),
]


@pytest.mark.parametrize(("arguments", "word"), WRONG_USE)
def test_wrong_use(
    source: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], word: str
) -> None:
    """What cannot be meant ends with exit code 2 and says what to do."""
    monkeypatch.chdir(source.parent)
    finished = convert(*arguments)
    assert finished.exit_code == 2
    assert word in finished.stderr


def test_failures_are_one_sentence(source: Path, tmp_path: Path) -> None:
    """A damaged or missing file ends with exit code 1 and one sentence, and nothing is written."""
    damaged = tmp_path / "damaged.dat"
    damaged.write_bytes(b"\xbf\x64doxm\x05\xff")
    finished = convert(damaged, tmp_path / "new.dat")
    assert finished.exit_code == 1
    sentence = "doxm (at octet 6): is not a byte string; nothing was written"
    assert finished.stderr == f"Error: {damaged}: {sentence}\n"
    missing = convert(tmp_path / "none.dat", tmp_path / "new.dat")
    assert (missing.exit_code, missing.stderr.count("\n")) == (1, 1)
    assert convert(source, tmp_path / "state").exit_code == 0
    again = convert(source, tmp_path / "state")
    assert again.exit_code == 1
    assert "has a device already; choose another directory or give --replace" in again.stderr
    assert convert(source, tmp_path / "state", "--replace").exit_code == 0
    assert not (tmp_path / "new.dat").exists()


def test_dry_run(source: Path, tmp_path: Path) -> None:
    """A dry run says what would be, and leaves no trace."""
    finished = convert(source, tmp_path / "x.dat", "--dry-run")
    assert finished.stdout == f"device {UUID} can be converted (iotivity)\n"
    assert not (tmp_path / "x.dat").exists()


def test_help_has_examples() -> None:
    """The help shows how it is typed."""
    finished = onboardee("svr", "convert", "--help")
    assert finished.returncode == 0
    assert "onboardee svr convert server.json server.dat" in finished.stdout

"""`onboardee svr` for scripts: what each command does to a device's database and says about it."""

import base64
import json
import re
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
import yaml
from cli_svr_support import KEY, OWNER, Light
from click.testing import CliRunner
from null_certificates import null_authority, null_issue, null_root

from onboardee.device.cli import main
from onboardee.device.cli.svr import COMMANDS
from onboardee.pki import issuing
from onboardee.svrdb import CBOR, DirectoryStorage, State, Store
from onboardee.svrdb.model import PARTS

ROOT = issuing.root()
LEAVES = [
    *(name for name in COMMANDS if name not in ("add", "remove")),
    *(f"{verb} {what}" for verb in ("add", "remove") for what in ("ace", "cred", "value")),
]


@pytest.fixture
def light(tmp_path: Path) -> Light:
    """Return a factory-new light."""
    return Light(tmp_path / "light")


@pytest.fixture
def owned(light: Light) -> Light:
    """Return a light with an owner."""
    light.own()
    return light


@pytest.mark.parametrize("command", LEAVES)
def test_each_command_has_an_example(command: str) -> None:
    """Help is short and shows how the command is used."""
    result = CliRunner().invoke(main, ["svr", *command.split(), "--help"])
    assert result.exit_code == 0
    assert re.search(rf"Examples?: onboardee svr {command} ", " ".join(result.output.split()))


def test_show(owned: Light) -> None:
    """All resources as tables, words beside numbers, and no secrets."""
    owned.done("add", "ace", "--conntype", "auth-crypt", "--href", "/x", "--permission", "RU")
    text = owned.done("show")
    for row in PARTS.values():
        assert f"{row.name}: {row.title}" in text
    assert "3 (rfnop)" in text
    assert "<secret 16 bytes>" in text
    assert KEY not in text
    line = next(line for line in text.splitlines() if "auth-crypt" in line)
    assert line.split() == ["1", "auth-crypt", "/x", "6", "(RU)"]
    assert KEY in owned.done("show", "cred", "--reveal")


def test_show_for_programs(owned: Light) -> None:
    """JSON and YAML say the same, under the wire's names."""
    values = json.loads(owned.done("show", "--json"))
    assert list(values) == list(PARTS)
    assert yaml.safe_load(owned.done("show", "--yaml")) == values
    assert values["doxm"]["devowneruuid"] == OWNER
    one = json.loads(owned.done("show", "cred", "--json", "--reveal"))
    assert list(one) == ["cred"]
    assert one["cred"]["creds"][0]["privatedata"]["data"] == KEY


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("doxm.owned", "true"),
        ("doxm.devowneruuid", OWNER),
        ("pstat.dos", '{"p": false, "s": 3}'),
        ("cred.creds[credid=1].privatedata.data", "<secret 16 bytes>"),
        ("cred.creds[0].credtype", "1"),
    ],
)
def test_get(owned: Light, path: str, text: str) -> None:
    """One value, a text without quotes, so that a script can use it."""
    assert owned.done("get", path) == f"{text}\n"


def test_get_in_full(owned: Light) -> None:
    """Secrets are shown if that is asked for, texts in quotes with --json."""
    path = "cred.creds[credid=1].privatedata.data"
    assert owned.done("get", path, "--reveal") == f"{KEY}\n"
    assert owned.done("get", "doxm.devowneruuid", "--json") == f'"{OWNER}"\n'


@pytest.mark.parametrize(
    ("code", "words", "sentence"),
    [
        (1, ("get", "cred.creds[credid=7]"), "no entry with credid 7 (there are: 1)"),
        (2, ("get", "doxm.nothing"), "doxm has no 'nothing'"),
        (2, ("get", "do xm"), "is not a path such as"),
        (2, ("set", "doxm.owned", "perhaps"), "doxm.owned cannot be this"),
        (2, ("set", "doxm.owned"), "doxm.owned has no value"),
        (1, ("set", "doxm.owned", "false"), "would make the database worse"),
        (1, ("set-state", "rfotm"), "but doxm.owned is true"),
        (2, ("set-state", "reset"), "'reset' is not one of"),
        (1, ("remove", "ace", "4"), "there is no access control entry 4"),
        (1, ("remove", "cred", "1"), "No credential is for doxm.rowneruuid"),
        (2, ("remove", "cred"), "give a CREDID or --subject-uuid"),
        (1, ("remove", "value", "cred.creds[0].tag"), "has no value"),
        (2, ("add", "ace", "--conntype", "auth-crypt", "--permission", "R"), "one resource"),
        (2, ("add", "ace", "--href", "/x", "--permission", "R"), "exactly one of"),
        (2, ("add", "ace", "--subject-uuid", "x", "--href", "/x", "--permission", "R"), "UUID"),
        (2, ("add", "ace", "--subject-role", "x", "--rt", "y", "--permission", "R"), "--href"),
        (2, ("add", "ace", "--subject-role", "x", "--href", "y", "--permission", "X"), "CRUDN"),
        (2, ("add", "cred", "--psk", "00"), "16 or 32 octets"),
        (2, ("add", "cred", "--psk", KEY), "needs a subject"),
        (2, ("add", "cred", "--subject-uuid", OWNER), "give one of"),
        (2, ("add", "value", "doxm.owned", "true"), "is no array"),
        (2, ("own", "--owner", OWNER, "--psk", "xyz"), "16 or 32 octets"),
        (2, ("own", "--owner", "00000000-0000-0000-0000-000000000000"), "own nothing"),
        (2, ("new-uuid", "--uuid", OWNER, "--seed", "x"), "exclude each other"),
        (2, ("new-uuid", "--seed", "short"), "a seed has 8 to 64 octets"),
    ],
)
def test_what_cannot_be_done(
    owned: Light, code: int, words: tuple[str, ...], sentence: str
) -> None:
    """One sentence says why, the exit code whether it was the question, and nothing changes."""
    assert sentence in owned.refused(code, *words)


def test_set(light: Light) -> None:
    """What changes is shown, old and new, and it is stored."""
    assert light.done("set", "sdi.name", "home", "sdi.priv", "true") == (
        '- sdi.name: ""\n+ sdi.name: "home"\n- sdi.priv: false\n+ sdi.priv: true\n'
    )
    assert (light.database.sdi.name, light.database.sdi.is_private) == ("home", True)
    assert light.done("set", "sdi.name", "-", stdin="other\n").endswith('+ sdi.name: "other"\n')
    assert light.done("set", "sdi.name", "other") == "nothing to change\n"
    light.done("set", "doxm.oxms", '["jw", "rdp"]', "doxm.oxmsel", "rdp")
    assert light.get("doxm.oxmsel") == 1


def test_dry_run(light: Light) -> None:
    """A trial says what would change and changes nothing, also as JSON."""
    text = light.done("set", "sdi.name", "home", "--dry-run")
    assert text.endswith("nothing was written (--dry-run)\n")
    report = json.loads(light.done("set", "sdi.name", "home", "--dry-run", "--json"))
    assert report == {
        "changes": [{"path": "sdi.name", "before": "", "after": "home"}],
        "problems": [],
        "written": False,
    }
    assert light.database == light.factory
    assert json.loads(light.done("set", "sdi.name", "home", "--json"))["written"] is True


def test_force(light: Light) -> None:
    """What makes the database worse is refused, and done with a warning if that is insisted on."""
    sentence = light.refused(1, "set", "doxm.owned", "true")
    assert "The state is RFOTM, but doxm.owned is true. (OCF Security 8.3)" in sentence
    assert "--force" in sentence
    result = light.svr("set", "doxm.owned", "true", "--force")
    assert result.exit_code == 0
    assert "Warning: The state is RFOTM" in result.stderr
    assert light.database.doxm.owned
    # what is broken already does not stand in the way of other edits
    light.done("set", "sdi.name", "home")


def test_add_and_remove_an_entry(owned: Light) -> None:
    """All that an entry can say can be said by options."""
    text = owned.done(
        *("add", "ace", "--subject-role", "cook", "--authority", "kitchen"),
        *("--href", "/light/switch", "--wc", "-", "--rt", "oic.r.a", "--if", "oic.if.a"),
        *("--resource", "/oic/p;if=oic.if.r", "--permission", "crudn"),
        *("--validity", "20300101T080000Z/PT2H FREQ=DAILY", "--validity", "20310101T000000Z/P1D"),
        *("--tag", "remark", "--aceid", "7"),
    )
    assert text.startswith("+ acl2.aclist2[aceid=7]: {")
    assert owned.get("acl2.aclist2[aceid=7]") == {
        "aceid": 7,
        "subject": {"role": "cook", "authority": "kitchen"},
        "resources": [
            {"href": "/light/switch", "rt": ["oic.r.a"], "if": ["oic.if.a"]},
            {"wc": "-", "rt": ["oic.r.a"], "if": ["oic.if.a"]},
            {"href": "/oic/p", "if": ["oic.if.r"]},
        ],
        "permission": 31,
        "validity": [
            {"period": "20300101T080000Z/PT2H", "recurrence": ["FREQ=DAILY"]},
            {"period": "20310101T000000Z/P1D"},
        ],
        "tag": "remark",
    }
    assert "role cook of kitchen" in owned.done("show", "acl2")
    owned.done("set", "acl2.aclist2[aceid=7].permission", "R")
    owned.done("remove", "value", "acl2.aclist2[aceid=7].validity")
    assert owned.get("acl2.aclist2[aceid=7].permission") == 2
    assert owned.refused(1, "get", "acl2.aclist2[aceid=7].validity")
    assert owned.done("remove", "ace", "7").startswith("- acl2.aclist2[aceid=7]: {")
    assert owned.database.acl2.entries == ()


@pytest.mark.parametrize(
    ("octets", "options"),
    [
        (bytes.fromhex(KEY), ()),
        (bytes.fromhex(KEY), ("--encoding", "raw")),
        (KEY.encode() + b"\n", ()),
        (base64.b64encode(bytes.fromhex(KEY)), ("--encoding", "base64")),
    ],
)
@pytest.mark.parametrize("is_file", [True, False])
def test_add_a_key(
    light: Light, tmp_path: Path, octets: bytes, options: tuple[str, ...], is_file: bool
) -> None:
    """A key comes from a file or from standard input, in any encoding, and is not shown."""
    (tmp_path / "key").write_bytes(octets)
    source = str(tmp_path / "key") if is_file else "-"
    words = ("add", "cred", "--psk-file", source, "--subject-uuid", OWNER, *options)
    text = light.done(*words, stdin=None if is_file else octets)
    assert "<secret 16 bytes>" in text
    assert KEY not in text
    assert light.get("cred.creds[credid=1].privatedata.data") == KEY
    again = light.done(*words, "--reveal", "--credid", "3", stdin=None if is_file else octets)
    assert KEY in again


def test_an_encoding_that_is_named_is_the_one_that_is_read(light: Light, tmp_path: Path) -> None:
    """With --encoding nothing is guessed: other octets are refused, and a text may be a raw key."""
    files = {
        "key": bytes.fromhex(KEY),
        "hex": KEY.encode(),
        "pem": ROOT.pem.encode(),
        "secret": ROOT.key_pem.encode(),
    }
    for name, octets in files.items():
        (tmp_path / name).write_bytes(octets)
    psk = ("add", "cred", "--subject-uuid", OWNER, "--psk-file")
    assert "in hex" in light.refused(2, *psk, str(tmp_path / "key"), "--encoding", "hex")
    assert "in base64" in light.refused(2, *psk, str(tmp_path / "key"), "--encoding", "base64")
    light.done(*psk, str(tmp_path / "hex"), "--encoding", "raw")
    assert light.get("cred.creds[credid=1].privatedata.data") == KEY.encode().hex()
    anchor = ("add", "cred", "--usage", "trustca", "--cert-file", str(tmp_path / "pem"))
    codes = {"der": 1, "raw": 1, "base64": 2, "hex": 2}
    for wrong, code in codes.items():
        light.refused(code, *anchor, "--encoding", wrong)
    light.done(*anchor, "--encoding", "pem")
    shown = (*anchor[:3], "cert", *anchor[4:], "--key-file", str(tmp_path / "secret"))
    for wrong, code in codes.items():
        light.refused(code, *shown, "--key-encoding", wrong)


def test_add_a_pin_and_a_role(light: Light) -> None:
    """A PIN from standard input, a key that stands for a role, a key for a group."""
    light.done("add", "cred", "--pin-file", "-", "--subject-uuid", OWNER, stdin="2468\n")
    role = ("--role", "cook", "--authority", "kitchen", "--period", "20300101T000000Z/P1D")
    light.done("add", "cred", "--psk", KEY, "--subject-uuid", OWNER, *role, "--tag", "t")
    group = ("--type", "symmetric-group", "--subject-uuid", "*")
    light.done("add", "cred", "--psk", KEY, *group)
    assert light.get("cred.creds[0].privatedata.data") == b"2468".hex()
    kinds = [light.get(f"cred.creds[{number}].credtype") for number in range(3)]
    assert kinds == [16, 1, 2]
    assert light.get("cred.creds[1].roleid") == {"role": "cook", "authority": "kitchen"}
    assert "role cook of kitchen" in light.done("show", "cred")
    light.done("remove", "cred", "--subject-uuid", OWNER)
    light.done("remove", "cred", "3")
    assert light.database == light.factory


def test_add_a_credential_for_oscore(light: Light) -> None:
    """Its ids are shown in lower case, its secret is not, and one with wrong ids is refused."""
    words = ("add", "cred", "--type", "oscore", "--psk", KEY, "--subject-uuid", OWNER)
    ids = ("--sender-id", "00112233445566", "--recipient-id", "AABBCCDDEEFF00")
    light.done(*words, *ids)
    context = {"senderid": "00112233445566", "recipientid": "aabbccddeeff00", "ssn": 0}
    assert light.get("cred.creds[0].oscore") == context
    shown = light.done("show", "cred")
    assert "64 (oscore)" in shown
    assert "senderid 00112233445566, recipientid aabbccddeeff00, ssn 0" in shown
    assert KEY not in shown
    assert "14 hexadecimal digits" in light.refused(2, *words, "--sender-id", "00")
    assert "and no other id" in light.refused(1, *words, *ids[:2])
    assert "never used" in light.done("check")


def test_add_certificates_of_mbedtls(light: Light, tmp_path: Path) -> None:
    """Certificates with NULL parameters are taken, shown by name and found to be sound."""
    root = null_root()
    leaf = null_issue(null_authority(root), issuing.manufacturer())
    files = {"root": root.certificate.der, "leaf": leaf.pem.encode(), "key": leaf.key_pem.encode()}
    for name, octets in files.items():
        (tmp_path / name).write_bytes(octets)
    path = {name: str(tmp_path / name) for name in files}
    light.done("add", "cred", "--cert-file", path["root"], "--usage", "trustca")
    leaf_options = ("--cert-file", path["leaf"], "--key-file", path["key"], "--usage", "mfgcert")
    light.done("add", "cred", *leaf_options)
    text = light.done("show", "cred")
    assert "CN=root of its time until 2" in text
    assert f"CN={issuing.manufacturer().subject} until 2" in text
    assert "publicdata" not in light.svr("check").stdout
    assert light.get("cred.creds[credid=2].publicdata.data") == leaf.pem
    stored = light.get("cred.creds[credid=1].publicdata.data")
    assert base64.b64decode(stored) == root.certificate.der


def test_add_certificates(light: Light, tmp_path: Path) -> None:
    """An anchor, an identity with its key, and what does not fit is refused with the reason."""
    root = issuing.root()
    uuid = light.factory.doxm.device_uuid
    leaf, other = root.issue(issuing.identity(uuid)), root.issue(issuing.manufacturer())
    files = {"root": root.pem, "leaf": leaf.pem, "key": leaf.key_pem, "other": other.key_pem}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    path = {name: str(tmp_path / name) for name in files}
    light.done("add", "cred", "--cert-file", path["root"], "--usage", "trustca")
    identity = ("add", "cred", "--cert-file", path["leaf"], "--usage", "cert")
    assert "not for the private key" in light.refused(1, *identity)
    assert "not for the private key" in light.refused(1, *identity, "--key-file", path["other"])
    assert "needs --usage" in light.refused(2, *identity[:-2])
    light.done(*identity, "--key-file", path["key"])
    assert light.get("cred.creds[credid=1].subjectuuid") == "*"
    assert light.get("cred.creds[credid=2].subjectuuid") == str(uuid)
    text = light.done("show", "cred")
    assert f"CN=uuid:{uuid} until 2" in text
    assert "BEGIN" not in text
    # now the certificate ties the device to its UUID
    assert "common name" in light.refused(1, "new-uuid")
    assert "needs --type" in light.refused(2, "add", "cred", "--key-file", path["key"])
    light.done(
        *("add", "cred", "--key-file", path["other"], "--type", "asymmetric"),
        *("--subject-uuid", "*"),
    )
    assert light.get("cred.creds[credid=3].privatedata.encoding") == "oic.sec.encoding.pem"
    wrong = light.refused(1, "add", "cred", "--cert-file", path["key"], "--usage", "trustca")
    assert "holds no certificate" in wrong
    assert "PRIVATE" not in wrong


def test_add_a_value(light: Light) -> None:
    """An entry of an array that has no command of its own."""
    black = "1.3.6.1.4.1.51414.0.0.2.0"
    light.done("add", "value", "sp.supportedprofiles", black)
    light.done("set", "sp.currentprofile", black)
    assert light.database.sp.current == black


def test_own_and_unown(light: Light, tmp_path: Path) -> None:
    """The life of a device in four words; a random key is not shown unless that is asked for."""
    (tmp_path / "key").write_bytes(bytes.fromhex(KEY))
    light.done("own", "--owner", OWNER, "--psk-file", str(tmp_path / "key"), "--state", "rfpro")
    assert light.database.state is State.RFPRO
    assert light.get("cred.creds[0].privatedata.data") == KEY
    light.done("set-state", "RFNOP")
    assert (light.get("pstat.isop"), light.get("pstat.cm")) == (True, 0)
    light.done("unown")
    assert light.database == light.factory
    assert "nobody owns the device" in light.refused(1, "unown")
    text = light.done("own", "--owner", OWNER)
    key = light.get("cred.creds[0].privatedata.data")
    assert len(bytes.fromhex(key)) == 16
    assert key not in text
    assert light.refused(2, "own", "--owner", OWNER, "--psk", KEY, "--psk-file", "-")


def test_new_uuid(light: Light) -> None:
    """From a seed, as given, or random; for good or until the next reset."""
    light.done("new-uuid", "--seed", "b8:27:eb:12:34:56")
    assert light.get("doxm.deviceuuid") == "a1d70c49-8ec3-396d-d56e-78a87de54373"
    assert light.get("permanent.deviceuuid") == str(light.factory.permanent.original)
    light.done("new-uuid", "--uuid", OWNER, "--original")
    assert light.get("permanent.deviceuuid") == OWNER
    light.done("new-uuid")
    assert UUID(light.get("doxm.deviceuuid")).version == 4


@pytest.mark.parametrize("words", [("show",), ("get", "doxm.owned"), ("unown",), ("edit",)])
def test_where_there_is_no_device(tmp_path: Path, words: tuple[str, ...]) -> None:
    """A missing directory is not made, one without a device is left alone, and both are said."""
    empty = tmp_path / "empty"
    empty.mkdir(mode=0o755)
    for directory, sentence in ((tmp_path / "none", "there is no"), (empty, "holds no device")):
        arguments = ["svr", *words, "--state-dir", str(directory)]
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 1
        assert sentence in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]
    assert list(empty.iterdir()) == []
    assert empty.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("words", [("show",), ("unown",)])
def test_damage(light: Light, words: tuple[str, ...]) -> None:
    """A damaged or missing database is named, and not replaced."""
    path = light.directory / "svr.json"
    path.write_bytes(path.read_bytes().replace(b"rowneruuid", b"rowneruuif", 1))
    result = light.svr(*words)
    assert result.exit_code == 1
    assert "svr.json was edited by hand or damaged" in result.stderr
    path.unlink()
    result = light.svr(*words)
    assert result.exit_code == 1
    assert "is missing although a device has lived here" in result.stderr
    assert not path.exists()


def test_a_database_in_cbor(light: Light) -> None:
    """A device that keeps CBOR is edited in CBOR."""
    directory = light.directory.parent / "cbor"
    Store.open(DirectoryStorage(directory), lambda: light.factory, codec=CBOR).close()
    arguments = ["--state-dir", str(directory)]
    runner = CliRunner()
    assert runner.invoke(main, ["svr", "set", "sdi.name", "x", *arguments]).exit_code == 0
    assert runner.invoke(main, ["svr", "get", "sdi.name", *arguments]).stdout == "x\n"
    assert not (directory / "svr.json").exists()


def test_help_does_not_load_the_device() -> None:
    """Looking at a database needs neither the network nor the certificates of the device."""
    program = (
        "import contextlib, io, sys\n"
        "from onboardee.device.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n"
        "    assert main(['svr', 'set', '--help'], standalone_mode=False) == 0\n"
        "heavy = {'asyncio', 'aiocoap', 'yaml', 'cryptography.x509', 'onboardee.device.machine'}\n"
        "sys.exit(sorted(heavy"
        " & sys.modules.keys()) or 0)\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (finished.returncode, finished.stderr) == (0, "")

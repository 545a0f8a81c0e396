"""`onboardee svr edit` as a person at a terminal uses it."""

import base64
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from cli_svr_support import KEY, MENU, OWNER, Light
from test_cli_run import ONBOARDEE

from onboardee.pki import issuing

GUEST = "11111111-2222-4333-8444-555555555555"
CRED, ACL, DOXM, PSTAT, SP, SDI, PERMANENT, SAVE = (
    MENU[name] for name in ("cred", "acl2", "doxm", "pstat", "sp", "sdi", "permanent", "save")
)
ENTRIES, ADD, BACK = "1", "2", "99"
LEAVE = [BACK, BACK]


@pytest.fixture
def light(tmp_path: Path) -> Light:
    """Return a light with an owner and one rule."""
    found = Light(tmp_path / "light")
    found.own()
    found.done(
        *("add", "ace", "--conntype", "anon-clear", "--href", "/light/switch"),
        *("--if", "oic.if.a", "--permission", "R"),
    )
    return found


def answered(light: Light, answers: Sequence[str], *options: str) -> str:
    """Give the answers, save, and say yes; return all that was on the screen."""
    lines = [*answers, SAVE, "y"]
    return light.done("edit", *options, stdin="\n".join(lines) + "\n")


def test_an_entry_in_the_order_of_the_old_editor(light: Light) -> None:
    """Subject, resources with types and interfaces, five rights; then when it applies."""
    subject = ["1", "4", "nonsense", GUEST]
    first = ["7", "1", "oic.r.switch.binary", "0"]
    second = ["8", "/light/dimming", "0", "2", "oic.if.a", "oic.if.s"]
    rights = ["n", "y", "y", "n", "y"]
    times = ["y", "tomorrow", "20300101T080000Z/PT2H FREQ=DAILY", "n"]
    answers = [ACL, ENTRIES, ADD, *subject, "2", *first, *second, *rights, *times, *LEAVE]
    screen = answered(light, answers)
    assert "'nonsense' is neither a UUID nor *" in screen
    assert "validity: 'tomorrow' is not a time in UTC" in screen
    assert "+ acl2.aclist2[aceid=2]: {" in screen
    assert light.get("acl2.aclist2[aceid=2]") == {
        "aceid": 2,
        "subject": {"uuid": GUEST},
        "resources": [
            {"href": "/light/switch", "rt": ["oic.r.switch.binary"]},
            {"href": "/light/dimming", "if": ["oic.if.a", "oic.if.s"]},
        ],
        "permission": 22,
        "validity": [{"period": "20300101T080000Z/PT2H", "recurrence": ["FREQ=DAILY"]}],
    }


@pytest.mark.parametrize(
    ("answers", "subject"),
    [
        (["1", "1"], {"uuid": OWNER}),
        (["1", "3"], {"uuid": "*"}),
        (["1", "4", GUEST.upper()], {"uuid": GUEST}),
        (["2", "cook", "kitchen"], {"role": "cook", "authority": "kitchen"}),
        (["2", "cook", ""], {"role": "cook"}),
        (["3", "1"], {"conntype": "auth-crypt"}),
    ],
)
def test_whom_an_entry_is_about(light: Light, answers: list[str], subject: object) -> None:
    """Who is known is offered with who that is; roles and connection types are too."""
    screen = answered(light, [ACL, ENTRIES, "4", "1", "2", *answers, BACK, *LEAVE])
    assert light.get("acl2.aclist2[aceid=1].subject") == subject
    if answers[0] == "1":
        assert f"{OWNER}  the owner" in screen


def test_an_entry_is_modified_and_removed(light: Light) -> None:
    """Resources are added and removed, rights toggled, an optional property given up."""
    light.done("set", "acl2.aclist2[aceid=1].tag", "remark")
    resources = ["3", "2", "1", "0", "0", "3", "1", BACK]
    rights = ["4", "", "", "y", "", ""]
    tag = ["6", "2"]
    answered(light, [ACL, ENTRIES, "4", "1", *resources, *rights, *tag, BACK, *LEAVE])
    assert light.get("acl2.aclist2[aceid=1]") == {
        "aceid": 1,
        "subject": {"conntype": "anon-clear"},
        "resources": [{"wc": "*"}],
        "permission": 6,
    }
    screen = answered(light, [ACL, ENTRIES, "1", "3", "1", BACK, BACK])
    assert "permission 6 (RU)" in screen
    assert light.database.acl2.entries == ()


def test_a_key(light: Light) -> None:
    """A typed key is not shown; one that is too short is asked for again."""
    other = bytes(range(50, 66))
    key = ["1", "abcd", base64.b64encode(other).decode()]
    screen = answered(light, [CRED, ENTRIES, ADD, "1", "4", GUEST, *key, *LEAVE])
    assert "16 or 32 octets" in screen
    assert other.hex() not in screen
    assert base64.b64encode(other).decode() not in screen
    assert light.get("cred.creds[credid=2].subjectuuid") == GUEST
    assert light.get("cred.creds[credid=2].privatedata.data") == other.hex()


def test_a_key_from_a_file_and_a_pin(light: Light, tmp_path: Path) -> None:
    """A file that is not there is asked for again."""
    (tmp_path / "key").write_bytes(bytes(32))
    files = [str(tmp_path / "nothing"), str(tmp_path / "key")]
    group = [ADD, "2", "3", "2", *files]
    pin = [ADD, "5", "1", "2468"]
    screen = answered(light, [CRED, ENTRIES, *group, *pin, *LEAVE])
    assert "nothing cannot be read: No such file" in screen
    assert light.get("cred.creds[credid=2].credtype") == 2
    assert light.get("cred.creds[credid=2].subjectuuid") == "*"
    assert light.get("cred.creds[credid=3].privatedata.data") == b"2468".hex()


def test_another_key_for_an_owner(light: Light) -> None:
    """The secret of a credential is replaced, its subject is chosen among those who are known."""
    answered(light, [CRED, ENTRIES, "4", "1", "6", "1", "1", "ff" * 16, BACK, *LEAVE])
    assert light.get("cred.creds[credid=1].privatedata.data") == "ff" * 16


def test_certificates(light: Light, tmp_path: Path) -> None:
    """A trust anchor as PEM; then an identity, its key and certificate in their encodings."""
    root = issuing.root()
    leaf = root.issue(issuing.identity(light.database.doxm.device_uuid))
    der = base64.b64decode("".join(leaf.pem.splitlines()[1:-1]))
    for name, octets in {
        "root.pem": root.pem.encode(),
        "key.pem": leaf.key_pem.encode(),
        "leaf.der": der,
    }.items():
        (tmp_path / name).write_bytes(octets)
    anchor = [ADD, "4", "1", "3", str(tmp_path / "root.pem")]
    identity = [ADD, "4", "2", "3", str(tmp_path / "key.pem"), "4", str(tmp_path / "leaf.der")]
    answered(light, [CRED, ENTRIES, *anchor, *identity, *LEAVE])
    assert light.get("cred.creds[credid=2].credusage") == "oic.sec.cred.trustca"
    assert light.get("cred.creds[credid=2].subjectuuid") == "*"
    assert light.get("cred.creds[credid=3].publicdata.encoding") == "oic.sec.encoding.der"
    assert light.get("cred.creds[credid=3].privatedata.encoding") == "oic.sec.encoding.pem"


def test_doxm(light: Light) -> None:
    """Methods are toggled, the selected one is chosen among them, booleans and UUIDs too."""
    methods = ["1", "y", "y", "n", "n", "n"]
    selected = ["2", "2"]
    types = ["3", "y", "n", "n", "n", "n", "n"]
    screen = answered(light, [DOXM, *methods, *selected, *types, BACK])
    assert light.get("doxm.oxms") == [0, 1]
    assert light.get("doxm.oxmsel") == 1
    assert light.get("doxm.sct") == 1
    assert "Write them? [Y/n]" in screen


def test_pstat_worse(light: Light) -> None:
    """The preview warns of what makes the database worse; no is the default, yes does it."""
    answers = [PSTAT, "1", "2", "2", BACK, "6", "1", "7", "1", BACK]
    screen = light.done("edit", stdin="\n".join([*answers, SAVE, ""]) + "\n")
    assert "- pstat.dos.s: 3\n+ pstat.dos.s: 1\n" in screen
    assert screen.endswith("nothing was written\n")
    assert light.get("pstat.dos.s") == 3
    result = light.svr("edit", stdin="\n".join([*answers, SAVE, "y"]) + "\n")
    assert "Warning: The state is RFOTM, but doxm.owned is true." in result.stderr
    assert light.get("pstat.dos.s") == 1
    assert light.get("pstat.isop") is False


def test_modes_bit_by_bit(light: Light) -> None:
    """Modes are sums of bits, each asked for with its name."""
    screen = answered(light, [PSTAT, "3", *["n"] * 5, "y", "y", BACK])
    assert "software version validation? [y/N]" in screen
    assert light.get("pstat.tm") == 192


@pytest.mark.parametrize(
    ("answers", "path", "value"),
    [
        ([SP, "1", "1", BACK], "sp.currentprofile", "1.3.6.1.4.1.51414.0.0.1.0"),
        ([SDI, "2", "home", BACK], "sdi.name", "home"),
        ([SDI, "1", "3", BACK], "sdi.uuid", "00000000-0000-0000-0000-000000000000"),
        ([PERMANENT, "2", "1", BACK], "permanent.pi", OWNER),
        ([ACL, "2", "1", BACK], "acl2.rowneruuid", OWNER),
    ],
)
def test_other_properties(light: Light, answers: list[str], path: str, value: object) -> None:
    """Every resource of the database has a menu."""
    text = "\n".join([*answers, SAVE, "y"]) + "\n"
    light.done("edit", stdin=text)
    assert light.get(path) == value


def test_where_there_is_nothing_only_adding_is_offered(light: Light) -> None:
    """As the old editor did."""
    light.done("remove", "ace", "1")
    screen = light.done("edit", stdin=f"{ACL}\n{ENTRIES}\n{BACK}\n{BACK}\n{BACK}\n")
    menu = screen.partition("acl2.aclist2\n")[2].partition("Your choice")[0]
    assert menu.split() == ["1", "Add", "an", "entry", "99", "Back"]
    assert screen.endswith("nothing was written\n")


def test_leaving(light: Light) -> None:
    """Leaving with changes asks once more; a trial shows them and writes nothing."""
    before = light.database
    change = [SDI, "2", "home", BACK]
    screen = light.done("edit", stdin="\n".join([*change, BACK, "n", BACK, "y"]) + "\n")
    assert screen.count("Forget the changes?") == 2
    assert "So far: 1 change\n" in screen
    screen = light.done("edit", "--dry-run", stdin="\n".join([*change, SAVE]) + "\n")
    assert '+ sdi.name: "home"' in screen
    assert screen.endswith("nothing was written (--dry-run)\n")
    ended = light.svr("edit", stdin="\n".join(change) + "\n")
    assert ended.exit_code == 1
    assert light.database == before


def test_printing_everything(light: Light) -> None:
    """The first entry of the menu prints all resources, secrets hidden."""
    screen = light.done("edit", stdin="1\n99\n")
    assert "doxm: Device owner transfer methods" in screen
    assert "<secret 16 bytes>" in screen
    assert KEY not in screen
    assert KEY in light.done("edit", "--reveal", stdin="1\n99\n")


def test_what_cannot_be_made_is_said(light: Light) -> None:
    """A value that no database can hold leaves the draft as it was, and the menu goes on."""
    wrong = [ACL, ENTRIES, "4", "1", "1", "0", BACK, *LEAVE]
    result = light.svr("edit", stdin="\n".join([*wrong, BACK]) + "\n")
    assert result.exit_code == 0
    assert "Not possible: acl2.aclist2[0].aceid cannot be this" in result.stderr


def test_on_a_terminal(light: Light) -> None:
    """On a real terminal the dialogue is the same, and a PIN is not echoed."""
    script = [CRED, ENTRIES, ADD, "5", "1", "24682468", *LEAVE, SAVE, "y"]
    command = [*ONBOARDEE, "svr", "edit", "--state-dir", str(light.directory)]
    terminal, theirs = os.openpty()
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as process:
        os.close(theirs)
        screen = b""
        while chunk := _shown(terminal):
            screen += chunk
            if script and screen.endswith((b"choice: ", b"password: ", b"[Y/n]: ")):
                os.write(terminal, script.pop(0).encode() + b"\n")
    os.close(terminal)
    assert process.returncode == 0
    assert b"24682468" not in screen
    assert b"written: 1 change" in screen
    assert light.get("cred.creds[credid=2].privatedata.data") == b"24682468".hex()


def _shown(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # what Linux says when nobody has the terminal any more
        return b""

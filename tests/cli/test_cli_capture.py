"""`onboardee profiles capture` against a device on loopback."""

import json
import socket
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner, Result

from onboardee.device.cli import main
from onboardee.device.simulation.profile import load
from onboardee.device.testing import DeviceThread
from onboardee.obt import Address
from onboardee.obt.database import DeviceRecord, ProvisioningDatabase

CLIENT = UUID("11111111-2222-4333-8444-555555555555")
KEY = bytes(range(16))


def capture(*arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, ["profiles", "capture", *arguments])


def test_with_a_key(tmp_path: Path) -> None:
    """The file is the same device: its profile but for what a client cannot see."""
    path, key = tmp_path / "mine.yaml", tmp_path / "key.bin"
    key.write_bytes(KEY)
    with DeviceThread("binary-light", clients={CLIENT: KEY}) as light:
        light.set("/switch#value", True)
        by_file = capture(
            light.coap, "--uuid", str(CLIENT), "--psk-file", str(key), "-o", str(path)
        )
        by_text = capture(light.coap, "--uuid", str(CLIENT), "--psk", KEY.hex())
        assert str(light.uuid) not in path.read_text()
    assert (by_file.exit_code, by_file.output) == (0, "")
    assert by_text.stdout == path.read_text()
    profile = load(str(path))
    assert profile.device == load("binary-light").device
    assert profile.platform == load("binary-light").platform
    assert profile.resources[0].properties["value"].initial is True
    assert KEY.hex() not in path.read_text()


def test_with_ownership_records(tmp_path: Path) -> None:
    """What `onboardee obt` owns is read with its key."""
    path = tmp_path / "obt.db"
    with (
        ProvisioningDatabase(path) as database,
        DeviceThread("binary-light", clients={database.owner: KEY}) as light,
    ):
        missing = capture(light.coap, "--obt-store", str(path))
        address = Address("127.0.0.1", 1)
        record = DeviceRecord(uuid=light.uuid, owner=database.owner, key=KEY, secured=(address,))
        database.devices.put(record)
        found = capture(light.coap, "--obt-store", str(path))
    assert missing.exit_code == 1
    assert "knows no device" in missing.output
    assert found.exit_code == 0, found.output
    assert found.stderr == ""
    assert "Warning" not in found.stdout


def test_no_file_is_written_over_unasked(tmp_path: Path) -> None:
    """A file that is there stays as it is, and is told of at once; --force writes over it."""
    path = tmp_path / "mine.yaml"
    path.write_text("# by hand\n")
    with DeviceThread("binary-light", clients={}) as light:
        refused = capture("coap://127.0.0.1:9", "-o", str(path))
        kept = path.read_text()
        forced = capture(light.coap, "-o", str(path), "--force")
    assert (refused.exit_code, kept) == (1, "# by hand\n")
    assert f"{path} is there already; --force writes over it" in refused.stderr
    assert forced.exit_code == 0
    assert "# by hand" not in path.read_text()


def test_as_a_stranger() -> None:
    """What cannot be read is a warning on standard error and a comment in the file."""
    with DeviceThread("binary-light", clients={}) as light:
        result = capture(light.coap)
    assert result.exit_code == 0
    sentence = "/switch could not be read (the device answered 4.01)"
    assert f"Warning: {sentence}" in result.stderr
    assert f"# - {sentence}" in result.stdout


def test_a_port_that_takes_no_sessions() -> None:
    """The failure names the place."""
    with DeviceThread("binary-light", clients={CLIENT: KEY}) as light:
        arguments = (light.coap, "--uuid", str(CLIENT), "--psk", bytes(16).hex())
        result = capture(*arguments)
    assert result.exit_code == 1
    assert light.coaps in result.output


def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is one sentence, soon."""
    monkeypatch.setattr("onboardee.obt.surveying.FIRST_SECONDS", 0.2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        result = capture(f"coap://127.0.0.1:{silent.getsockname()[1]}")
    assert result.exit_code == 1
    assert "nothing answers at coap://127.0.0.1:" in result.output


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("light",), "no coap:// address"),
        (("coaps://127.0.0.1:1",), "no coap:// address"),
        (("coap://127.0.0.1:99999",), "out of range"),
        (("coap://[::1",), "Invalid IPv6"),
        (("coap://127.0.0.1", "--uuid", str(CLIENT)), "--uuid goes with"),
        (("coap://127.0.0.1", "--psk", KEY.hex()), "--uuid goes with"),
        (("coap://127.0.0.1", "--uuid", str(CLIENT), "--psk", "xyz"), "not in hex"),
        (("coap://127.0.0.1", "--uuid", str(CLIENT), "--psk", "00"), "16 or 32 octets"),
        (("coap://127.0.0.1", "--psk", "00", "--psk-file", __file__), "one or the other"),
        (
            (
                "coap://127.0.0.1",
                "--uuid",
                str(CLIENT),
                "--psk",
                KEY.hex(),
                "--obt-store",
                __file__,
            ),
            "leave out --uuid",
        ),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], complaint: str) -> None:
    """Nothing is sent, and the sentence says what is wrong."""
    result = capture(*arguments)
    assert result.exit_code == 2
    assert complaint in result.output


def test_where_it_cannot_be_written(tmp_path: Path) -> None:
    """A missing folder is an error, after which there is no file."""
    with DeviceThread("binary-light", clients={}) as light:
        result = capture(light.coap, "-o", str(tmp_path / "none" / "x.yaml"))
    assert result.exit_code == 1
    assert "cannot be written" in result.output


def test_help() -> None:
    """It shows examples, and the group lists it."""
    assert "onboardee profiles capture coap://" in capture("--help").output
    assert "capture " in CliRunner().invoke(main, ["profiles", "--help"]).output
    listing = CliRunner().invoke(main, ["profiles", "list", "--json"])
    assert json.loads(listing.output)

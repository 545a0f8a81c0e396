"""`onboardee obt` against a device in a process of its own, and the file with its keys."""

import json
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner

from onboardee.device.cli import main
from onboardee.obt import Address
from onboardee.obt.database import DeviceRecord, ProvisioningDatabase
from onboardee.pki import issuing

ONBOARDEE = [sys.executable, "-c", "from onboardee.device.cli import main; main()"]
DEVICE = UUID("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee")


@contextmanager
def running(tmp_path: Path, *arguments: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Run a light on loopback; yield the process and its plain address."""
    fixed = ["--state-dir", str(tmp_path / "light"), "--host", "127.0.0.1", "--log-format", "json"]
    command = [*ONBOARDEE, "run", *fixed, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())["endpoints"][0]
        finally:
            process.kill()


def obt(tmp_path: Path, *arguments: str, code: int = 0) -> str:
    """Run a sub-command; return what it said."""
    ran = subprocess.run(
        [*ONBOARDEE, "obt", "--store", str(tmp_path / "obt.db"), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == code, ran.stderr
    assert "Traceback" not in ran.stderr
    return ran.stdout if code == 0 else ran.stderr


def record_of(tmp_path: Path, name: str) -> DeviceRecord:
    """Return what is kept of a device."""
    with ProvisioningDatabase(tmp_path / "obt.db") as database:
        return database.devices.find(name)


def test_a_life(tmp_path: Path) -> None:
    """Owned, switched, read, reset, and forgotten."""
    with running(tmp_path, "light") as (_, address):
        uuid = obt(tmp_path, "own", address).split()[0]
        assert stat.S_IMODE((tmp_path / "obt.db").stat().st_mode) == 0o600
        assert obt(tmp_path, "list").startswith(f"{uuid}  coaps://127.0.0.1:")
        assert json.loads(obt(tmp_path, "ls", "--json"))[0]["name"] == "Light"
        obt(tmp_path, "update", uuid[:8], "/light/switch", '{"value": true}')
        assert json.loads(obt(tmp_path, "read", uuid[:8], "/light/switch")) == {"value": True}
        assert "4.04" in obt(tmp_path, "read", uuid[:8], "/nothing", code=1)
        assert "resets itself" in obt(tmp_path, "reset", uuid)
        assert obt(tmp_path, "list").strip() == ""
        assert "knows no device" in obt(tmp_path, "reset", uuid, code=1)


def test_a_device_that_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a restart on another secure port it is found again, where it was found at first."""
    with running(tmp_path, "light") as (_, address):
        uuid = obt(tmp_path, "own", address).split()[0]
    before = record_of(tmp_path, uuid)
    monkeypatch.setattr("onboardee.device.cli.reaching.PATIENCE", 0.5)
    with running(tmp_path, "light", "--port", address.rpartition(":")[2]):
        store = ["obt", "--store", str(tmp_path / "obt.db")]
        result = CliRunner().invoke(main, [*store, "read", uuid, "/light/switch"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {"value": False}
    assert f"{uuid} is not at coaps://{before.secured[0]}; searching" in result.stderr
    after = record_of(tmp_path, uuid)
    assert (after.plain, after.key) == (before.plain, before.key)
    assert after.secured != before.secured


def test_nobody_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that does not answer, and a device that is nowhere, are told of soon."""
    monkeypatch.setattr("onboardee.device.cli.reaching.PATIENCE", 0.1)
    monkeypatch.setattr("onboardee.obt.discovery.ROUND_SECONDS", 0.1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        address = Address("127.0.0.1", silent.getsockname()[1])
        with ProvisioningDatabase(tmp_path / "obt.db") as database:
            database.devices.put(
                DeviceRecord(
                    uuid=DEVICE,
                    owner=database.owner,
                    key=bytes(16),
                    secured=(address,),
                    plain=address,
                )
            )
        for arguments, sentence in (
            (["own", f"coap://{address}"], f"nothing answers at coap://{address}"),
            (["read", "aaaa", "/light"], f"{DEVICE} does not answer, neither at coaps://{address}"),
        ):
            store = ["obt", "--store", str(tmp_path / "obt.db")]
            result = CliRunner().invoke(main, [*store, *arguments])
            assert result.exit_code == 1
            assert sentence in result.output


def test_with_a_pin(tmp_path: Path) -> None:
    """The PIN is asked for when the device shows it."""
    with running(tmp_path, "light", "--otm", "rdp") as (device, address):
        assert device.stdout is not None
        command = [*ONBOARDEE, "obt", "--store", str(tmp_path / "obt.db"), "own", address]
        with subprocess.Popen(
            [*command, "--method", "rdp"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as tool:
            event: dict[str, str] = {}
            while event.get("event") != "otm.pin":
                event = json.loads(device.stdout.readline())
            said, _ = tool.communicate(event["pin"] + "\n", timeout=60)
        assert tool.returncode == 0
        assert said.endswith("is ours\n")


def test_with_a_manufacturer_certificate(tmp_path: Path) -> None:
    """The roots come from a file."""
    root = issuing.root()
    leaf = root.issue(issuing.manufacturer())
    for name, text in (("root", root.pem), ("chain", leaf.pem), ("key", leaf.key_pem)):
        (tmp_path / f"{name}.pem").write_text(text)
    light = subprocess.run(
        [*ONBOARDEE, "profiles", "show", "light"], capture_output=True, text=True, check=True
    )
    profile = tmp_path / "light.yaml"
    profile.write_text(
        f"{light.stdout}\nownership:\n  methods: [mfgcert]\n"
        "  manufacturer:\n    chain: chain.pem\n    key: key.pem\n"
    )
    with running(tmp_path, str(profile)) as (_, address):
        assert "needs --anchors" in obt(tmp_path, "own", address, "--method", "mfgcert", code=2)
        owned = obt(tmp_path, "own", address, "--anchors", str(tmp_path / "root.pem"))
        assert owned.endswith("is ours\n")


@pytest.mark.parametrize(
    ("arguments", "complaint", "code"),
    [
        (["update", "a", "/x", "{"], "not JSON", 2),
        (["update", "a", "/x", "5"], "not a JSON object", 2),
        (["own", "coap://light"], "not a coap:// address", 2),
        (["read", "a", "/x"], "knows no device", 1),
    ],
)
def test_wrong_usage(tmp_path: Path, arguments: list[str], complaint: str, code: int) -> None:
    """An error is one sentence."""
    assert complaint in obt(tmp_path, *arguments, code=code)

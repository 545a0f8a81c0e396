"""`onboardee ctl`, with a device that runs in another process."""

import json
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import cbor2
import pytest
from aiocoap import CON, GET, POST, Message
from click.testing import CliRunner, Result
from msgspec.structs import replace

from onboardee.device.cli import main
from onboardee.device.cli.connection import CommandFailedError, ControlConnection
from onboardee.device.net.control_socket import SOCKET_NAME
from onboardee.svrdb import JSON, Sdi


class Running:
    """A light that runs."""

    def __init__(self, directory: Path, profile: str = "light", *options: str) -> None:
        self.directory = directory
        words = [
            "run",
            profile,
            *options,
            "--host",
            "127.0.0.1",
            "--otm",
            "jw,rdp",
            "--log-format",
            "json",
        ]
        command = [sys.executable, "-c", "from onboardee.device.cli import main; main()", *words]
        self.process = subprocess.Popen(
            [*command, "--state-dir", str(directory)], stdout=subprocess.PIPE, text=True
        )
        self.ready = self.wait_for("device.ready")

    @contextmanager
    def until_stopped(self) -> Iterator[None]:
        """End the process in an orderly way, or kill it if the test fails."""
        with self.process as process:
            try:
                yield
                process.terminate()
                assert process.wait(60) == 0
            finally:
                process.kill()

    def wait_for(self, name: str) -> dict[str, Any]:
        """Read the log up to an event."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            event: dict[str, Any] = json.loads(line)
            if event["event"] == name:
                return event
        raise AssertionError(f"the device stopped without {name}")

    def ctl(self, *words: str) -> Result:
        """Run a sub-command."""
        return CliRunner().invoke(main, ["ctl", "--state-dir", str(self.directory), *words])

    def json(self, *words: str) -> Any:
        """Run a sub-command that has to succeed, and read its JSON."""
        result = self.ctl("--json", *words)
        assert result.exit_code == 0, result.output
        return json.loads(result.output)


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Start a light, below a path too long for the address of a socket."""
    directory = tmp_path_factory.mktemp("long" * 30) / "light"
    running = Running(directory)
    with running.until_stopped():
        yield running
    assert not (directory / SOCKET_NAME).exists()


def test_the_socket_is_its_owners_alone(light: Running) -> None:
    """Nobody else can open the control socket."""
    mode = (light.directory / SOCKET_NAME).stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


def test_values_are_listed_read_and_set(light: Running) -> None:
    """A person sees the values, and changes them as the world would."""
    assert "/light/dimming" in light.ctl("list").output
    assert light.json("get", "/light/dimming#dimmingSetting") == 100
    assert light.ctl("set", "/light/dimming#dimmingSetting", "40").output == "40\n"
    assert light.json("get", "/light/dimming")["dimmingSetting"] == 40
    assert light.ctl("set", "/light/dimming#range", "[0, 50]").exit_code == 0


def test_options_may_stand_behind_the_word(light: Running) -> None:
    """Which device, and how to print, may be said before the sub-command or behind it."""
    words = ["ctl", "state", "--state-dir", str(light.directory), "--json"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    assert json.loads(result.output) == light.json("state")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["get", "/nowhere"], "there is no resource /nowhere; there are /light/switch"),
        (["get", "/light/switch#colour"], "has no property colour; it has value"),
        (["set", "/light/switch#value", "7"], "value is not of type boolean"),
        (["set", "/light/dimming#dimmingSetting", "101"], "dimmingSetting is above 100"),
        (["pin"], "no PIN is shown"),
    ],
)
def test_a_mistake_is_explained(light: Running, words: list[str], sentence: str) -> None:
    """What cannot be done gives one sentence and exit code 1."""
    result = light.ctl(*words)
    assert result.exit_code == 1
    assert sentence in result.output


@pytest.mark.parametrize(
    "words", [["set", "/light/switch", "true"], ["set", "/light/switch#value", "[1"], ["fly"]]
)
def test_wrong_usage_has_exit_code_2(light: Running, words: list[str]) -> None:
    """A value without a property, what is not YAML, an unknown word."""
    assert light.ctl(*words).exit_code == 2


def test_the_state_names_device_and_endpoints(light: Running) -> None:
    """A script learns UUID, state and endpoints."""
    state = light.json("state")
    assert state["device_uuid"] == light.ready["device_uuid"]
    assert state["endpoints"] == light.ready["endpoints"]
    assert state["state"] == "RFOTM"
    assert not state["owned"]


def test_a_pin_can_be_read_and_refusals_are_told(light: Running) -> None:
    """After a tool selected the PIN method the PIN is there; what it did wrong is, too."""
    port = int(light.ready["endpoints"][0].rpartition(":")[2])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tool:
        tool.settimeout(30)
        tool.connect(("127.0.0.1", port))
        for mid, code, name, payload in ((1, POST, "doxm", {"oxmsel": 1}), (2, GET, "cred", None)):
            request = Message(code=code, _mtype=CON, _mid=mid)
            request.opt.uri_path = ("oic", "sec", name)
            if payload is not None:
                request.opt.content_format = 60
                request.payload = cbor2.dumps(payload)
            tool.send(request.encode())
            tool.recv(2048)
    assert light.json("pin").isdigit()
    (refusal,) = light.json("connections")["refusals"]
    assert (refusal["href"], refusal["rule"]) == ("/oic/sec/cred", "secured-only")
    assert "/oic/sec/cred" in light.ctl("connections").output


def test_a_watcher_hears_of_the_reset(light: Running) -> None:
    """`watch` shows each event as it happens, `reset` answers when it is done."""
    words = ["ctl", "--json", "--state-dir", str(light.directory), "watch"]
    command = [sys.executable, "-c", "from onboardee.device.cli import main; main()", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watcher:
        assert watcher.stdout is not None
        assert json.loads(watcher.stdout.readline())["event"] == "ctl.watching"
        assert "has restarted, in RFOTM" in light.ctl("reboot").output
        assert light.json("reset")["state"] == "RFOTM"
        told = []
        for line in watcher.stdout:
            told.append(json.loads(line))
            if told[-1]["event"] == "device.reset":
                break
        watcher.terminate()
    assert [each["event"] for each in told if each["event"].startswith("device.")] == [
        "device.rebooted",
        "device.reset",
    ]
    assert all(datetime.fromisoformat(each["at"]).tzinfo for each in told)
    first = told[0]["sequence"]
    assert [each["sequence"] for each in told] == list(range(first, first + len(told)))


def test_nobody_there_is_explained(tmp_path: Path) -> None:
    """A directory without a running device gives one sentence, and so does no directory."""
    for place in (tmp_path, tmp_path / "none"):
        result = CliRunner().invoke(main, ["ctl", "--state-dir", str(place), "state"])
        assert result.exit_code == 1
        assert str(place) in result.output


def test_the_database_can_be_exchanged(light: Running) -> None:
    """Another program puts a changed database in place; one made from an old state is refused."""
    with ControlConnection(light.directory) as connection:
        before = connection.ask("database")
        after = _with_name(before)
        assert connection.ask("replace", before=before, after=after)["state"] == "RFOTM"
        assert connection.ask("database") == after
        with pytest.raises(CommandFailedError, match="has changed meanwhile"):
            connection.ask("replace", before=before, after=after)
        with pytest.raises(CommandFailedError, match="edited by hand or damaged"):
            connection.ask("replace", before=after, after=after.replace("laboratory", "kitchen"))


def _with_name(text: str) -> str:
    database = JSON.decode(text.encode())
    return JSON.encode(replace(database, sdi=Sdi(name="laboratory"))).decode()


def test_somebody_opens_a_door_by_hand_and_its_lock_jams(tmp_path: Path) -> None:
    """Inputs and faults are listed, used and taken back; unknown ones are explained."""
    door = Running(tmp_path / "door", "door")
    with door.until_stopped():
        assert door.json("press")["inputs"] == ["thumbturn"]
        assert door.ctl("press", "thumbturn").exit_code == 0
        assert door.ctl("set", "/openlevel#openLevel", "100").exit_code == 0
        assert door.json("get", "/contact#value") is True
        assert door.json("fault", "jammed")["faults"] == {"jammed": True}
        assert "jammed" in door.ctl("fault", "jammed", "off").output
        assert door.json("fault")["faults"] == {"jammed": False}
        for words in (["press", "window"], ["fault", "fire", "on"]):
            refused = door.ctl(*words)
            assert refused.exit_code == 1
            assert words[1] in refused.output


def test_faults_of_the_protocol(tmp_path: Path) -> None:
    """A running device gets them, lists them beside what may break, and loses them again."""
    door = Running(tmp_path / "door", "door")
    with door.until_stopped():
        added = door.json("fault", "add", "refuse", "at=owned", "code=5.00")
        assert added["faults"][0]["number"] == 1
        assert door.wait_for("fault.added")["fault"] == "refuse at owned"
        assert "at=owned code=5.00" in door.ctl("fault", "list").output
        assert "jammed" in door.ctl("fault").output
        for words, sentence in (
            (["add", "explode"], "explode is not possible"),
            (["add", "drop", "path=/lck"], "path: this device has no /lck; did you mean /lock?"),
            (["remove", "9"], "there is no fault 9"),
        ):
            refused = door.ctl("fault", *words)
            assert refused.exit_code in {1, 2}
            assert sentence in " ".join(refused.output.split())
        assert door.json("fault", "remove", "1") == {"faults": []}
        assert "no faults of its protocol" in door.ctl("fault", "clear").output


def test_too_many_conversations_are_refused(light: Running) -> None:
    """The seventeenth connection at a time is closed, and the device goes on."""
    held = [ControlConnection(light.directory) for _ in range(16)]
    for each in held:
        each.ask("state")
    with (
        ControlConnection(light.directory) as late,
        pytest.raises(CommandFailedError, match="closed the connection"),
    ):
        late.ask("state")
    for each in held:
        each.__exit__(None, None, None)
    assert light.json("state")["state"] == "RFOTM"


def test_a_washers_hour_is_over_in_no_time(tmp_path: Path) -> None:
    """`--speed` and `ctl` let its program pass; the run is recorded, and happens again."""
    recorded = tmp_path / "washer.rec"
    washer = Running(tmp_path / "washer", "washer", "--speed", "0", "--record", str(recorded))
    with washer.until_stopped():
        assert "time stands still" in washer.ctl("pause").output
        assert "60 times as fast" in washer.ctl("speed", "60").output + washer.ctl("resume").output
        washer.json("press", "start")
        assert washer.json("pause")["paused"] is True
        began = datetime.fromisoformat(washer.json("state")["world_time"])
        told = washer.json("advance", "30min")
        assert (datetime.fromisoformat(told["world_time"]) - began).total_seconds() == 1800
        assert washer.wait_for("time.changed")["speed"] == 1
        assert washer.json("get", "/state#currentMachineState") == "active"
        washer.json("advance", "1 h")
        assert washer.json("get", "/state#currentMachineState") == "idle"
        assert washer.ctl("advance", "soon").exit_code == 2
        refused = washer.ctl("advance", "1000d")
        assert refused.exit_code == 1
        assert "at most 366 d" in refused.output
        assert "3600" in washer.ctl("speed", "5000").output
    replayed = CliRunner().invoke(main, ["replay", str(recorded)])
    assert replayed.exit_code == 0, replayed.output


@pytest.mark.parametrize("speed", ["-1", "3601", "nan", "fast"])
def test_a_speed_that_no_device_has(speed: str) -> None:
    """The command line says which there are, before anything runs."""
    result = CliRunner().invoke(main, ["run", "light", "--speed", speed])
    assert result.exit_code == 2
    assert "--speed" in result.output

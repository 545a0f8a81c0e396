"""`onboardee run` with several devices in one process."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from test_cli_run import ONBOARDEE, onboardee

from onboardee.device.cli.connection import ControlConnection

TWO_LIGHTS = """
devices:
  - extends: light
    device: {name: Left}
  - extends: light
    device: {name: Right}
"""


@contextmanager
def running(count: int, *words: str) -> Iterator[list[dict[str, object]]]:
    """Run devices; yield their events device.ready, and end them in an orderly way."""
    command = [*ONBOARDEE, "run", *words, "--host", "127.0.0.1", "--log-format", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            ready: list[dict[str, object]] = []
            while len(ready) < count:
                event = json.loads(process.stdout.readline())
                if event["event"] == "device.ready":
                    ready.append(event)
            yield ready
            process.terminate()
            assert process.wait(20) == 0
        finally:
            process.kill()


def test_each_device_is_one_of_its_own(tmp_path: Path) -> None:
    """Profiles and files with several devices run together; each is named, found and steered."""
    home, file = tmp_path / "home", tmp_path / "lights.yaml"
    file.write_text(TWO_LIGHTS)
    with running(3, "door", str(file), "--state-dir", str(home)) as ready:
        assert {event["device"] for event in ready} == {"door", "lights-left", "lights-right"}
        assert len({event["device_uuid"] for event in ready}) == 3
        assert len({str(event["endpoints"]) for event in ready}) == 3
        names = sorted(place.name for place in home.iterdir())
        assert names == ["door", "lights-left", "lights-right"]
        with ControlConnection(home / "lights-left") as left:
            assert left.ask("state")["name"] == "Left"


def test_the_whole_catalogue_runs(tmp_path: Path) -> None:
    """All built-in devices start in one process."""
    names = onboardee("profiles", "list", "--json").stdout
    count = len(json.loads(names))
    with running(count, "--all", "--state-dir", str(tmp_path / "all")) as ready:
        assert len({event["device_uuid"] for event in ready}) == count >= 50


@pytest.mark.parametrize(
    "words",
    [
        ["light", "door", "--name", "Both"],
        ["light", "door", "--port", "5683"],
        ["light", "door", "--secure-port", "5684"],
        ["light", "door", "--uuid-seed", "a seed for one"],
        ["light", "--all"],
        [],
    ],
)
def test_what_only_one_can_have_is_refused(tmp_path: Path, words: list[str]) -> None:
    """One name, port or UUID for several devices is wrong usage, and so is nothing to run."""
    result = onboardee("run", *words, "--state-dir", str(tmp_path / "none"))
    assert result.returncode == 2
    assert not (tmp_path / "none").exists()


def test_one_profile_twice_is_two_devices(tmp_path: Path) -> None:
    """The second light is one of its own, with a number behind its names; a restart finds both."""
    home = tmp_path / "home"
    found = []
    for _ in range(2):
        with running(2, "light", "light", "--state-dir", str(home)) as ready:
            found.append({str(event["device"]): event["device_uuid"] for event in ready})
            with ControlConnection(home / "light-2") as second:
                assert second.ask("state")["name"] == "Light 2"
    assert found[0] == found[1]
    assert sorted(found[0]) == ["light", "light-2"]
    assert len(set(found[0].values())) == 2


def test_commands_find_a_device_by_the_name_in_the_log(tmp_path: Path) -> None:
    """`ctl`, `svr` and `reset` take the name that `run` tells, below the same directory."""
    home = str(tmp_path / "home")
    with running(2, "light", "door", "--state-dir", home) as ready:
        for event in ready:
            name, uuid = str(event["device"]), event["device_uuid"]
            place = ("--state-dir", home, "--device", name)
            told = json.loads(onboardee("ctl", "state", "--json", *place).stdout)
            assert (told["device"], told["device_uuid"]) == (name, uuid)
            shown = onboardee("svr", "get", "doxm.deviceuuid", *place).stdout
            assert shown.strip() == uuid
            assert "`onboardee ctl reset`" in onboardee("reset", *place).stderr
        rows = onboardee("ctl", "devices", "--state-dir", home).stdout.splitlines()
        assert [row.split()[0] for row in rows] == ["door", "light"]
        several = onboardee("ctl", "state", "--state-dir", home)
        assert several.returncode == 1
        assert "--device: door, light" in several.stderr
    assert onboardee("reset", "--state-dir", home, "--device", "door").returncode == 0
    unknown = onboardee("svr", "show", "--state-dir", home, "--device", "dor")
    assert (unknown.returncode, "did you mean door?" in unknown.stderr) == (1, True)


def test_the_only_one_that_runs_needs_no_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below the usual directory, `ctl` and `svr` mean the device that is there."""
    monkeypatch.setenv("ONBOARDEE_STATE_DIR", str(tmp_path / "state"))
    assert "no device runs in" in onboardee("ctl", "state").stderr
    with running(1, "light") as ready:
        assert ready[0]["state_dir"] == str(tmp_path / "state" / "light")
        told = json.loads(onboardee("ctl", "state", "--json").stdout)
        assert told["device"] == "light"
        assert onboardee("svr", "get", "doxm.deviceuuid").stdout.strip() == told["device_uuid"]

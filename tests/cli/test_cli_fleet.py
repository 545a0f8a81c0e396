"""`onboardee fleet`, and running what its files describe."""

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from test_cli_run import ONBOARDEE, onboardee

from onboardee.device.cli import main
from onboardee.device.cli.hosting import ready_fields


def _invoke(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["fleet", *arguments])


def test_the_example_can_be_checked_and_planned(tmp_path: Path) -> None:
    """What `init` writes is right, and its cost is known before it starts."""
    file = str(tmp_path / "fleet.yaml")
    assert _invoke("init", file).exit_code == 0
    checked = _invoke("check", file)
    assert checked.output.splitlines()[:2] == [
        f"{file}: 215 devices",
        "  light: lamp-001, lamp-002, lamp-003, … lamp-200",
    ]
    planned = _invoke("plan", file, "--json")
    assert json.loads(planned.output)["sockets"] == 860
    assert "last start   after 6 s" in _invoke("plan", file).output
    spread = json.loads(_invoke("plan", file, "--workers", "4", "--json").output)
    assert (spread["processes"], spread["sockets"]) == (5, 860)
    assert spread["files"] < json.loads(planned.output)["files"] / 3


def test_ten_thousand_devices_need_few_files_by_address_in_one_file(tmp_path: Path) -> None:
    """Without either, they need more than systems usually allow."""
    file = tmp_path / "fleet.yaml"
    file.write_text("state_file: lamps.db\ngroups: [{profile: light, count: 200}]")
    words = ["plan", str(file), "--json"]
    assert json.loads(_invoke(*words, "--addresses", "fd00:db8::/64").output)["files"] == 66
    assert json.loads(_invoke(*words).output)["files"] == 864


def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    """An example never takes the place of somebody's work."""
    file = tmp_path / "fleet.yaml"
    file.write_text("mine")
    assert "is there already" in _invoke("init", str(file)).output
    assert file.read_text() == "mine"


def test_a_mistake_in_a_file_is_an_error_with_its_line(tmp_path: Path) -> None:
    """And exit code 1."""
    file = tmp_path / "fleet.yaml"
    file.write_text("groups:\n- profile: ligth\n")
    result = _invoke("check", str(file))
    assert result.exit_code == 1
    assert "line 2" in result.output


def test_more_files_than_are_allowed_are_told_before_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to type."""
    monkeypatch.setattr("onboardee.device.cli.fleet.resource.getrlimit", lambda _of: (100, 100))
    file = tmp_path / "fleet.yaml"
    file.write_text("groups: [{profile: light, count: 20}]\n")
    result = _invoke("plan", str(file))
    assert result.exit_code == 1
    assert "ulimit -n" in result.output


def test_the_schema_is_printed() -> None:
    """For editors."""
    assert "Group" in json.loads(_invoke("schema").output)["$defs"]


def _running(*words: str) -> "subprocess.Popen[str]":
    command = [*ONBOARDEE, "run", *words, "--host", "127.0.0.1"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_a_device_that_comes_and_goes_comes_back_as_it_was(tmp_path: Path) -> None:
    """With its UUID and its ports; the log tells when it has gone."""
    file = tmp_path / "fleet.yaml"
    file.write_text("groups: [{profile: light, count: 2, churn: {every: 0.1, away: 0.05}}]")
    told: list[dict[str, Any]] = []
    state = str(tmp_path / "state")
    with _running(str(file), "--state-dir", state, "--log-format", "json") as process:
        assert process.stdout is not None
        for line in process.stdout:
            event = json.loads(line)
            if event.get("device") == "light-2":
                told.append(event)
            if [each["event"] for each in told].count("device.ready") == 3:
                break
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
    assert process.returncode == 0
    happened = [each for each in told if each["event"] in {"device.ready", "device.left"}]
    assert [each["event"] for each in happened] == [
        "device.ready",
        "device.left",
        "device.ready",
        "device.left",
        "device.ready",
    ]
    first, last = happened[0], happened[-1]
    assert first["endpoints"] == last["endpoints"]
    assert first["device_uuid"] == last["device_uuid"]


def test_ready_tells_how_many_start_later() -> None:
    """A fleet whose devices come one after the other is not said to be complete, or empty."""
    assert ready_fields(25, 25, 1.234) == {"devices": 25, "seconds": 1.23}
    assert ready_fields(5, 25, 1.0) == {"devices": 5, "later": 20, "seconds": 1.0}


def test_many_devices_tell_together_that_they_are_ready(tmp_path: Path) -> None:
    """People read one line; each device has its directory, by its name."""
    home = tmp_path / "state"
    with _running("light", "--count", "25", "--state-dir", str(home)) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
    assert "fleet.ready" in first
    assert "devices=25" in first
    assert {each.name for each in home.iterdir()} == {f"light-{n}" for n in range(1, 26)}


def test_several_of_a_profile_that_cannot_be_loaded_are_refused_in_a_sentence(
    tmp_path: Path,
) -> None:
    """As one is, with the name that was meant."""
    refused = onboardee("run", "ligth", "--count", "2", "--state-dir", str(tmp_path / "state"))
    assert refused.returncode == 1
    assert refused.stderr.startswith("Error: there is no built-in profile 'ligth'; did you mean")


def test_several_of_a_file_are_called_as_it_is(tmp_path: Path) -> None:
    """With hyphens in place of what no name has."""
    file, home = tmp_path / "my lamp.yaml", tmp_path / "state"
    file.write_text("extends: light\n")
    with _running(str(file), "--count", "2", "--state-dir", str(home)) as process:
        assert process.stdout is not None
        while "device.ready" not in process.stdout.readline():
            pass
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
    assert {each.name for each in home.iterdir()} == {"my-lamp-1", "my-lamp-2"}


def test_addresses_that_are_not_routed_here_are_told(tmp_path: Path) -> None:
    """With the command that is missing; and what contradicts them is wrong usage."""
    state = ("--state-dir", str(tmp_path / "state"))
    missing = onboardee("run", "light", "--addresses", "192.0.2.0/24", *state)
    assert (missing.returncode, "ip route add local" in missing.stderr) == (1, True)
    both = onboardee("run", "light", "--addresses", "10.0.0.0/8", "--port", "5683", *state)
    assert (both.returncode, "leave out --port" in both.stderr) == (2, True)
    wrong = onboardee("run", "light", "--addresses", "lamps", *state)
    assert (wrong.returncode, "no prefix" in wrong.stderr) == (2, True)


def test_a_fleet_file_names_the_file_of_its_state(tmp_path: Path) -> None:
    """Its devices are found in it after they have stopped, and move out of it."""
    file, kept = tmp_path / "fleet.yaml", tmp_path / "lamps.db"
    file.write_text("state_file: lamps.db\ngroups: [{profile: light, count: 3}]")
    with _running(str(file), "--log-format", "json") as process:
        assert process.stdout is not None
        ready = 0
        while ready < 3:
            ready += json.loads(process.stdout.readline())["event"] == "device.ready"
        process.send_signal(signal.SIGTERM)
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "fleet.yaml",
        "lamps.db",
        "lamps.db-lock",
    ]
    words = ["svr", "get", "doxm.owned", "--state-dir", str(kept), "--device"]
    assert CliRunner().invoke(main, [*words, "light-3"]).output == "false\n"
    home = tmp_path / "home"
    moving = ["svr", "move", str(kept), str(home), "--device", "light-[12]"]
    assert CliRunner().invoke(main, moving).exit_code == 0
    assert sorted(each.name for each in home.iterdir()) == ["light-1", "light-2"]
    back = CliRunner().invoke(main, ["svr", "move", str(home), str(kept)])
    assert back.exit_code == 0, back.output
    assert not any(home.iterdir())
    reset = CliRunner().invoke(main, ["reset", "--state-dir", str(kept), "--device", "light-*"])
    assert reset.output.count("in factory state again") == 3


def test_a_state_file_excludes_a_state_directory() -> None:
    """Both say where the state is."""
    words = ["run", "light", "--state-dir", "here", "--state-file", "there.db"]
    result = CliRunner().invoke(main, words)
    assert (result.exit_code, "--state-file" in result.output) == (2, True)

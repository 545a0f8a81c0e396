"""Where `onboardee run` keeps state, and what it says of state that is there already."""

import json
import os
import subprocess
from pathlib import Path
from threading import Thread

import pytest
from msgspec.structs import replace
from test_cli_run import ONBOARDEE, onboardee, running

from onboardee.device.cli import log_writer
from onboardee.device.cli.places import device_name
from onboardee.device.factory import new_database
from onboardee.device.simulation.profile import load
from onboardee.svrdb import open_directory, open_existing
from onboardee.wire.entropy import SeededEntropy


@pytest.mark.parametrize(
    ("profile", "given", "name"),
    [
        ("light", None, "light"),
        ("light", "Kitchen", "light-kitchen"),
        ("light", "Kitchen light", "kitchen-light"),
        ("./my lamp.yaml", "A/../b", "my-lamp-a-b"),
        ("light", "../..", "light"),
        ("highlight", "Light", "highlight-light"),
    ],
)
def test_names(profile: str, given: str | None, name: str) -> None:
    """A device is called as its profile and as itself, no word twice, and never as a path."""
    assert device_name(profile, given) == name


def test_the_state_of_another_profile_is_refused(tmp_path: Path) -> None:
    """A thermostat does not go on as the light whose state it finds, unless that is meant."""
    place = ("--state-dir", str(tmp_path))
    with running("light", *place) as (_, first):
        pass
    refused = onboardee("run", "thermostat", *place, "--host", "127.0.0.1")
    assert refused.returncode == 1
    assert "a device of the profile light, not of thermostat" in refused.stderr
    assert "--adopt" in refused.stderr
    with running("thermostat", *place, "--adopt") as (_, adopted):
        assert adopted["device_uuid"] == first["device_uuid"]
    with running("thermostat", *place) as (_, again):
        assert again["device_uuid"] == first["device_uuid"]
    assert onboardee("run", "light", *place, "--host", "127.0.0.1").returncode == 1


def test_a_profile_that_was_edited_is_the_same(tmp_path: Path) -> None:
    """Whoever changes the file of a device goes on with its state."""
    file = tmp_path / "mine.yaml"
    uuids = set()
    for number in (1, 2):
        file.write_text(f"extends: light\ndevice: {{name: Lamp {number}}}\n")
        with running(str(file), "--state-dir", str(tmp_path / "state")) as (_, ready):
            uuids.add(ready["device_uuid"])
    assert len(uuids) == 1


def test_options_that_a_known_device_ignores_are_told(tmp_path: Path) -> None:
    """A UUID and a format for a device that has both already, a name that a client gave it."""
    place = ("--state-dir", str(tmp_path))
    with running("light", *place, "--uuid-seed", "ocf-light-0001", "--store", "json"):
        pass
    with open_existing(tmp_path) as store:
        con = replace(store.current.con, name="By the door")
        store.commit(replace(store.current, con=con))
    with running("light", *place, "--uuid-seed", "ocf-light-0001", "--store", "json") as (_, same):
        assert same["event"] == "device.ready"
    ignored = ("--uuid-seed", "ocf-light-0002", "--store", "cbor", "--name", "Kitchen")
    with running("light", *place, *ignored) as (process, first):
        assert process.stdout is not None
        told = [first, *(json.loads(process.stdout.readline()) for _ in range(3))]
    assert [each["event"] for each in told] == ["option.ignored"] * 3 + ["device.ready"]
    assert [each.get("option") for each in told[:3]] == ["--uuid-seed", "--store", "--name"]
    assert all(each["level"] == "warning" for each in told[:3])


def test_the_directories_of_the_first_version_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The device that was kept in light-light is the light of today."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    former = tmp_path / "onboardee" / "light-light"
    database = new_database(load("light"), SeededEntropy(1))
    with open_directory(former, lambda: database):
        pass
    with running("light") as (_, ready):
        assert ready["device_uuid"] == str(database.doxm.device_uuid)
        assert ready["state_dir"] == str(tmp_path / "onboardee" / "light")
    assert not former.exists()


def test_a_log_without_a_reader_breaks_no_answer(tmp_path: Path) -> None:
    """After `| head -1` the device answers as before, and ends in an orderly way."""
    with running("light", "--state-dir", str(tmp_path), "--verbose") as (process, ready):
        assert process.stdout is not None
        process.stdout.close()
        target = str(ready["endpoints"][0])  # type: ignore[index]
        for _ in range(5):
            assert onboardee("ping", target).returncode == 0
        store = str(tmp_path / "obt.json")
        owned = onboardee("obt", "--store", store, "own", target)
        assert owned.returncode == 0, owned.stderr
        device = owned.stdout.split()[0]
        for value in ("true", "false"):
            body = f'{{"value": {value}}}'
            update = onboardee("obt", "--store", store, "update", device, "/light/switch", body)
            assert update.returncode == 0, update.stderr
        place = ("--state-dir", str(tmp_path))
        assert json.loads(onboardee("ctl", "state", "--json", *place).stdout)["owned"] is True
        process.terminate()
        assert process.wait(10) == 0


def test_a_log_whose_reader_sleeps_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines that exceed the bound are left out, and neither they nor the end wait for it."""
    monkeypatch.setattr(log_writer, "PATIENCE", 0.05)
    monkeypatch.setattr(log_writer, "MAX_WAITING", 200_000)
    reading, writing = os.pipe()
    with os.fdopen(reading), os.fdopen(writing, "w") as pipe:
        writer = log_writer.LogWriter(pipe)
        taken = [writer.write("x" * 99) for _ in range(4000)]
        writer.close()
    assert 2000 <= sum(taken) < 4000
    assert all(taken[:2000])


def test_a_slow_reader_loses_no_line() -> None:
    """Whoever reads only after a while gets every line, those from before the end as well."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as slow, os.fdopen(writing, "w") as pipe:
        writer = log_writer.LogWriter(pipe)
        assert all(writer.write(f"{number:099}") for number in range(10_000))  # a pipe has 64 KiB
        ending = Thread(target=writer.close)
        ending.start()
        pipe.close()
        lines = [int(line) for line in slow]
        ending.join()
    assert lines == list(range(10_000))


def test_verbose_shows_query_and_payload_without_secrets(tmp_path: Path) -> None:
    """Each request is told with query, payload and answer; a key that a tool sets is hidden."""
    with running("light", "--state-dir", str(tmp_path), "--verbose") as (process, ready):
        store = str(tmp_path / "obt.json")
        target = str(ready["endpoints"][0])  # type: ignore[index]
        owned = onboardee("obt", "--store", store, "own", target, "--order", "iot2")
        assert owned.returncode == 0, owned.stderr
        process.terminate()
        assert process.stdout is not None
        lines = [json.loads(line) for line in process.stdout]
    served = [line for line in lines if line["event"] == "request.served"]
    assert any(line["query"] for line in served)
    doxm = next(line for line in served if line["method"] == "POST")
    assert doxm["payload"]["oxmsel"] == 0
    creds = [line for line in served if line["href"] == "/oic/sec/cred" and line["payload"]]
    assert creds
    text = json.dumps(lines)
    assert '"privatedata": "<hidden>"' in text
    assert '"privatedata": {' not in text


def test_help_is_quick_and_whole() -> None:
    """Help comes at once, no summary is cut, and no line is longer than 80 columns."""
    for words in ((), ("ctl",), ("obt",), ("profiles",), ("svr", "add"), ("svr",), ("run",)):
        shown = onboardee(*words, "--help").stdout
        assert "..." not in shown.replace("PROFILE...", "").replace("[ARGS]...", "")
        assert max(map(len, shown.splitlines())) <= 80
    slow = "import sys; from onboardee.device.cli import main; sys.argv[1:] = ['run', '--help']\n"
    slow += "try: main()\nfinally: assert 'onboardee.device.machine.device' not in sys.modules"
    python = [ONBOARDEE[0], "-c", slow]
    finished = subprocess.run(python, capture_output=True, text=True, timeout=20, check=False)
    assert "Error" not in finished.stderr
    assert finished.returncode == 0


def test_a_profile_moves_no_cursor(tmp_path: Path) -> None:
    """Whatever a profile's name and path consist of, `profiles check` prints visible characters."""
    good = tmp_path / "good.yaml"
    good.write_text('extends: light\ndevice: {name: "red \\e[31m lamp"}\n')
    bad = tmp_path / "\x1b[31m.yaml"
    bad.write_text("extends: light\ncolour: red\n")
    for path in (good, bad):
        finished = onboardee("profiles", "check", str(path))
        assert "\x1b" not in finished.stdout + finished.stderr
        assert "\\u001b" in finished.stdout + finished.stderr


def test_fixed_ports_of_the_environment_are_for_one_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ONBOARDEE_PORT is the port of a device that runs alone, and no mistake for several."""
    monkeypatch.setenv("ONBOARDEE_PORT", "47683")
    monkeypatch.setenv("ONBOARDEE_STATE_DIR", str(tmp_path))
    with running("light") as (_, ready):
        assert "coap://127.0.0.1:47683" in ready["endpoints"]  # type: ignore[operator]
    with running("light", "door") as (_, ready):
        assert "coap://127.0.0.1:47683" not in ready["endpoints"]  # type: ignore[operator]
    assert os.environ["ONBOARDEE_PORT"] == "47683"

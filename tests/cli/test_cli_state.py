"""Where `onboardee run` keeps state, and what it says of state that is there already."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import click
import pytest
from msgspec.structs import replace
from test_cli_run import ONBOARDEE, onboardee, running

from onboardee.device.cli import log_writer, main
from onboardee.device.cli.places import device_name
from onboardee.device.security.factory import new_database, reset_profile
from onboardee.device.simulation.profile import load
from onboardee.svrdb import open_directory, open_existing, read_existing
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


def test_a_reset_brings_back_what_the_adopting_profile_says(tmp_path: Path) -> None:
    """What the former profile gave its devices from the factory is gone with the adoption."""
    former = tmp_path / "former.yaml"
    former.write_text("extends: light\nownership: {uuid: new}\n")
    state = tmp_path / "state"
    with running(str(former), "--state-dir", str(state)):
        pass
    assert read_existing(state).reset_profile is not None
    with running("light", "--state-dir", str(state), "--adopt"):
        pass
    original = read_existing(state).permanent.original
    assert reset_profile(load("light"), original) != reset_profile(load(str(former)), original)
    assert read_existing(state).reset_profile == reset_profile(load("light"), original)


def test_two_devices_in_one_directory(tmp_path: Path) -> None:
    """Where two of the devices would share a directory, that is what is said, and not a pid."""
    (tmp_path / "light-2").symlink_to(tmp_path / "light")
    refused = onboardee(
        "run", "light", "light", "--state-dir", str(tmp_path), "--host", "127.0.0.1"
    )
    assert refused.returncode == 1
    assert "two of these devices would keep their state in" in refused.stderr
    assert str(os.getpid()) not in refused.stderr


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
        assert process.wait(60) == 0


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


def test_a_line_is_there_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that keeps up has each line without another thread having to wake."""
    monkeypatch.setattr(log_writer.Thread, "start", lambda _: None)
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    with os.fdopen(reading, "rb") as reader, os.fdopen(writing, "w") as pipe:
        writer = log_writer.LogWriter(pipe)
        assert writer.write("first")
        assert writer.write("second")
        assert os.read(reader.fileno(), 100) == b"first\nsecond\n"


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


def test_what_nobody_reads_any_more_is_not_kept() -> None:
    """Once the reader is gone, no line waits for another one."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        writer = log_writer.LogWriter(pipe)
        writer.write("lost")
        writer._thread.join(10)
    assert all(writer.write("x" * 2**20) for _ in range(100))
    assert not writer._lines


class Reader:
    """Stands for the thread that writes, to a reader that takes something each time we wait."""

    def __init__(self, writer: log_writer.LogWriter, takings: int) -> None:
        self.writer = writer
        self.takings = takings
        self.waits = 0

    def join(self, _seconds: float) -> None:
        """Wait, and have something written meanwhile."""
        self.waits += 1
        self.writer._written += self.waits <= self.takings

    def is_alive(self) -> bool:
        """Tell that there is more to write."""
        return True


@pytest.mark.parametrize(("takings", "waits"), [(0, 1), (4, 5), (1000, 15)])
def test_the_end_waits_for_a_reader_that_reads(
    takings: int, waits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as something is taken every two seconds the end waits, but half a minute at most."""
    with open(os.devnull, "w") as file:  # noqa: PTH123 - no path
        writer = log_writer.LogWriter(file)
        thread, reader = writer._thread, Reader(writer, takings)
        monkeypatch.setattr(writer, "_thread", reader)
        writer.close()
        thread.join()
    assert reader.waits == waits


def test_lines_for_a_file_share_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy fleet's lines wake no thread each; all of them are there in their order."""
    writes, write = list[int](), os.write

    def counting(descriptor: int, content: bytes) -> int:
        writes.append(descriptor)
        return write(descriptor, content)

    monkeypatch.setattr(log_writer.os, "write", counting)
    path = tmp_path / "log"
    with path.open("w") as file:
        writer = log_writer.LogWriter(file)
        for number in range(200):
            assert writer.write(f"line {number}")
        writer.close()
    assert path.read_text().splitlines() == [f"line {number}" for number in range(200)]
    assert len(writes) < 100


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


def commands(
    group: click.Command, before: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield the words of each command, and the command."""
    yield before, group
    if isinstance(group, click.Group):
        context = click.Context(group)
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            yield from commands(command, (*before, name))


def test_help_is_whole() -> None:
    """No line of any command's help is longer than 80 columns, and no summary is cut."""
    pages = 0
    for words, command in commands(main):
        lines = onboardee(*words, "--help").stdout.splitlines()
        assert [line for line in lines if len(line) > 80] == [], words
        if isinstance(command, click.Group):
            listed = lines[lines.index("Commands:") :]
            assert not [line for line in listed if line.endswith("...")], words
        pages += 1
    assert pages > 50


def test_help_is_quick() -> None:
    """Help comes at once: it loads no device."""
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

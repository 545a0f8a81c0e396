"""`onboardee run` as people and scripts use it: a process with a state directory."""

import gc
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cbor2
import pytest
from aiocoap import GET, Context, Message
from click.testing import CliRunner

from onboardee.device.cli import main
from onboardee.device.cli.keylog import KeyWriter
from onboardee.device.net.control_socket import SOCKET_NAME
from onboardee.device.trace.pcapng import Packet, read

GET_RES = bytes.fromhex("40010001b36f696303726573")
"""A CON GET of /oic/res."""
ONBOARDEE = [sys.executable, "-c", "from onboardee.device.cli import main; main()"]


@contextmanager
def running(*arguments: str) -> Iterator[tuple["subprocess.Popen[str]", dict[str, object]]]:
    """Run a device on loopback; yield the process and its event device.ready."""
    command = [*ONBOARDEE, "run", *arguments, "--host", "127.0.0.1", "--log-format", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def onboardee(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end, in this process: starting another takes longer than most of them.

    What only a process of its own shows is tried with `ONBOARDEE`.
    """
    result = CliRunner().invoke(main, arguments, prog_name="onboardee")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return subprocess.CompletedProcess(
        arguments, result.exit_code, stdout=result.stdout, stderr=result.stderr
    )


def test_compat_is_the_preset_of_a_run(tmp_path: Path) -> None:
    """`--compat` serves the tools of that name: the factory's list has their entry."""
    place = tmp_path / "a"
    with running("light", "--state-dir", str(place), "--compat", "iotivity-2"):
        shown = onboardee("svr", "show", "acl2", "--state-dir", str(place), "--json")
    assert "/oic/res" in shown.stdout


def test_ready_is_one_json_line(tmp_path: Path) -> None:
    """The first line tells UUID, state and endpoints, and SIGTERM ends the device with code 0."""
    with running("light", "--state-dir", str(tmp_path / "a")) as (process, ready):
        assert ready["event"] == "device.ready"
        assert ready["state"] == "RFOTM"
        assert [str(each).split(":")[0] for each in ready["endpoints"]] == ["coap", "coaps"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def test_a_device_without_control_socket_runs(tmp_path: Path) -> None:
    """Where the state directory can hold no socket the device says so, and runs."""
    (tmp_path / SOCKET_NAME).mkdir()
    with running("light", "--state-dir", str(tmp_path)) as (process, first):
        assert first["event"] == "control.unavailable"
        assert "`onboardee ctl` does not work" in str(first["reason"])
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["event"] == "device.ready"
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_identity_survives_a_restart(tmp_path: Path, end: signal.Signals) -> None:
    """The device is the same one after an orderly end and after a sudden one."""
    uuids = set()
    for _ in range(2):
        with running("light", "--state-dir", str(tmp_path)) as (process, ready):
            uuids.add(ready["device_uuid"])
            process.send_signal(end)
            process.wait(60)
    assert len(uuids) == 1


def test_second_process_on_a_state_directory_is_refused(tmp_path: Path) -> None:
    """A second device on the same directory ends with code 1 and names the one that runs."""
    with running("light", "--state-dir", str(tmp_path)) as (process, _):
        second = onboardee("run", "light", "--state-dir", str(tmp_path), "--host", "127.0.0.1")
    assert second.returncode == 1
    assert str(process.pid) in second.stderr


async def test_name_and_uuid_are_what_was_asked_for(tmp_path: Path) -> None:
    """--name shows in /oic/d, --uuid is the UUID of a device that starts anew."""
    uuid = "11111111-2222-4333-8444-555555555555"
    options = ("--state-dir", str(tmp_path), "--name", "Kitchen", "--uuid", uuid)
    with running("light", *options) as (_, ready):
        context = await Context.create_client_context()
        uri = f"{ready['endpoints'][0]}/oic/d"  # type: ignore[index]
        answer = await context.request(Message(code=GET, uri=uri)).response
        await context.shutdown()
    description = cbor2.loads(answer.payload)
    assert (description["n"], description["di"]) == ("Kitchen", uuid)


def test_the_advertised_place_is_told(tmp_path: Path) -> None:
    """--advertise puts the place where others reach the device at the head of its endpoints."""
    options = ("--state-dir", str(tmp_path), "--advertise", "192.0.2.7:15683")
    with running("light", *options) as (_, ready):
        told = ready["endpoints"]
    assert told[:2] == ["coap://192.0.2.7:15683", "coaps://192.0.2.7:15684"]  # type: ignore[index]


def test_the_same_seed_is_the_same_run(tmp_path: Path) -> None:
    """Two devices of a name and a seed have the same UUID and keys, and say that this is unsafe."""
    databases = []
    for number in range(2):
        place = tmp_path / str(number) / "light"
        options = ["--state-dir", str(place), "--seed", "one and the same"]
        with running("light", *options) as (process, first):
            assert first["event"] == "entropy.seeded"
            assert process.stdout is not None
            assert json.loads(process.stdout.readline())["event"] == "device.ready"
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
        databases.append(json.loads((place / "svr.json").read_text())["database"])
    assert databases[0] == databases[1]
    assert databases[0]["doxm"]["deviceuuid"] != databases[0]["permanent"]["piid"]


def test_same_seed_same_uuid(tmp_path: Path) -> None:
    """--uuid-seed gives the same UUID on every machine."""
    uuids = set()
    for number in range(2):
        options = ("--state-dir", str(tmp_path / str(number)), "--uuid-seed", "ocf-light-0001")
        with running("light", *options) as (_, ready):
            uuids.add(ready["device_uuid"])
    assert uuids == {"80cd5608-1351-9558-c6f7-d2bb0a0394b6"}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("run", "lihgt"), 1, "did you mean light?"),
        (("run", "./nowhere.yaml"), 1, "nowhere.yaml"),
        (("run", "light", "--otm", "magic"), 2, "jw"),
        (("run", "light", "--compat", "iotivity-7"), 2, "iotivity-1.1.1"),
        (("run", "light", "--pin", "12"), 2, "4 to 32"),
        (("run", "light", "--advertise", "host:0"), 2, "expected HOST"),
        (("run", "light", "door", "--advertise", "host:99"), 2, "--advertise with a port"),
        (("run", "light", "--uuid", "00000000-0000-0000-0000-000000000000"), 2, "nil UUID"),
        (("run", "light", "--host", "203.0.113.1", "--state-dir", "{tmp}"), 1, "203.0.113.1"),
        (("run",), 2, "PROFILE"),
        (("reset", "--state-dir", "{tmp}/nowhere"), 1, "no state directory"),
        (("ping", "coap://127.0.0.1:1"), 1, "does not answer"),
        (("ping", "http://127.0.0.1"), 2, "not a coap://"),
    ],
)
def test_mistakes_get_one_sentence(
    tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """A mistake ends with code 1 or 2, and says what and where."""
    filled = [argument.format(tmp=tmp_path) for argument in arguments]
    finished = onboardee(*filled)
    assert finished.returncode == code
    assert said in finished.stderr


@pytest.mark.parametrize("arguments", [("run", "lihgt"), ("run", "light", "--host", "203.0.113.1")])
def test_a_mistake_shows_no_traceback(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """What the whole program leaves on standard error is one sentence."""
    finished = subprocess.run(
        [*ONBOARDEE, *arguments, "--state-dir", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert finished.returncode == 1
    assert finished.stderr.startswith("Error: ")
    assert finished.stderr.count("\n") == 1


def test_damaged_state_is_refused_by_name(tmp_path: Path) -> None:
    """A damaged database is named, and never taken for a new device."""
    with running("light", "--state-dir", str(tmp_path)):
        pass
    stored = tmp_path / "svr.json"
    stored.write_bytes(stored.read_bytes()[:-40])
    finished = onboardee("run", "light", "--state-dir", str(tmp_path), "--host", "127.0.0.1")
    assert finished.returncode == 1
    assert "svr.json" in finished.stderr


def test_reset_of_a_stopped_device_keeps_its_uuid(tmp_path: Path) -> None:
    """A local reset brings the factory state back and says which device it was."""
    with running("light", "--state-dir", str(tmp_path)) as (_, ready):
        pass
    finished = onboardee("reset", "--state-dir", str(tmp_path))
    assert finished.returncode == 0
    assert str(ready["device_uuid"]) in finished.stdout


def test_reset_of_a_running_device_is_refused(tmp_path: Path) -> None:
    """A running device holds its state; the reset says so."""
    with running("light", "--state-dir", str(tmp_path)) as (process, _):
        finished = onboardee("reset", "--state-dir", str(tmp_path))
    assert finished.returncode == 1
    assert str(process.pid) in finished.stderr


def test_ping_finds_a_running_device(tmp_path: Path) -> None:
    """The health check succeeds while the device runs."""
    with running("light", "--state-dir", str(tmp_path)) as (_, ready):
        finished = onboardee("ping", ready["endpoints"][0])  # type: ignore[index]
    assert finished.returncode == 0


def test_profiles_are_listed_shown_and_checked(tmp_path: Path) -> None:
    """The catalogue lists the light; its YAML can be copied, checked and run."""
    assert "oic.d.light" in onboardee("profiles", "list").stdout
    copy = tmp_path / "mine.yaml"
    copy.write_text(onboardee("profiles", "show", "light").stdout)
    assert onboardee("profiles", "check", str(copy)).returncode == 0
    copy.write_text(copy.read_text().replace("minimum: 0", "minimun: 0", 1))
    wrong = onboardee("profiles", "check", str(copy))
    assert wrong.returncode == 1
    assert "minimun" in wrong.stderr


def test_schema_is_json_schema() -> None:
    """The schema of profiles is JSON that editors understand."""
    schema = json.loads(onboardee("profiles", "schema").stdout)
    assert "Profile" in schema["$defs"]


def test_a_key_log_is_for_its_owner_alone(tmp_path: Path) -> None:
    """The file of TLS secrets is made with mode 0600, and an existing one gets it."""
    fresh, known = tmp_path / "fresh", tmp_path / "known"
    known.write_text("a line\n")
    known.chmod(0o644)
    for file in (fresh, known):
        state = tmp_path / f"state of {file.name}"
        with running("light", "--state-dir", str(state), "--keylog", str(file)) as (_, ready):
            assert ready["event"] == "device.ready"
        assert file.stat().st_mode & 0o777 == 0o600
    assert known.read_text() == "a line\n"


def test_a_key_log_that_cannot_be_written(tmp_path: Path) -> None:
    """A place that is no file is told in a sentence, as wrong usage."""
    result = onboardee("run", "light", "--keylog", str(tmp_path))
    assert result.returncode == 2
    assert "cannot write" in result.stderr


def test_a_key_log_that_becomes_unwritable() -> None:
    """A full disk ends the key log, which is told once, and not the device."""
    told: list[str] = []
    writer = KeyWriter.open(Path("/dev/full"))
    writer.report = told.append
    for _ in range(3):
        writer("CLIENT_RANDOM 00 00")
    assert told == ["/dev/full cannot be written any more: No space left on device"]


def test_version_in_short() -> None:
    """-V is --version."""
    assert onboardee("-V").stdout == onboardee("--version").stdout != ""


def test_the_trace_of_a_running_device(tmp_path: Path) -> None:
    """The request stands on the screen and in both files, which are for their owner alone."""
    lines, capture = tmp_path / "t.jsonl", tmp_path / "c.pcapng"
    options = ["--trace", "--trace-to", str(lines), "--capture", str(capture)]
    with running("light", "--state-dir", str(tmp_path / "a"), *options) as (process, first):
        assert first["item"] == "done"
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        port = int(str(ready["endpoints"][0]).rpartition(":")[2])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(10)
            client.sendto(GET_RES, ("127.0.0.1", port))
            client.recv(2000)
        process.send_signal(signal.SIGTERM)
        shown = [json.loads(line) for line in process.stdout]
        assert process.wait(60) == 0
    messages = [each for each in shown if each.get("item") == "message"]
    assert [(each["code"], each["path"]) for each in messages] == [
        ("GET", "/oic/res"),
        ("2.05", "/oic/res"),
    ]
    written = [json.loads(line) for line in lines.read_text().splitlines()]
    assert [each for each in written if each["item"] == "message"] == messages
    datagrams = [found.octets for found in read(capture.read_bytes()) if isinstance(found, Packet)]
    assert GET_RES in datagrams
    assert {path.stat().st_mode & 0o777 for path in (lines, capture)} == {0o600}


def test_a_trace_that_cannot_be_written(tmp_path: Path) -> None:
    """The option and the reason are named, and nothing runs."""
    result = onboardee("run", "light", "--capture", str(tmp_path / "no" / "c.pcapng"))
    assert result.returncode == 2
    assert "--capture" in result.stderr
    assert "No such file or directory" in result.stderr


def test_a_run_in_ones_own_process_leaves_the_garbage_collector_as_it_was() -> None:
    """A program that calls the command finds all its objects with `gc` afterwards."""
    before = gc.get_freeze_count()
    assert onboardee("run", "no-such-profile").returncode == 1
    assert gc.isenabled()
    assert gc.get_freeze_count() <= before

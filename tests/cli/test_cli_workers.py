"""Devices spread over processes (`run --workers`), and parts of a fleet (`run --slice`)."""

import asyncio
import json
import os
import signal
import subprocess
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner
from test_cli_run import ONBOARDEE, onboardee

from onboardee.device.cli import main, workers
from onboardee.device.cli.run_options import RunOptions
from onboardee.device.fleet.slices import Slice
from onboardee.obt import (
    Address,
    AsyncioTransport,
    OwnedDevice,
    Ownership,
    find_unowned_at,
    take_ownership,
)

FLEET = """
groups:
  - {profile: light, count: 3, name: "lamp-{n}", uuid_seed: "lamps of the test {n}"}
  - {profile: door}
"""


@contextmanager
def running(*words: str) -> Iterator["subprocess.Popen[str]"]:
    """Run devices, and end them in an orderly way."""
    command = [*ONBOARDEE, "run", *words, "--host", "127.0.0.1", "--log-format", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
            process.terminate()
            assert process.wait(20) == 0
        finally:
            process.kill()


def told(process: "subprocess.Popen[str]", **wanted: int) -> list[dict[str, Any]]:
    """Read the log until each of these events has come so often; return all that it told."""
    assert process.stdout is not None
    found: list[dict[str, Any]] = []
    count: Counter[str] = Counter()
    while any(count[name] < times for name, times in wanted.items()):
        found.append(json.loads(process.stdout.readline()))
        count[found[-1]["event"].replace(".", "_")] += 1
    return found


def ready(events: list[dict[str, Any]]) -> dict[str, str]:
    """Return the UUIDs of the devices that told that they are ready."""
    return {
        each["device"]: each["device_uuid"] for each in events if each["event"] == "device.ready"
    }


def endpoints(events: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Return where devices told that they are reached."""
    return {each["device"]: each["endpoints"] for each in events if each["event"] == "device.ready"}


async def owned(endpoint: str) -> Ownership:
    """Own a device, and return what a tool keeps of it."""
    address = Address.from_uri(endpoint, "coap")
    assert address is not None
    async with AsyncioTransport() as transport:
        found = await find_unowned_at(transport, address)
        return (await take_ownership(transport, found, uuid4())).ownership


async def uuid_at(ownership: Ownership) -> str:
    """Ask a device for its UUID over a session at the endpoint that was kept."""
    async with AsyncioTransport() as transport, OwnedDevice(transport, ownership) as device:
        described = await device.read("/oic/d")
    assert isinstance(described, dict)
    return str(described["di"])


def workers_of(pid: int) -> list[int]:
    """Return the processes that run devices, in the order of their slices."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [
        int(each)
        for each in children
        if b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes()
    ]


def test_a_worker_that_crashes_comes_back_with_its_devices(tmp_path: Path) -> None:
    """Each has its state and its ports, so that its owner goes on with what it knows of it.

    It is found by `ctl`; those of the other worker go on as they were.
    """
    file, state = tmp_path / "fleet.yaml", ("--state-dir", str(tmp_path / "home"))
    file.write_text(FLEET)
    with running(str(file), "--workers", "2", *state) as process:
        events = told(process, device_ready=4, fleet_ready=1)
        before, places = ready(events), endpoints(events)
        assert set(before) == {"lamp-1", "lamp-2", "lamp-3", "door"}
        ownership = asyncio.run(owned(places["lamp-2"][0]))
        crashed, _ = workers_of(process.pid)
        os.kill(crashed, signal.SIGKILL)
        events = told(process, worker_ready=1, device_ready=2)
        ended = next(each for each in events if each["event"] == "worker.ended")
        assert (ended["worker"], ended["reason"]) == (1, "was ended by signal 9")
        before["lamp-2"] = str(ownership.device)
        back = ("lamp-1", "lamp-2")
        assert ready(events) == {name: before[name] for name in back}
        assert endpoints(events) == {name: places[name] for name in back}
        assert asyncio.run(uuid_at(ownership)) == before["lamp-2"]
        found = json.loads(onboardee("ctl", "devices", "--json", *state).stdout)
        assert {each["device"]: each["device_uuid"] for each in found} == before


def test_workers_end_when_nobody_is_there_to_stop_them(tmp_path: Path) -> None:
    """A killed parent leaves no process behind that keeps ports and databases."""
    command = [*ONBOARDEE, "run", "light", "--count", "2", "--workers", "2"]
    words = ["--host", "127.0.0.1", "--log-format", "json", "--state-dir", str(tmp_path)]
    with subprocess.Popen([*command, *words], stdout=subprocess.PIPE, text=True) as process:
        told(process, device_ready=2)
        process.kill()
        assert process.stdout is not None
        process.stdout.read()  # ends when all who could write to it have ended
    assert (
        json.loads(onboardee("ctl", "devices", "--json", "--state-dir", str(tmp_path)).stdout) == []
    )


def test_what_keeps_a_worker_from_the_start_is_one_sentence(tmp_path: Path) -> None:
    """All others end as well, as with one process, and the exit code tells."""
    home = tmp_path / "home"
    words = ("light", "--count", "2", "--state-dir", str(home))
    with running(*words) as process:
        told(process, device_ready=2)
        refused = onboardee("run", *words, "--workers", "2")
    assert refused.returncode == 1
    assert refused.stderr.count("Error:") == 1
    assert str(home) in refused.stderr


def test_each_worker_answers_prometheus_at_a_port_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One after the other from the port that was named, with the slice that it measures."""
    found: list[RunOptions] = []

    def noted(options: RunOptions, *_: object) -> None:
        found.extend(workers.options_of(options, Slice(number, 2)) for number in (1, 2))

    monkeypatch.setattr(workers, "run", noted)
    words = ["run", "light", "--count", "2", "--workers", "2", "--metrics", "9100"]
    assert CliRunner().invoke(main, words).exit_code == 0
    assert [each.metrics for each in found] == [("127.0.0.1", 9100), ("127.0.0.1", 9101)]
    assert [each.slices for each in found] == [(Slice(1, 2),), (Slice(2, 2),)]


@pytest.mark.parametrize(
    "option",
    [("--capture", "all.pcapng"), ("--trace-to", "all.jsonl")],
)
def test_what_only_one_process_can_do_is_refused(tmp_path: Path, option: tuple[str, str]) -> None:
    """With a sentence that says why, before anything starts."""
    words = ("light", "--count", "2", "--workers", "2", "--state-dir", str(tmp_path / "home"))
    refused = onboardee("run", *words, *option)
    assert (refused.returncode, "leave out --workers" in refused.stderr) == (2, True)
    assert not (tmp_path / "home").exists()


def test_a_slice_has_devices_as_they_are_in_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the environment too, as containers have it: names, UUIDs and directories are the same."""
    file = tmp_path / "fleet.yaml"
    file.write_text(FLEET)
    with running(str(file), "--state-dir", str(tmp_path / "whole")) as process:
        whole = ready(told(process, device_ready=4))
    monkeypatch.setenv("ONBOARDEE_SLICE", "1/2")
    with running(str(file), "--state-dir", str(tmp_path / "part")) as process:
        part = ready(told(process, device_ready=2))
    assert part == {name: whole[name] for name in ("lamp-1", "lamp-2")}
    assert {each.name for each in (tmp_path / "part").iterdir()} == set(part)
    empty = onboardee("run", "light", "--slice", "1/2", "--state-dir", str(tmp_path / "none"))
    assert (empty.returncode, "slice 1/2 is empty" in empty.stderr) == (2, True)


def test_one_page_shows_the_devices_of_all_workers(tmp_path: Path) -> None:
    """A command reaches a device of each; while a worker is away its devices do not run."""
    file = tmp_path / "fleet.yaml"
    file.write_text(FLEET)
    words = (str(file), "--workers", "2", "--web", "0", "--state-dir", str(tmp_path / "home"))
    with running(*words) as process:
        events = told(process, device_ready=4, fleet_ready=1)
        url = next(each["url"] for each in events if each["event"] == "web.ready")

        def ask(path: str, body: dict[str, str] | None = None) -> Any:
            data = None if body is None else json.dumps(body).encode()
            headers = {"Content-Type": "application/json"}
            request = urllib.request.Request(f"{url}api/v1/devices{path}", data, headers)
            with urllib.request.urlopen(request) as answer:
                return json.loads(answer.read())["ok"]

        def running_now() -> dict[str, bool]:
            return {each["device"]: each["running"] for each in ask("")}

        while len(running_now()) < 4:
            pass  # the first answer of each worker is on its way
        for name, uuid in ready(events).items():
            assert ask(f"/{name}/commands", {"do": "state"})["device_uuid"] == uuid
        crashed, _ = workers_of(process.pid)
        os.kill(crashed, signal.SIGKILL)
        told(process, worker_ended=1)
        assert running_now() == {"lamp-1": False, "lamp-2": False, "lamp-3": True, "door": True}
        told(process, worker_ready=1)
        while not all(running_now().values()):
            pass

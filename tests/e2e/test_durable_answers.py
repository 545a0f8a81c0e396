"""2.04 means durable, as the system saw it: a real process, a real file system, a real socket."""

import json
import os
import re
import signal
import socket
import subprocess
from pathlib import Path

import cbor2
import pytest
from aiocoap import ACK, CHANGED, CON, POST, Message
from call_trace import Call, Observer, disks_at, observers

METHODS = (0, 1)
"""The values of `oxmsel` that a tool writes one after the other."""


def update(method: int) -> bytes:
    """Encode an UPDATE that selects a transfer method."""
    message = Message(code=POST, _mtype=CON, _mid=method + 1, _token=b"t%d" % method)
    message.opt.uri_path = ("oic", "sec", "doxm")
    message.opt.content_format = 60
    message.payload = cbor2.dumps({"oxmsel": method})
    return bytes(message.encode())


def answer(method: int) -> bytes:
    """Encode how the answer 2.04 to it begins."""
    return bytes(
        Message(code=CHANGED, _mtype=ACK, _mid=method + 1, _token=b"t%d" % method).encode()
    )


def converse(command: list[str], state: Path) -> None:
    """Run a device, select one method after the other, wait for each 2.04, and end it."""
    options = ["--host", "127.0.0.1", "--otm", "jw,rdp", "--log-format", "json"]
    with (
        subprocess.Popen([*command, *options], stdout=subprocess.PIPE) as process,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tool,
    ):
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            tool.settimeout(20)
            tool.connect(("127.0.0.1", int(ready["endpoints"][0].rpartition(":")[2])))
            for method in METHODS:
                tool.send(update(method))
                assert tool.recv(2048).startswith(answer(method))
            os.kill(device_in(state), signal.SIGTERM)
            process.wait(20)
        finally:
            if process.poll() is None:
                os.kill(device_in(state), signal.SIGKILL)
                process.kill()


def device_in(state: Path) -> int:
    """Return the process that runs there; the one that was started may be its observer."""
    return int((state / "svr.lock").read_text(encoding="ascii"))


def calls_of(observer: Observer, tmp_path: Path, *spy: str) -> list[Call]:
    """Let a device in `state` answer all UPDATEs; return what it asked the system for."""
    log, state = tmp_path / "calls", tmp_path / "state"
    converse([*observer.command(log), *spy, "run", "light", "--state-dir", str(state)], state)
    return observer.read(log.read_text(encoding="utf-8"))


def watched(calls: list[Call], tmp_path: Path) -> dict[int, tuple[set[str], bool]]:
    """Return for each answer what was not synced then, and whether its change had been written."""
    found = {}
    for method in METHODS:
        for disk in disks_at(calls, tmp_path / "state", answer(method)):
            is_written = re.search(rb'"oxmsel": ?%d\b' % method, disk.written) is not None
            found[method] = (disk.lacks(b"oxmsel"), is_written)
    return found


@pytest.mark.parametrize("observer", observers(), ids=lambda observer: observer.name)
def test_what_is_answered_was_synced(observer: Observer, tmp_path: Path) -> None:
    """When 2.04 leaves the socket, the change is written, and its file and its name are synced."""
    calls = calls_of(observer, tmp_path)
    assert watched(calls, tmp_path) == {method: (set(), True) for method in METHODS}
    first, second = (
        next(at for at, call in enumerate(calls) if call.data.startswith(answer(method)))
        for method in METHODS
    )
    between = [call for call in calls[first + 1 : second] if str(tmp_path) in str(call.paths)]
    # it costs one sync and no name; what is written behind it waits for no disk
    assert [call.name for call in between] == ["write", "sync", "write"]


def test_a_forgotten_sync_is_seen(tmp_path: Path) -> None:
    """The same device without its syncs does not pass: all that it wrote could be lost."""
    (spy, *_) = observers()
    calls = calls_of(spy, tmp_path, "--without", "fsync,fdatasync")
    for unsynced, is_written in watched(calls, tmp_path).values():
        assert is_written
        assert {"state", "svr.json", "svr.journal"} <= unsynced

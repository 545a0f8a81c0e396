"""What a process asked the system for, and what of its files that made durable.

Two observers tell: strace, which sees what arrives in the kernel, and `call_spy`, which sees what
leaves Python and needs nothing installed.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ONBOARDEE: Final = (sys.executable, "-c", "from onboardee.device.cli import main; main()")
SPY: Final = Path(__file__).with_name("call_spy.py")

CALLS: Final = "write,pwrite64,fsync,fdatasync,renameat,renameat2,rename,linkat,link,openat"
SENDING: Final = "sendto,sendmsg"


@dataclass(frozen=True, slots=True)
class Call:
    """A call that has ended."""

    name: str
    """write, sync, name (rename and link), create or send."""
    began: int
    """How many others had ended when it began: what they wrote it may sync, and no more."""
    paths: tuple[str, ...]
    """The file, or the old and the new name."""
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Observer:
    """A way to learn what a process does."""

    name: str
    command: Callable[[Path], list[str]]
    """The words before those of `onboardee`; they are given the file to write to."""
    read: Callable[[str], list[Call]]


def has_strace() -> bool:
    """Tell whether strace is installed and may watch a process of ours."""
    if shutil.which("strace") is None:
        return False
    trial = subprocess.run(
        ["strace", "-f", "-o", "/dev/null", "true"], capture_output=True, check=False
    )
    return trial.returncode == 0


def observers() -> list[Observer]:
    """Return all that work on this machine."""
    spy = Observer("spy", lambda log: [sys.executable, str(SPY), str(log)], _spied)
    return [spy, Observer("strace", _strace, _straced)] if has_strace() else [spy]


KINDS: Final = {
    "write": "write",
    "pwrite": "write",
    "pwrite64": "write",
    "fsync": "sync",
    "fdatasync": "sync",
    "rename": "name",
    "replace": "name",
    "renameat": "name",
    "renameat2": "name",
    "link": "name",
    "linkat": "name",
    "create": "create",
    "send": "send",
    "sendto": "send",
    "sendmsg": "send",
}


def _spied(text: str) -> list[Call]:
    lines = [json.loads(line) for line in text.splitlines()]
    return [
        Call(KINDS[line["name"]], line["began"], (*line["paths"],), bytes.fromhex(line["data"]))
        for line in lines
    ]


def _strace(log: Path) -> list[str]:
    watch = ["strace", "-f", "-y", "-xx", "-s", "100000", "-e", f"trace={CALLS},{SENDING}"]
    return [*watch, "-o", str(log), *ONBOARDEE]


_LINE: Final = re.compile(r"(\d+) +(<\.\.\. )?\w")
_NAME: Final = re.compile(r"\d+ +(\w+)\(")
_FAILED: Final = re.compile(r"\) += -1 ")
_FILE: Final = re.compile(r"<((?:\\x[0-9a-f]{2})+)>")
_TEXT: Final = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_DATAGRAM: Final = re.compile(r'(?:iov_base=|sendto\(\S+ )"((?:\\x[0-9a-f]{2})*)"')


def _straced(text: str) -> list[Call]:
    """Read what `strace -f -y -xx` wrote, in the order in which the calls ended."""
    calls: list[Call] = []
    unfinished: dict[str, tuple[int, str]] = {}
    for line in text.splitlines():
        if (found := _LINE.match(line)) is None:
            continue
        process, resumed = found.groups()
        if line.endswith("<unfinished ...>"):
            unfinished[process] = len(calls), line
            continue
        began, start = unfinished.pop(process) if resumed else (len(calls), "")
        call = None if _FAILED.search(line) else _call(start + line, began)
        if call is not None:
            calls.append(call)
    return calls


def _call(line: str, began: int) -> Call | None:
    if (named := _NAME.match(line)) is None:
        return None
    name = named[1]
    files = [_octets(found).decode() for found in _FILE.findall(line)]
    texts = [_octets(found) for found in _TEXT.findall(line)]
    if name == "openat":
        return Call("create", began, (files[-1],)) if "O_CREAT" in line else None
    match KINDS.get(name):
        case "name":
            old, new = (Path(files[at]) / texts[at].decode() for at in (0, 1))
            return Call("name", began, (str(old), str(new)))
        case "send":
            found = _DATAGRAM.search(line)
            return Call("send", began, (), _octets(found[1])) if found else None
        case "write" if files:
            return Call("write", began, (files[0],), texts[0])
        case "sync":
            return Call("sync", began, (files[0],))
    return None


def _octets(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


@dataclass
class Disk:
    """What of the files in a directory a power cut could take away."""

    directory: Path
    unsynced: dict[str, dict[int, bytes]] = field(default_factory=dict)
    """By file, what was written to it, and by the directory, its names; each with its call."""
    written: bytes = b""
    """All that was written, one after the other."""
    calls: int = 0

    def take(self, call: Call) -> None:
        """Follow one call."""
        self.calls += 1
        match call.name:
            case "write" if self._is_ours(call.paths[0]):
                self._note(call.paths[0], call.data)
                self.written += call.data
            case "create" if self._is_ours(call.paths[0]):
                self._note(str(self.directory), call.paths[0].encode())
            case "name" if self._is_ours(call.paths[1]):
                old, new = call.paths
                self.unsynced[new] = self.unsynced.pop(old, {})
                self._note(str(self.directory), new.encode())
            case "sync":
                changes = self.unsynced.pop(call.paths[0], {})
                late = {at: data for at, data in changes.items() if at > call.began}
                if late:
                    self.unsynced[call.paths[0]] = late

    def lacks(self, text: bytes) -> set[str]:
        """Return the files of which something with this text in it, or a name, is not synced."""
        return {
            Path(path).name
            for path, changes in self.unsynced.items()
            if any(text in data or path == str(self.directory) for data in changes.values())
        }

    def _note(self, path: str, data: bytes) -> None:
        self.unsynced.setdefault(path, {})[self.calls] = data

    def _is_ours(self, path: str) -> bool:
        # the lock's content is for people only, and the socket is no file
        return Path(path).parent == self.directory and Path(path).name not in {
            "svr.lock",
            "svr.control",
        }


def disks_at(calls: Iterable[Call], directory: Path, datagram: bytes) -> Iterator[Disk]:
    """Yield the disk at each moment at which a datagram that begins so was sent."""
    disk = Disk(directory)
    for call in calls:
        disk.take(call)
        if call.name == "send" and call.data.startswith(datagram):
            yield disk

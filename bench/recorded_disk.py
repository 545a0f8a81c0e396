"""What a process does to its disk, recorded by strace, and what a power cut may leave of it.

    strace ──► Recording: writes, syncs, names; and what the process said meanwhile, in one order
                  │ step by step
                  ▼
               Disk: what is durable, what waits for a sync ──► survivors: what may be there later

A disk keeps what was synced. Of what was written since, it may have nothing, all, or any part, in
any order, the last write torn. Names follow the sync of their directory. A file that is mapped into
memory (SQLite's index, `-shm`) is not recorded: it may hold anything.
"""

import random
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

TRACED: Final = (
    "write,pwrite64,fsync,fdatasync,ftruncate,open,openat,creat,unlink,unlinkat,rename,renameat,"
    "renameat2,link,linkat"
)
UNSEEN: Final = "pwritev,pwritev2,writev,fallocate,sync_file_range,copy_file_range,sendfile,msync"
"""Calls of which none may touch the files, as they are not understood here."""
SECTOR: Final = 512
"""Octets that a disk writes whole."""
_LINE: Final = re.compile(r"(?P<thread>\d+) +(?P<rest>.*)")
_CALL: Final = re.compile(r"(?P<name>\w+)\((?P<arguments>.*)")
_RESUMED: Final = re.compile(r"<\.\.\. (?P<name>\w+) resumed>(?P<arguments>.*)")
_DESCRIPTOR: Final = re.compile(r"(?P<number>\d+)<(?P<path>[^>]*)>")
_TEXT: Final = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True, slots=True)
class Write:
    """Octets at a place of a file."""

    path: str
    at: int
    octets: bytes


@dataclass(frozen=True, slots=True)
class Cut:
    """A file has so many octets now."""

    path: str
    length: int


@dataclass(frozen=True, slots=True)
class Sync:
    """A file, or the names in a directory, are durable now."""

    path: str


@dataclass(frozen=True, slots=True)
class Made:
    """A file was opened that was not there before, or may not have been."""

    path: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A file has another name, or one more."""

    old: str
    new: str
    is_link: bool


@dataclass(frozen=True, slots=True)
class Gone:
    """A name is gone."""

    path: str


@dataclass(frozen=True, slots=True)
class Said:
    """What the process wrote to its standard output."""

    line: str


Step = Write | Cut | Sync | Made | Moved | Gone | Said


def record(command: Sequence[str], home: Path) -> str:
    """Run a command, and return what strace tells of its calls that may touch a directory."""
    log = home.with_name(f"{home.name}.strace")
    words = ["strace", "-f", "-y", "-xx", "-s", "1000000", "-e", f"trace={TRACED},{UNSEEN}"]
    subprocess.run(
        [*words, "-o", str(log), *command], check=True, stdout=subprocess.DEVNULL, timeout=600
    )
    marks = (str(home), escaped(str(home)), "write(1<", " resumed>")
    lines = log.read_text().splitlines(keepends=True)
    return "".join(line for line in lines if any(mark in line for mark in marks))


def parsed(log: str, home: str) -> Iterator[Step]:
    """Read what strace wrote. A sync counts when it has ended, all else when it began."""
    begun: dict[str, str] = {}
    appended: dict[str, int] = {}
    for line in log.splitlines():
        found = _LINE.match(line)
        if found is None:
            continue
        thread, rest = found["thread"], found["rest"]
        if resumed := _RESUMED.match(rest):
            call = begun.pop(thread, "")
            yield from _syncs(call + resumed["arguments"], home)
        elif rest.endswith("<unfinished ...>"):
            begun[thread] = rest.removesuffix("<unfinished ...>")
            yield from _others(begun[thread], home, appended)
        else:
            yield from _others(rest, home, appended)
            yield from _syncs(rest, home)


def _syncs(call: str, home: str) -> Iterator[Step]:
    name, _, arguments = call.partition("(")
    place = _DESCRIPTOR.match(arguments)
    if name in {"fsync", "fdatasync"} and place is not None and call.rstrip().endswith("= 0"):
        path = _text(place["path"])
        if path.startswith(home):
            yield Sync(path)


def _others(call: str, home: str, appended: dict[str, int]) -> Iterator[Step]:
    found = _CALL.match(call)
    if found is None:
        return
    name, arguments = found["name"], found["arguments"]
    texts = [bytes.fromhex(text.replace("\\x", "")) for text in _TEXT.findall(arguments)]
    place = _DESCRIPTOR.match(arguments)
    path = _text(place["path"]) if place else ""
    is_ours = path.startswith(home)
    if name == "write" and place and place["number"] == "1":
        yield from (Said(line) for line in texts[0].decode().splitlines())
    elif name in UNSEEN.split(",") and is_ours:
        raise ValueError(f"not understood: {call[:200]}")
    elif name == "pwrite64" and is_ours:
        yield Write(path, int(arguments.rsplit(")", 1)[0].split(",")[-1]), texts[0])
    elif name == "write" and is_ours:
        yield Write(path, appended.get(path, 0), texts[0])
        appended[path] = appended.get(path, 0) + len(texts[0])
    elif name == "ftruncate" and is_ours:
        yield Cut(path, int(arguments.split(",")[1].split(")")[0]))
    else:
        yield from _names(name, arguments, [text.decode(errors="replace") for text in texts], home)


def _names(name: str, arguments: str, paths: list[str], home: str) -> Iterator[Step]:
    if not paths or not paths[0].startswith(home) or " = -1 " in arguments:
        return
    if name in {"open", "openat", "creat"} and ("O_CREAT" in arguments or name == "creat"):
        yield Made(paths[0])
    elif name in {"unlink", "unlinkat"}:
        yield Gone(paths[0])
    elif name.startswith(("rename", "link")):
        yield Moved(paths[0], paths[1], is_link=name.startswith("link"))


def escaped(text: str) -> str:
    """Return a text as strace writes it."""
    return "".join(f"\\x{octet:02x}" for octet in text.encode())


def _text(path: str) -> str:
    return bytes.fromhex(path.replace("\\x", "")).decode() if "\\x" in path else path


@dataclass(slots=True)
class _File:
    durable: bytes = b""
    waiting: list[Write | Cut] = field(default_factory=list)

    def after(self, kept: Sequence[Write | Cut]) -> bytes:
        """Return the content with these changes."""
        content = bytearray(self.durable)
        for change in kept:
            if isinstance(change, Cut):
                del content[change.length :]
                content.extend(bytes(change.length - len(content)))
            else:
                end = change.at + len(change.octets)
                content.extend(bytes(max(0, end - len(content))))
                content[change.at : end] = change.octets
        return bytes(content)


_Names = dict[str, _File]


class Disk:
    """Files by name, what of them is durable, and what waits."""

    def __init__(self) -> None:
        self._now: _Names = {}
        self._durable: _Names = {}
        self._waiting: list[tuple[Made | Moved | Gone, _File]] = []
        """Changes of names; with the file that was made."""

    def do(self, step: Step) -> None:
        """Let something happen."""
        match step:
            case Write() | Cut():
                # a file whose names are gone is nobody's
                if step.path in self._now:
                    self._now[step.path].waiting.append(step)
            case Sync(path):
                self._sync(path)
            case Made(path) if path not in self._now:
                self._now[path] = _File()
                self._waiting.append((step, self._now[path]))
            case Moved() | Gone():
                self._waiting.append((step, _File()))
                _name(self._now, *self._waiting[-1])

    def _sync(self, path: str) -> None:
        if file := self._now.get(path):
            file.durable, file.waiting = file.after(file.waiting), []
            return
        kept = [each for each in self._waiting if _folder(each[0]) != path]
        for each in self._waiting:
            if _folder(each[0]) == path:
                _name(self._durable, *each)
        self._waiting = kept

    def survivors(self, chance: random.Random, by_chance: int) -> Iterator[dict[str, bytes]]:
        """Return what may be left: nothing that waits, all, and some of it in so many ways."""
        seen: set[tuple[tuple[str, bytes], ...]] = set()
        for way in range(2 + by_chance):
            found = self._survivor(way, chance)
            key = tuple(sorted(found.items()))
            if key not in seen:
                seen.add(key)
                yield found

    def _survivor(self, way: int, chance: random.Random) -> dict[str, bytes]:
        named = len(self._waiting) if way == 1 else 0 if way == 0 else None
        if named is None:
            named = chance.randint(0, len(self._waiting))
        names = dict(self._durable)
        for each in self._waiting[:named]:
            _name(names, *each)
        return {name: file.after(_kept(file.waiting, way, chance)) for name, file in names.items()}


def _name(names: _Names, step: Made | Moved | Gone, made: _File) -> None:
    match step:
        case Made(path):
            names[path] = made
        case Gone(path):
            names.pop(path, None)
        case Moved(old, new, is_link):
            if old in names:
                names[new] = names[old] if is_link else names.pop(old)


def _kept(waiting: Sequence[Write | Cut], way: int, chance: random.Random) -> Sequence[Write | Cut]:
    """Return which changes reach the disk before the power is gone, the last one torn."""
    if way < 2 or not waiting:
        return waiting if way == 1 else ()
    kept = (
        list(waiting[: chance.randint(1, len(waiting))])
        if way % 2
        else [each for each in waiting if chance.random() < 0.5]
    )
    if kept and isinstance(last := kept[-1], Write):
        sectors = chance.randint(0, -(-len(last.octets) // SECTOR))
        kept[-1] = Write(last.path, last.at, last.octets[: sectors * SECTOR])
    return kept


def _folder(step: Made | Moved | Gone) -> str:
    path = step.new if isinstance(step, Moved) else step.path
    return path.rpartition("/")[0]

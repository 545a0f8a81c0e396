"""What `onboardee run --trace`, `--trace-to` and `--capture` write.

All three get the items of a trace (`device/trace/items.py`), each device in the order of its life.
`Shown` prints them, `Written` writes them as JSON lines without secrets, and `CaptureFile` writes
packets with the secrets that open them, in a file for its owner alone.
"""

import asyncio
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Self

import click
import msgspec

from onboardee.device.cli.terminal import folded, harmless, width
from onboardee.device.faults.building import Maker
from onboardee.device.faults.terms import Fault
from onboardee.device.machine.boot import Surroundings
from onboardee.device.machine.layer import AnyDevice
from onboardee.device.machine.layered import Record, layers_around
from onboardee.device.recording.format import Beginning
from onboardee.device.recording.recorder import RecordedClock, Recorder
from onboardee.device.simulation.profile import Profile
from onboardee.device.trace import items, text
from onboardee.device.trace.items import Item
from onboardee.device.trace.pcapng import CLEAR, Writer
from onboardee.device.trace.tracing import Sink
from onboardee.svrdb import Store
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.wall_clock import utc_now

if TYPE_CHECKING:
    from onboardee.device.cli.auditing import Auditor

INDENT: Final = " " * 13
"""Of what belongs to the line above."""
UNREADABLE: Final = "ECDH_ANON"
"""What the names of suites begin with that Wireshark has no way to open."""
KNOWN_PORTS: Final = frozenset({5683, 5684})
"""Those by which Wireshark knows CoAP."""

Say = Callable[[str], None]
"""Prints a line."""


def beginning() -> float:
    """Return the time of day at zero of the clock that devices have here.

    Devices count monotonic seconds; traces and captures show the time of day.
    """
    return time.time() - time.monotonic()


def _clock_text(at: float) -> str:
    """Return a time of day of this zone, in milliseconds."""
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%H:%M:%S.%f")[:-3]


def opened(path: Path, option: str) -> BinaryIO:
    """Open a new file that holds secrets, for its owner alone. Raises `click.BadParameter`.

    What was in the file before is gone.
    """
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        descriptor = os.open(path, flags, 0o600)
        # The mode above counts for a new file only.
        os.fchmod(descriptor, 0o600)
    except OSError as error:
        sentence = f"cannot write {path}: {error.strerror}; name another file"
        raise click.BadParameter(sentence, param_hint=option) from error
    return os.fdopen(descriptor, "wb")


class Shown:
    """Prints a trace for people, or as JSON lines where machines read the log."""

    def __init__(self, say: Say, *, as_json: bool, device: str, began: float) -> None:
        """Print with `say`; `began` is the time of day at zero of the device's clock."""
        self._say = say
        self._began = began
        self._as_json = as_json
        self._device = device

    def __call__(self, item: Item) -> None:
        """Print an item."""
        if self._as_json:
            self._say(json.dumps({"device": self._device, **items.json_of(item)}))
            return
        line = text.line_of(item)
        if line is not None:
            moment = _clock_text(self._began + item.at)
            name = f"{self._device}  " if self._device else ""
            shown = harmless(f"{moment} {name}{line}")
            self._say(folded(shown, INDENT) if width() < len(shown) else shown)


class Written:
    """Writes the traces of all devices of the process to one file, as JSON lines."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    @classmethod
    def to(cls, path: Path) -> Self:
        """Write to a new file. Raises `click.BadParameter`."""
        return cls(opened(path, "--trace-to"))

    def sink(self, device: str) -> Sink:
        """Return what takes the items of a device."""

        def take(item: Item) -> None:
            line = msgspec.json.encode({"device": device, **items.json_of(item)})
            self._file.write(line + b"\n")
            self._file.flush()

        return take

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


@dataclass(slots=True)
class _Held:
    datagram: items.Datagram
    """Not yet written."""
    comments: list[str] = field(default_factory=list)
    """What it led to."""
    inside: list[items.Message] = field(default_factory=list)
    """Messages that it carried and that Wireshark cannot open itself.

    They are written again in clear.
    """


class CaptureFile:
    """Writes what crosses the borders of all devices of the process to one pcapng file.

    A datagram is written when the next one comes, as what it led to becomes its comment.
    """

    def __init__(self, file: BinaryIO, began: float | None = None) -> None:
        """Write to a file; `began` is the time of day at zero of the devices' clock."""
        self._file = file
        self._writer = Writer(file)
        self._began = beginning() if began is None else began
        self._held: _Held | None = None

    @classmethod
    def to(cls, path: Path) -> Self:
        """Write to a new file. Raises `click.BadParameter`."""
        return cls(opened(path, "--capture"))

    def secret(self, line: str) -> None:
        """Take a line of the key log of a device."""
        self._writer.secret(line)

    def __call__(self, item: Item) -> None:
        """Take an item of a device."""
        if isinstance(item, items.Datagram):
            self._write()
            self._held = _Held(item)
        elif self._held is not None:
            if isinstance(item, items.Message) and not _is_dissected(item):
                self._held.inside.append(item)
            elif isinstance(item, items.Happened | items.Changed | items.NotStored):
                line = text.line_of(item)
                if line is not None:
                    self._held.comments.append(line.strip())

    def close(self) -> None:
        """Finish the file."""
        self._write()
        self._file.close()

    def _write(self) -> None:
        """Write the datagram that is held, with its comments."""
        held, self._held = self._held, None
        if held is None:
            return
        datagram, comment = held.datagram, "\n".join(held.comments)
        at = self._began + datagram.at
        self._writer.packet(datagram.octets, datagram.ends, datagram.way, at, comment=comment)
        for message in held.inside:
            self._writer.packet(
                message.octets, message.ends, message.way, at, comment=comment, to=CLEAR
            )
        self._writer.flush()


def _is_dissected(message: items.Message) -> bool:
    """Tell whether Wireshark shows a message as CoAP where it lies."""
    return not message.over.startswith(UNREADABLE) and message.ends.local[1] in KNOWN_PORTS


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """What is to be written of the devices' conversations."""

    is_shown: bool = False
    """Print all of it."""
    written: Written | None = None
    """The file of JSON lines."""
    captured: CaptureFile | None = None
    """The file for Wireshark."""
    auditor: "Auditor | None" = None
    """Judges the tool."""
    recording: BinaryIO | None = None
    """The file of the recording."""
    faults: tuple[Fault, ...] = ()
    """What goes wrong, in the order given."""

    def sinks(self, say: Say, device: str, *, as_json: bool, is_alone: bool) -> list[Sink]:
        """Return what takes the items of a device."""
        found: list[Sink] = []
        if self.is_shown:
            named = "" if is_alone and not as_json else device
            found.append(Shown(say, as_json=as_json, device=named, began=beginning()))
        if self.written is not None:
            found.append(self.written.sink(device))
        if self.captured is not None:
            found.append(self.captured)
        if self.auditor is not None:
            found.append(self.auditor.sink(device, say, is_alone=is_alone))
        return found

    def secret(self, line: str) -> None:
        """Take a line of the key log of a device."""
        if self.captured is not None:
            self.captured.secret(line)

    def close(self) -> None:
        """Finish all files."""
        for each in (self.written, self.captured, self.recording):
            if each is not None:
                each.close()


def watched(
    profile: Profile,
    store: Store,
    surroundings: Surroundings,
    sinks: Sequence[Sink],
    watch: WatchOptions,
) -> tuple[AnyDevice, Maker]:
    """Make a device that is watched: with faults, recorded if that is wanted, told to `sinks`.

    With it comes what gives it faults later. Raises `FaultError` for one that can never act on it.
    """
    keylog, record = surroundings.keylog, None
    if watch.recording is not None:
        surroundings, record = _recorded(profile, store, surroundings, watch.recording)

    def take(line: str) -> None:
        watch.secret(line)
        if keylog is not None:
            keylog(line)

    maker = Maker(profile, store, replace(surroundings, keylog=take))
    return layers_around(maker, sinks, watch.faults, record, _soon), maker


def _soon(work: Callable[[], None]) -> None:
    """Do something as soon as what the loop is doing now is done: answers leave first."""
    asyncio.get_running_loop().call_soon(work)


def _recorded(
    profile: Profile, store: Store, surroundings: Surroundings, file: BinaryIO
) -> tuple[Surroundings, Record]:
    """Return the surroundings of a device that is recorded, and what records it.

    Its random octets are those of a secret seed, and its clock stands still within a step.
    """
    clock, seed = RecordedClock(utc_now()), os.urandom(16).hex()
    made = replace(surroundings, entropy=SeededEntropy(seed), wall_clock=clock, budget=None)
    beginning = Beginning(
        program=version("onboardee"),
        name=surroundings.bus.device,
        profile=profile,
        database=store.current,
        seed=seed,
        chance=surroundings.seed,
        speed=surroundings.speed,
        began=clock.began,
    )

    def record(device: AnyDevice, faults: Sequence[Fault]) -> Recorder:
        told = msgspec.structs.replace(beginning, faults=tuple(faults))
        return Recorder(device, told, clock, partial(_written, file))

    return made, record


def _written(file: BinaryIO, line: bytes) -> None:
    file.write(line)
    file.flush()

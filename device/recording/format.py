"""What a recording says, line by line.

The first line is all that a device is made of (`Beginning`). Each further one is a step
(`RecordedStep`): what happened, by its name in `machine.layer` or `faults.happenings` with its
fields, and what came of it: datagrams, events, whether there was something to store. What it stored
is not written down, as it follows from the rest; what the disk said is, as it does not.

A step is written when it is over, in one piece, and each line can be read without the ones after
it. So a program that was killed leaves a recording that is good up to there: a last line without
its end is left out. Any other line that cannot be read is a mistake, with its number.

Octets are base64, as msgspec has them in JSON, and a datagram has the port that it left from and
the peer's address: two devices of one process are told apart by their files, not by lines.
"""

from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import datetime
from pathlib import Path as FilePath
from typing import Any, Final

import msgspec

from onboardee.device.events import AccessGranted, Event
from onboardee.device.faults import happenings
from onboardee.device.faults.terms import Fault
from onboardee.device.machine import layer
from onboardee.device.machine.layer import Happening
from onboardee.device.machine.step import Step
from onboardee.device.simulation.profile import Profile
from onboardee.svrdb import StoreUnavailable
from onboardee.svrdb.model import Database
from onboardee.wire.path import Path

FORMAT: Final = 1
"""The version of recordings; one of another version is refused."""

_KINDS: Final[dict[str, type[Any]]] = {
    kind.name: kind
    for kind in (
        layer.Started,
        layer.Stopped,
        layer.Received,
        layer.Ticked,
        layer.ResetPressed,
        layer.Rebooted,
        layer.Adopted,
        layer.ValuesSet,
        layer.InputUsed,
        layer.FaultSet,
        layer.PaceChanged,
        layer.TimeSkipped,
        happenings.FaultAdded,
        happenings.FaultRemoved,
        happenings.FaultsCleared,
    )
}
"""All that may happen, but for what the disk says."""


class RecordingError(Exception):
    """A file is no recording, or one that cannot be played; the message says why and where."""


class Beginning(msgspec.Struct, frozen=True, kw_only=True):
    """The first line: all that a device is made of."""

    recording: int = FORMAT
    program: str = ""
    """The version that recorded it."""
    name: str = ""
    profile: Profile
    database: Database
    seed: str
    """Of all random octets."""
    chance: int | str | None = None
    """Of what the device does by itself; None: those octets."""
    speed: float = 1.0
    """Seconds of its world in one of its clock, in the beginning."""
    faults: tuple[Fault, ...] = ()
    """Those that it had from the beginning, with the certificates that they show."""
    began: datetime
    """The time of day at zero of the device's clock."""


class Sent(msgspec.Struct, frozen=True, array_like=True):
    """A datagram that left, and to whom."""

    peer: str
    octets: bytes


class RecordedStep(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line more: what happened, and what came of it."""

    at: float
    what: str
    fields: dict[str, Any] = {}
    failure: list[str] | None = None
    """Why the disk refused, in the parts of the sentence; the first is the kind of error."""
    clock: float | None = None
    """The time of day, in seconds after `Beginning.began`, where it is not as the clock goes."""
    sent: list[Sent] = []
    events: list[str] = []
    stores: bool = False
    """Whether the step has something to be stored."""


def entry_of(what: Happening, at: float, step: Step, clock: float | None) -> RecordedStep:
    """Return the line of a step."""
    taken: dict[str, Any] = {}
    failure = None
    if isinstance(what, layer.Stored):
        failure = None if what.failure is None else _parts(what.failure)
    else:
        taken = {each.name: getattr(what, each.name) for each in fields(what)}  # type: ignore[arg-type]
    return RecordedStep(
        at=at,
        what=what.name,
        fields=msgspec.to_builtins(taken),
        failure=failure,
        clock=clock,
        sent=[Sent(_way(each.path), each.datagram) for each in step.send],
        # what is told to a trace only depends on whether there is one
        events=[_told(each) for each in step.events if not isinstance(each, AccessGranted)],
        stores=step.store is not None,
    )


def _way(path: Path) -> str:
    return f"{path.local_port} {path}"


def _told(event: Event) -> str:
    return f"{event.name} {msgspec.json.encode(event.fields(), order='sorted').decode()}"


def _parts(failure: Exception) -> list[str]:
    if isinstance(failure, StoreUnavailable):
        return [type(failure).__name__, failure.path, failure.what, failure.remedy]
    return [type(failure).__name__, str(failure)]


def happening_of(entry: RecordedStep) -> Happening:
    """Return what happened. Raises `RecordingError`."""
    if entry.what == layer.Stored.name:
        return layer.Stored(None if entry.failure is None else _failure(entry.failure))
    kind = _KINDS.get(entry.what)
    if kind is None:
        raise RecordingError(f"nobody knows what {entry.what!r} is")
    try:
        happening: Happening = msgspec.convert(entry.fields, kind)
    except msgspec.ValidationError as error:
        raise RecordingError(f"{entry.what}: {error}") from error
    return happening


def _failure(parts: list[str]) -> Exception:
    kind, *texts = parts
    if kind == StoreUnavailable.__name__ and len(texts) == 3:
        return StoreUnavailable(*texts)
    return RuntimeError(": ".join(parts))


def lines(beginning: Beginning, entries: Iterable[RecordedStep]) -> Iterator[bytes]:
    """Yield the lines of a recording."""
    for each in (beginning, *entries):
        yield msgspec.json.encode(each) + b"\n"


def is_recording(beginning: bytes) -> bool:
    """Tell by the first octets of a file whether it is a recording."""
    return beginning.startswith(b'{"recording":')


def read(path: FilePath) -> tuple[Beginning, list[RecordedStep]]:
    """Read a recording; a last line that was cut off is left out. Raises `RecordingError`."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror}") from error
    first, *others = content.split(b"\n")
    try:
        beginning = msgspec.json.decode(first, type=Beginning)
    except msgspec.MsgspecError as error:
        raise RecordingError(f"{path}, line 1: this is no recording ({error})") from error
    if beginning.recording != FORMAT:
        raise RecordingError(f"{path} is of another version of recordings, {beginning.recording}")
    entries = []
    for number, line in enumerate(others, 2):
        if not line.strip() or (number == len(others) + 1 and line):
            continue  # the program was stopped while it wrote it
        try:
            entries.append(msgspec.json.decode(line, type=RecordedStep))
        except msgspec.MsgspecError as error:
            raise RecordingError(f"{path}, line {number}: {error}") from error
    return beginning, entries

"""What a running device says: each event one line, for people or for machines.

The log subscribes to the bus of each device. Strangers can cause events at will, so each kind has
an allowance of lines a second and the rest is counted: `left_out_before` tells how many are
missing. What must never be missed, a PIN, is set apart from the lines.
"""

import sys
import time
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from string import Template
from types import MappingProxyType
from typing import Any, Final, Protocol, TextIO

import click
import structlog

from onboardee.device.cli.lines import event_line, value_text
from onboardee.device.cli.log_writer import LogWriter
from onboardee.device.cli.terminal import has_colour, is_terminal, width
from onboardee.device.events import (
    DeviceReady,
    Event,
    FaultChanged,
    PairingPinShown,
    PinShown,
    RequestServed,
    ValueChanged,
)
from onboardee.device.machine.telling import without_secrets

LINES_PER_SECOND: Final = 20.0
"""Of each kind of event; what a hostile peer causes beyond it is counted, not written."""

NO_TEXTS: Final[Mapping[str, str]] = MappingProxyType({})
"""The profile says nothing for people."""

_WARNINGS: Final = frozenset(
    {
        "access.denied",
        "behaviour.failed",
        "certificate.expired",
        "control.unavailable",
        "crl.outdated",
        "device.fault",
        "device.not_started",
        "entropy.seeded",
        "handshake.failed",
        "keylog.failed",
        "net.no_multicast",
        "net.port_shared",
        "option.ignored",
        "pairing.failed",
        "request.refused",
        "storage.failed",
        "worker.ended",
    }
)
"""Events that a person should look into."""
_LEVELS: Final = {"request.served": "debug"} | dict.fromkeys(_WARNINGS, "warning")
"""By event; all others are `info`."""


class Writer(Protocol):
    """Takes lines: a `LogWriter`, or what shows them on a terminal."""

    def write(self, text: str) -> bool:
        """Write a line, or several; tell whether there was room."""

    def close(self) -> None:
        """Write what waits."""


class _Lines:
    """What structlog hands its lines to; its methods tell whether there was room."""

    def __init__(self, write: Callable[[str], bool]) -> None:
        self.debug = self.info = self.warning = write


class Log:
    """Standard output, as the log of all devices of this process.

    There is one for the process; devices write to it through their `EventLog`.
    """

    def __init__(self, form: str, file: TextIO | None = None, writer: Writer | None = None) -> None:
        """Write in the form `json` or `console`; `writer` takes the lines in place of the file."""
        stream = file or sys.stdout
        self._is_json = form == "json"
        self._is_folded = is_terminal(stream)
        self._has_colour = has_colour(stream)
        self._writer = writer or LogWriter(stream)
        self._logger = structlog.wrap_logger(
            _Lines(self._writer.write),
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(
                    fmt="iso" if self._is_json else "%H:%M:%S", utc=self._is_json
                ),
                structlog.processors.JSONRenderer() if self._is_json else self._for_people,
            ],
            wrapper_class=structlog.BoundLogger,
            # bound once: it would be for each line else
        ).bind()

    def write(self, name: str, fields: Mapping[str, Any]) -> bool:
        """Write an event; tell whether there was room for it.

        `name` is that of the event. False: the reader is slow and the line was left out.
        """
        write = getattr(self._logger, _LEVELS.get(name, "info"))
        return bool(write(name, **fields))

    def print(self, line: str) -> None:
        """Write a line as it is, without device, time and level."""
        self._writer.write(line)

    def offer(self, lines: str) -> bool:
        """Write what another process has put into the form of this log, if there is room."""
        return self._writer.write(lines)

    def show_pin(self, pin: str, device: str | None, goes_into: str) -> None:
        """Show a PIN so that nobody overlooks it, and say where it is typed."""
        if not self._is_json:
            whose = "" if device is None else f" of {device}"
            line = click.style(f"  PIN{whose}: {pin}  ", bold=True, reverse=True)
            self._writer.write(self._shown(f"\n    {line} type it into the {goes_into}\n"))

    def say(self, text: str) -> None:
        """Write what a device says to people, as it is."""
        if not self._is_json:
            self._writer.write(text.rstrip("\n"))

    @property
    def is_json(self) -> bool:
        """Whether machines read along."""
        return self._is_json

    def close(self) -> None:
        """Write what waits."""
        self._writer.close()

    def _for_people(self, _logger: object, level: str, told: MutableMapping[str, Any]) -> str:
        """Return a line in the form of people; structlog calls it last."""
        name, when = told.pop("event"), told.pop("timestamp")
        # Warnings are marked, and the other levels are of no interest to people.
        del told["level"]
        columns = width() if self._is_folded else None
        is_warning = level == "warning"
        return self._shown(event_line(when, name, told, is_warning=is_warning, columns=columns))

    def _shown(self, text: str) -> str:
        """Take the colours away where nobody sees them."""
        return text if self._has_colour else click.unstyle(text)


class EventLog:
    """Subscribes to a device's bus and writes its events to the log.

    The names of events are the words of the log; `docs/guide.md` explains those that ask for
    something to be done.
    """

    def __init__(  # noqa: PLR0913 - two of them by position
        self,
        log: Log,
        device: str,
        directory: Path,
        *,
        is_alone: bool = True,
        verbose: bool = False,
        texts: Mapping[str, str] = NO_TEXTS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Name the device in each line, unless people read it and it is the only one.

        `texts` are what its profile has for people to read at an event.

        What a device does by itself, and the way to a goal, is written only if `verbose`.
        """
        self._log = log
        self._device = device
        self._directory = directory
        self._is_named = log.is_json or not is_alone
        self._verbose = verbose
        self._texts = texts
        self._clock = clock
        self._allowances: dict[str, tuple[float, float]] = {}
        self._left_out: dict[str, int] = {}

    def __call__(self, event: Event) -> None:
        """Write one line, unless there are too many of its kind."""
        if not self._verbose and _is_busyness(event):
            return
        name = event.name
        fields = self._fields(event)
        # The first line that gets through again tells how many did not.
        left_out = self._left_out.get(name, 0)
        if left_out:
            fields["left_out_before"] = left_out
        if not self._may_write(name) or not self._log.write(name, fields):
            self._left_out[name] = left_out + 1
            return
        self._left_out.pop(name, None)
        if name in self._texts:
            self._log.say(_said(self._texts[name], event))
        elif isinstance(event, PinShown | PairingPinShown):
            is_of_owner = isinstance(event, PinShown)
            goes_into = "onboarding tool" if is_of_owner else "device that pairs"
            self._log.show_pin(event.pin, self._device if self._is_named else None, goes_into)

    def close(self) -> None:
        """Say at the end what was left out."""
        for name, count in self._left_out.items():
            told = {"device": self._device} if self._is_named else {}
            self._log.write("log.left_out", {**told, "of": name, "count": count})
        self._left_out.clear()

    def _fields(self, event: Event) -> dict[str, Any]:
        """Return what a line tells of an event, with its device where there are several."""
        fields = event.fields()
        if isinstance(event, ValueChanged):
            fields = without_secrets(fields)
            if not self._verbose and not self._log.is_json:
                # People know who has changed a value when they read the line before.
                fields = {name: fields[name] for name in ("href", "values")}
        if isinstance(event, DeviceReady):
            return {"device": self._device, **fields, "state_dir": str(self._directory)}
        return {"device": self._device, **fields} if self._is_named else fields

    def _may_write(self, name: str) -> bool:
        """Take a line from the allowance of a kind, which refills with time."""
        now = self._clock()
        level, at = self._allowances.get(name, (LINES_PER_SECOND, now))
        # A bucket of one second's lines, which fills with time.
        level = min(LINES_PER_SECOND, level + (now - at) * LINES_PER_SECOND)
        may = level >= 1
        self._allowances[name] = (level - 1 if may else level, now)
        return may


def _said(text: str, event: Event) -> str:
    """Put what an event tells into a text; what a stranger wrote moves no cursor."""
    told = {name: value_text(value) for name, value in event.fields().items()}
    return Template(text).safe_substitute(told)


def _is_busyness(event: Event) -> bool:
    """Tell whether an event is one of many: a request, what nobody caused, the way to a goal."""
    match event:
        case ValueChanged():
            return event.by_itself or event.moving
        case FaultChanged():
            return event.by_itself
        case RequestServed():
            return True
    return False

"""What a running device says: each event one line, for people or for machines."""

import sys
import time
from collections.abc import Callable
from typing import Any, Final

import structlog

from onboardee.device.events import Event, ValueChanged

LINES_PER_SECOND: Final = 20.0
"""Of each kind of event; what a hostile peer causes beyond it is counted, not written."""

_QUIET: Final = frozenset({"request.served"})
_WARNINGS: Final = frozenset(
    {
        "access.denied",
        "certificate.expired",
        "control.unavailable",
        "crl.outdated",
        "device.fault",
        "net.no_multicast",
        "net.port_shared",
        "request.refused",
        "storage.failed",
    }
)


class EventLog:
    """Subscribes to a device's bus and writes its events to standard output."""

    def __init__(
        self,
        log_format: str,
        *,
        device: str | None = None,
        verbose: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Name the device in each line, if it is one of several.

        What a device does by itself is written only if `verbose`.
        """
        self._verbose = verbose
        logger = _logger(log_format)
        self._log = logger if device is None else logger.bind(device=device)
        self._clock = clock
        self._allowances: dict[str, tuple[float, float]] = {}
        self._left_out: dict[str, int] = {}

    def __call__(self, event: Event) -> None:
        """Write one line, unless there are too many of its kind."""
        if isinstance(event, ValueChanged) and event.by_itself and not self._verbose:
            return
        if not self._may_write(event.name):
            self._left_out[event.name] = self._left_out.get(event.name, 0) + 1
            return
        fields = event.fields()
        left_out = self._left_out.pop(event.name, 0)
        if left_out:
            fields["left_out_before"] = left_out
        self._write(event.name, fields)

    def _write(self, name: str, fields: dict[str, Any]) -> None:
        if name in _QUIET:
            self._log.debug(name, **fields)
        elif name in _WARNINGS:
            self._log.warning(name, **fields)
        else:
            self._log.info(name, **fields)

    def _may_write(self, name: str) -> bool:
        now = self._clock()
        level, at = self._allowances.get(name, (LINES_PER_SECOND, now))
        level = min(LINES_PER_SECOND, level + (now - at) * LINES_PER_SECOND)
        may = level >= 1
        self._allowances[name] = (level - 1 if may else level, now)
        return may


def _logger(log_format: str) -> Any:
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    processors: list[Any] = [structlog.processors.add_log_level]
    if log_format == "json":
        processors += [stamp, structlog.processors.JSONRenderer()]
    else:
        stamp = structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False)
        renderer = structlog.dev.ConsoleRenderer(
            colors=sys.stdout.isatty(), pad_event_to=18, pad_level=False, sort_keys=False
        )
        processors += [stamp, _printable, renderer]
    return structlog.wrap_logger(
        structlog.WriteLogger(sys.stdout),
        processors=processors,
        wrapper_class=structlog.BoundLogger,
    )


def _printable(_logger: Any, _method: str, fields: Any) -> Any:
    """Escape what is no visible character: strangers choose paths, and terminals obey."""
    return {
        name: repr(value) if isinstance(value, str) and not value.isprintable() else value
        for name, value in fields.items()
    }

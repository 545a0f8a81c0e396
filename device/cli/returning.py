"""Where devices were before they went: each comes back to its own ports.

Tools keep the ports of a device that they own. One that restarts gets them again from here. One
whose process crashed gets them from the process that starts it again, which is told of each device
that begins.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from onboardee.device.net.binding import Ports
from onboardee.device.net.hosted import HostedDevice
from onboardee.wire.path import Endpoint

if TYPE_CHECKING:
    from onboardee.device.cli.link import Link

Begun: TypeAlias = dict[str, tuple[Endpoint, ...]]
"""Devices that have begun, by name, and the ports of their own that they had."""


@dataclass(frozen=True, slots=True)
class Before:
    """What has been before a worker starts."""

    seconds: float = 0.0
    """For which the run has lasted: devices that start later start so much earlier."""
    begun: Mapping[str, tuple[Endpoint, ...]] | None = None
    """`None` for a worker that starts the first time."""


class Returning:
    """The devices that have run, by name, and their ports."""

    def __init__(self, ports: Ports, link: "Link | None" = None) -> None:
        before = Before() if link is None else link.before
        self.is_again: Final = before.begun is not None
        """Another process ran these devices, and crashed."""
        self._ports = ports
        self._link = link
        self._seconds = before.seconds
        self._known: Begun = dict(before.begun or {})
        self._untold: Begun = {}

    def wait(self, name: str, starts_at: float) -> float:
        """Return in how many seconds a device is to begin: one that has run before at once."""
        return 0.0 if name in self._known else max(0.0, starts_at - self._seconds)

    def ports(self, name: str) -> Ports:
        """Return where a device is to listen: where it has been, or as all do."""
        kept = self._known.get(name)
        if not kept:
            return self._ports
        numbers = {each.scheme: each.port for each in reversed(kept)}
        return replace(self._ports, plain=numbers["coap"], secure=numbers["coaps"], kept=kept)

    def note(self, name: str, hosted: HostedDevice, *, has_own_ports: bool) -> None:
        """Know that a device runs now, and where."""
        endpoints = hosted.endpoints if has_own_ports else ()
        if self._known.get(name) == endpoints:
            return
        self._known[name] = endpoints
        if self._link is not None:
            self._untold[name] = endpoints

    def tell(self) -> None:
        """Tell what was not told yet."""
        if self._link is not None and self._untold:
            self._link.tell(self._untold)
            self._untold = {}

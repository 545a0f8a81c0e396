"""When a fault acts: whether its conditions are met, and how often that was so.

There are three questions, as there are three occasions. A request is met when it comes in
(`is_request`): its step, resource and method are conditions, and what is about its answer is armed
by it. Anything that comes in meets what is about the device (`is_arriving`). Any datagram, on its
way in or out, meets what is about a flight or the network as such (`is_datagram`).

State and age of the device, and the peer, are conditions on all three. The chance is asked last,
and only where everything else is met: so a run with the same seed asks for it the same number of
times, and the same datagrams are struck.
"""

from dataclasses import dataclass
from typing import NamedTuple

from onboardee.device.faults.checking import BY_ITSELF
from onboardee.device.faults.rewriting import Look
from onboardee.device.faults.terms import Fault
from onboardee.device.trace.items import Way
from onboardee.svrdb.model import State
from onboardee.wire.entropy import Entropy, random_fraction
from onboardee.wire.path import Path


class Moment(NamedTuple):
    """When something happens, as conditions see it."""

    now: float
    """Seconds of the clock of the device's host."""
    state: State


@dataclass(slots=True)
class Trigger:
    """A fault with how often its conditions were met, and how often it acted."""

    fault: Fault
    number: int = 0
    """By which people name it."""
    since: float | None = None
    """When the device began to live, or the fault was added to it."""
    met: int = 0
    acted: int = 0

    @property
    def is_by_itself(self) -> bool:
        """Tell whether it acts as soon as its time has come, whatever else happens."""
        fault = self.fault
        return fault.do in BY_ITSELF and fault.is_unconditional and not self.is_spent

    @property
    def is_spent(self) -> bool:
        """Tell whether it acted as often as it may."""
        return 0 < self.fault.times <= self.acted

    def is_time(self, moment: Moment) -> bool:
        """Tell whether state and age are those that it waits for."""
        fault = self.fault
        is_state = fault.state is None or fault.state.upper() == moment.state.name
        due = self.due
        return is_state and (due is None or moment.now >= due)

    @property
    def due(self) -> float | None:
        """From when on it may act; None: at any time."""
        after = self.fault.after
        return None if after is None else (self.since or 0.0) + after

    def is_request(self, look: Look | None, moment: Moment) -> bool:
        """Tell whether a datagram holds a request that meets the conditions.

        Without a datagram, as where somebody presses a button, only a fault that is about no
        request is met.
        """
        if not self.is_time(moment):
            return False
        if look is None:
            return not self.fault.is_about_request and self.fault.peer is None
        return self._is_asked(look) and self.is_of_peer(look.path)

    def is_arriving(self, look: Look, moment: Moment) -> bool:
        """Tell whether what comes in meets the conditions of a fault that is about the device."""
        fault = self.fault
        if fault.is_about_request:
            return self.is_request(look, moment)
        is_flight = fault.flight is None or fault.flight in look.flights
        return is_flight and self.is_of_peer(look.path) and self.is_time(moment)

    def is_datagram(self, look: Look, moment: Moment) -> bool:
        """Tell whether a datagram meets the conditions of a fault that is about no request."""
        fault = self.fault
        is_flight = fault.flight is None or fault.flight in look.flights
        is_way = fault.way in {"both", str(look.way)}
        return is_flight and is_way and self.is_of_peer(look.path) and self.is_time(moment)

    def is_of_peer(self, path: Path) -> bool:
        """Tell whether it concerns the peer at the end of a path."""
        peer = self.fault.peer
        return peer is None or peer in {
            path.peer_host,
            f"{path.peer_host}:{path.peer_port}",
            f"[{path.peer_host}]:{path.peer_port}",
        }

    def _is_asked(self, look: Look) -> bool:
        fault, read = self.fault, look.read if look.is_request else None
        if read is None or look.way is not Way.IN:
            return False
        return (
            (fault.at is None or look.is_step(fault.at))
            and (fault.path is None or read.path == fault.path)
            and (fault.method is None or read.code == fault.method)
        )

    def begins(self, entropy: Entropy) -> bool:
        """Count that the conditions are met; tell whether the fault acts now."""
        fault = self.fault
        self.met += 1
        if self.met < fault.nth or self.is_spent:
            return False
        if fault.chance < 1 and random_fraction(entropy) >= fault.chance:
            return False
        self.acted += 1
        return True

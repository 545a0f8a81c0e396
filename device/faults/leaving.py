"""What faults do to datagrams that leave a device.

A fault about an answer is armed when its request comes in. It waits for what goes to the same peer
with the same token: an answer may come at once, after the disk, or in a message of its own. Faults
about flights and those of the network as such look at every datagram.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

from onboardee.device.faults.checking import ENDINGS, HELLO, NETWORK
from onboardee.device.faults.effects import MESSAGE, SERVER_HELLO, written_anew
from onboardee.device.faults.passing import TOLD, HeldBack, Passing, passed
from onboardee.device.faults.rewriting import Look, Rewriter, peer_of
from onboardee.device.faults.roster import Roster
from onboardee.device.faults.terms import Effect, Fault
from onboardee.device.faults.triggers import Moment, Trigger
from onboardee.device.trace.items import Way
from onboardee.wire.path import Endpoint, Outgoing, Path

_LASTING: Final = frozenset(MESSAGE) - {Effect.WRONG_TOKEN, Effect.WRONG_ID}
"""What is part of an answer, and comes again with it; one with a wrong head answers nothing."""
_WAITING: Final = 1024
"""Answers that faults wait for at a time; the oldest are given up first."""
_REMEMBERED: Final = 64
"""Requests whose answers were written anew."""


class Armed:
    """Faults that wait for the answer to a request."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Path, bytes, Fault]] = []
        """The peer, the token, and the fault."""
        self._written: OrderedDict[tuple[object, bytes, int], list[Fault]] = OrderedDict()
        """What was written into the answers to the last requests, by peer, token and message id."""

    def add(self, look: Look, fault: Fault) -> None:
        """Let a fault wait for the answer to a request."""
        assert look.read is not None, "only requests have answers"
        self._waiting.append((look.path, look.read.token, fault))
        # some requests are never answered, and anybody may send them
        del self._waiting[:-_WAITING]
        if fault.do in _LASTING:
            self._written.setdefault(_request(look), []).append(fault)
            if len(self._written) > _REMEMBERED:
                self._written.popitem(last=False)

    def repeated(self, look: Look) -> list[Fault]:
        """Return what was written into the answer to a request that came before.

        A tool that repeats a request gets the same answer again (RFC 7252 4.5), if the first one
        was lost or late.
        """
        return [*self._written.get(_request(look), ())] if look.is_request else []

    def take(self, look: Look) -> list[Fault]:
        """Return the faults that waited for this answer; none for what is none."""
        if look.read is None or look.is_request:
            return []
        mine = [each for each in self._waiting if _is_same(each, look)]
        self._waiting = [each for each in self._waiting if each not in mine]
        return [fault for _, _, fault in mine]

    def forget_repeated(self, look: Look) -> None:
        """Give up faults that acted once where their request comes again: it is answered now."""
        if look.is_request:
            self._waiting = [
                each for each in self._waiting if each[2].times != 1 or not _is_same(each, look)
            ]

    def remove(self, faults: Iterable[Fault]) -> None:
        """Give up these faults."""
        gone = [*faults]
        self._waiting = [each for each in self._waiting if each[2] not in gone]
        for faults_of_one in self._written.values():
            faults_of_one[:] = [each for each in faults_of_one if each not in gone]

    def clear(self) -> None:
        """Give up all."""
        self._waiting.clear()
        self._written.clear()


def _request(look: Look) -> tuple[object, bytes, int]:
    assert look.read is not None, "it is a request"
    return peer_of(look.path), look.read.token, look.read.mid


def _is_same(armed: tuple[Path, bytes, Fault], look: Look) -> bool:
    path, token, _ = armed
    return (
        look.read is not None and look.read.token == token and peer_of(path) == peer_of(look.path)
    )


class Leaving:
    """The way out of a device with faults."""

    def __init__(
        self, roster: Roster, rewriter: Rewriter, endpoints: Callable[[], Sequence[Endpoint]]
    ) -> None:
        """Let the faults of a roster act; `endpoints` are those of the device."""
        self.armed = Armed()
        self._roster = roster
        self._rewriter = rewriter
        self._endpoints = endpoints
        self._held = HeldBack()

    def next_deadline(self) -> float | None:
        """Return when something is due that was held back."""
        return self._held.next_deadline()

    def leave(self, send: Iterable[Outgoing]) -> list[Outgoing]:
        """Return what leaves now in the place of what was to leave, and what is due."""
        now = self._roster.now
        leaving = [each for outgoing in send for each in self._one(outgoing)]
        passing = self._held.sorted_out(leaving, now) + self._held.due(now)
        return [Outgoing(each.datagram, each.path) for each in passing]

    def _one(self, outgoing: Outgoing) -> list[Passing]:
        look = self._rewriter.look(outgoing.datagram, outgoing.path, Way.OUT)
        faults = [*self.armed.take(look), *self._roster.acting(_about(look))]
        if not faults:
            return [Passing(outgoing.datagram, outgoing.path)]
        written = written_anew(look, faults, self._rewriter)
        for fault in faults:
            if fault.do is Effect.WRONG_PORT:
                written = [replace(each, path=self._other_port(each.path)) for each in written]
                self._roster.tell(fault, "answered from another port")
            elif fault.do not in NETWORK:
                self._roster.tell(fault, f"acted upon {look.name}")
        network = [each for each in faults if each.do in NETWORK]
        tell_passing(self._roster, network, look)
        return passed(written, network)

    def _other_port(self, path: Path) -> Path:
        others = [each.port for each in self._endpoints() if each.port != path.local_port]
        return replace(path, local_port=others[0] if others else path.local_port)


def tell_passing(roster: Roster, faults: Iterable[Fault], look: Look) -> None:
    """Tell what the network did to a datagram."""
    for fault in faults:
        roster.tell(fault, f"{TOLD[fault.do]} {look.name}")


def _about(look: Look) -> Callable[[Trigger, Moment], bool]:
    """Return the condition of faults that are about what leaves as such, not about an answer."""

    def is_met(trigger: Trigger, moment: Moment) -> bool:
        fault = trigger.fault
        if fault.do in HELLO:
            is_about = SERVER_HELLO in look.flights
        elif fault.do in NETWORK:
            is_about = not fault.is_about_request
        else:
            is_about = fault.do in ENDINGS and fault.flight is not None
        return is_about and trigger.is_datagram(look, moment)

    return is_met

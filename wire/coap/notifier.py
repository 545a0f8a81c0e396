"""Telling observers about changes (RFC 7641 4).

An observer is owed the present state in the end, not every state on the way (RFC 7641 1.3). So a
change only marks those who are to be told (`stale`); the answer is made when they are, from what
holds then. While a confirmable notification waits for its acknowledgement nothing else is sent to
that observer (4.5.2); a change meanwhile is told after it, as the newest state.

Whether an observer is still there shows by confirmable notifications only: one who acknowledges
none is dropped. An observer that has asked by a non-confirmable request gets one now and then.
"""

from collections.abc import Hashable
from typing import Final

from onboardee.wire.coap.blocks import Block
from onboardee.wire.coap.limits import Limits
from onboardee.wire.coap.model import REGISTER, Code, Remote, Request, Response
from onboardee.wire.coap.observe import Observer, Observers
from onboardee.wire.coap.outbox import Outbox, Reply
from onboardee.wire.coap.responses import Responder

_STATES: Final = frozenset({Code.CONTENT, Code.VALID})
"""What a notification may be without ending its observation: a state, or which one of those that
the client has named in its registration (RFC 7641 3.2, 3.3.2)."""


class Notifier:
    """Keeps the observers and sends their notifications, one unacknowledged one at a time."""

    def __init__(self, responder: Responder, outbox: Outbox[Observer], limits: Limits) -> None:
        self._responder = responder
        self._outbox = outbox
        self._limits = limits
        self.observers = Observers(limits)
        self.stale: dict[Observer, None] = {}
        """Who is to be told of a new state now, in order."""

    def observe(
        self, request: Request, remote: Remote, response: Response, block2: Block | None, now: float
    ) -> bool:
        """Do what a GET with an Observe option asks for; true if an observation begins.

        A registration with the same token replaces the earlier one (RFC 7641 4.1).
        """
        earlier = self.observers.find(remote, request.token)
        if earlier is not None:
            self.end(earlier)
        if (
            request.observe != REGISTER
            or response.code not in _STATES
            or response.observe_as is None
        ):
            return False
        observer = Observer(
            response.observe_as,
            remote,
            request,
            block2,
            confirmed_at=now,
            told=response.etag,
            state=response.state,
            told_at=now,
        )
        return self.observers.add(observer)

    def notify(self, key: Hashable) -> None:
        """Have the observers of a resource told its new state (RFC 7641 4.5)."""
        observers = self.observers.select(key=key)
        if not observers:
            return
        self.observers.advance(key)
        for observer in observers:
            self._mark(observer)

    def notify_one(self, observer: Observer) -> None:
        """Have one observer told the state, which may be the one that it knows."""
        self.observers.advance(observer.key)
        self._mark(observer)

    def _mark(self, observer: Observer) -> None:
        if observer.awaits_ack:
            observer.is_stale = True
        else:
            self.stale[observer] = None

    def take_stale(self) -> Observer:
        """Return the next observer to be told; ask whether anybody is `stale` before."""
        observer = next(iter(self.stale))
        del self.stale[observer]
        return observer

    def tell(self, observer: Observer, response: Response | None, now: float) -> None:
        """Send the present state; what is none ends the observation."""
        if observer not in self.observers:
            return  # making the response has ended the observation
        if response is None:
            self.end(observer)
            return
        goes_on = response.code in _STATES and response.observe_as == observer.key
        if not goes_on:
            self.end(observer)
        observer.told, observer.state, observer.told_at = response.etag, response.state, now
        reply = self._responder.reply(
            observer.request,
            observer.remote,
            response,
            now,
            block2=observer.block2,
            observe=self.observers.number(observer.key) if goes_on else None,
        )
        self._send(observer, reply, now, goes_on=goes_on)

    def end(self, observer: Observer) -> None:
        """Take an observer off the list and stop what is on its way to it."""
        self.observers.remove(observer)
        self.stale.pop(observer, None)
        if observer.awaits_ack and observer.last_mid is not None:
            self._outbox.settle(observer.remote, observer.last_mid)

    def end_with(self, observer: Observer, code: Code, now: float) -> None:
        """End an observation by an error notification (RFC 7641 4.2)."""
        self.end(observer)
        self._send(observer, Reply(code), now)

    def acknowledged(self, observer: Observer, now: float) -> None:
        """Go on after the acknowledgement of a notification: the newest state, if it changed."""
        observer.awaits_ack = False
        observer.confirmed_at = now
        if observer.is_stale:
            observer.is_stale = False
            self.stale[observer] = None

    def reset(self, remote: Remote, mid: int) -> None:
        """End the observation whose non-confirmable notification was rejected (RFC 7641 3.6)."""
        for observer in self.observers.select(remote=remote):
            if observer.last_mid == mid:
                self.end(observer)

    def _send(self, observer: Observer, reply: Reply, now: float, *, goes_on: bool = False) -> None:
        """Send a notification; the fate of the last one of an observation concerns nobody."""
        token = observer.request.token
        if not self._must_confirm(observer, now):
            observer.unconfirmed += 1
            observer.last_mid = self._outbox.send_once(observer.remote, token, reply)
            return
        context = observer if goes_on else None
        mid = self._outbox.send_confirmable(observer.remote, token, reply, now, context)
        observer.last_mid = mid
        observer.unconfirmed = 0
        observer.awaits_ack = self._outbox.is_in_flight(observer.remote, mid)

    def _must_confirm(self, observer: Observer, now: float) -> bool:
        """Tell whether the next one is confirmable: as the request was, or as it is time again."""
        return (
            observer.request.confirmable
            or observer.unconfirmed + 1 >= self._limits.confirm_every
            or now - observer.confirmed_at >= self._limits.confirm_after
        )

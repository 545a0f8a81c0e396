"""The server role of one CoAP endpoint (RFC 7252 4, 5; RFC 7641; RFC 7959).

A request passes here twice. On its way in (`receive`) the message layer decides whether it is new:
a repeated datagram gets the very octets that answered it, a block of an upload is kept, a later
block of an answer is cut from what was kept, and only what is left is somebody else's to answer.
On its way out (`respond`) the answer becomes a message. In between nothing here waits: who answers
may take as long as a disk does, and other peers' messages pass meanwhile.
"""

from collections.abc import Callable, Collection, Hashable
from typing import Final

from msgspec.structs import replace

from onboardee.wire.coap import message, options
from onboardee.wire.coap.arrival import (
    METHODS,
    REQUEST_CODES,
    ServerExchange,
    arrived,
    upload_key,
)
from onboardee.wire.coap.limits import STRANGERS, Limits
from onboardee.wire.coap.model import Code, Method, Remote, Request, Response, Type
from onboardee.wire.coap.observe import Observation, Observer
from onboardee.wire.coap.outbox import Outbox, Reply
from onboardee.wire.coap.share import Share
from onboardee.wire.entropy import Entropy

_DEFAULT_LIMITS = Limits()


class CoapServer:
    """The server's part of the protocol, for many peers.

    `receive` takes a datagram and returns the exchange that it begins, if it is to be answered
    anew; whoever serves it hands the answer to `respond`, before anything else is received. A
    block of an upload that `is_part` is not answered but let in or refused, by `take_in`: whoever
    has no right to the whole shall not make the device keep its parts. `notify` says that a
    resource changed; the observers to be told then come out of `take_stale`, and `tell` takes the
    answer to the request of each. Datagrams come out of `take_outgoing`.

    Nothing here raises on account of what a peer sent. What is kept for peers that are not
    `is_known` has the bounds `strangers`, for others `limits`.
    """

    def __init__(
        self,
        *,
        entropy: Entropy,
        limits: Limits = _DEFAULT_LIMITS,
        strangers: Limits = STRANGERS,
        is_known: Callable[[Remote], bool] = lambda _remote: True,
    ) -> None:
        self.outbox: Final[Outbox[Observer]] = Outbox(entropy=entropy, limits=limits)
        """What leaves, and what waits for its acknowledgement."""
        self.known: Final = Share(self.outbox, limits)
        """What is kept for the peers that are no strangers."""
        self.strangers: Final = Share(self.outbox, strangers)
        """What is kept for strangers."""
        self._is_known = is_known
        self._exponent = limits.max_block_exponent

    def receive(
        self, datagram: bytes, remote: Remote, now: float, *, multicast: bool = False
    ) -> ServerExchange | None:
        """Take in one datagram; `multicast` tells that it was sent to a group.

        Returns what is to be answered by `respond` or, if it `is_part` of an upload, let in by
        `take_in`; None for what is dealt with.
        """
        try:
            frame = message.parse(datagram)
        except message.MessageFormatError as error:
            if error.reset_mid is not None and not multicast:
                self.outbox.queue.append((remote, message.empty(Type.RST, error.reset_mid)))
            return None
        if frame.code in REQUEST_CODES:
            if frame.type <= Type.NON or (
                not multicast and self._goes_on(frame, datagram, remote, now)
            ):
                return self._take_request(frame, datagram, remote, now, multicast=multicast)
        elif not multicast:
            self._take_other(frame, remote, now)
        return None

    def respond(self, exchange: ServerExchange, response: Response | None, now: float) -> None:
        """Answer a request; `None` is silence."""
        share = self.known if self._is_known(exchange.remote) else self.strangers
        reply = None if response is None else share.reply(exchange, response, now)
        self._send(exchange, reply, share, now)

    def take_in(self, part: ServerExchange, refusal: Code | None, now: float) -> None:
        """Let a block of an upload in, or end the upload with the code of a refusal."""
        share = self._share_of(part.remote)
        if refusal is None:
            joined = self._join(part, share, now)
            assert isinstance(joined, Reply)
            self._send(part, joined, share, now)
            return
        share.uploads.drop(part.remote, upload_key(part.request))
        self._send(part, Reply(refusal), share, now)

    def notify(self, key: Hashable) -> None:
        """Say that the state of a resource changed."""
        for share in (self.known, self.strangers):
            share.notifier.notify(key)

    def notify_one(self, observer: Observer) -> None:
        """Have one observer told, whether or not the state changed."""
        self._share_of(observer.remote).notifier.notify_one(observer)

    def observers_of(self, key: Hashable) -> list[Observer]:
        """Return the observers of a resource."""
        shares = (self.known, self.strangers)
        return [each for share in shares for each in share.notifier.observers.select(key=key)]

    def take_stale(self) -> Observer | None:
        """Return the next observer that is to be told of a new state, None if there is none."""
        for share in (self.known, self.strangers):
            if share.notifier.stale:
                return share.notifier.take_stale()
        return None

    def tell(self, observer: Observer, response: Response | None, now: float) -> None:
        """Notify an observer by the answer to its request; an error ends the observation."""
        self._share_of(observer.remote).notifier.tell(observer, response, now)

    def drop_observers(
        self,
        now: float,
        *,
        key: Hashable | None = None,
        remote: Remote | None = None,
        code: Code | None = None,
        spared: Collection[Hashable] = (),
    ) -> None:
        """End the observations of a resource, of a peer, of both together, or all.

        With `code` the observers learn it by an error notification. Those of the keys `spared` are
        left alone.
        """
        for notifier in (self.known.notifier, self.strangers.notifier):
            for observer in notifier.observers.select(key=key, remote=remote):
                if observer.key in spared:
                    continue
                if code is None:
                    notifier.end(observer)
                else:
                    notifier.end_with(observer, code, now)

    def forget(self, remote: Remote) -> None:
        """Drop all that is kept for a peer, as when its session ends."""
        self.drop_observers(0.0, remote=remote)
        self._share_of(remote).forget(remote)
        self.outbox.forget(remote)

    def drop_uploads_of_strangers(self) -> None:
        """Let no stranger go on with an upload that was begun before."""
        self.strangers.uploads.clear()

    def drop_kept_responses(self) -> None:
        """Let nobody have the rest of an earlier answer: rights have changed, say."""
        for share in (self.known, self.strangers):
            share.responder.kept.clear()

    def take_outgoing(self) -> list[tuple[Remote, bytes]]:
        """Hand over the datagrams to send, in order."""
        taken, self.outbox.queue = self.outbox.queue, []
        return taken

    def next_deadline(self) -> float | None:
        """Return when `tick` has something to do."""
        return self.outbox.next_deadline()

    def tick(self, now: float) -> None:
        """Send what is due; an observer that acknowledges nothing any more is dropped."""
        for sent in self.outbox.tick(now):
            if sent.context is not None:
                self._share_of(sent.remote).notifier.end(sent.context)

    @property
    def observers(self) -> tuple[Observation, ...]:
        """The observations there are, for those who look on."""
        return tuple(
            Observation(
                each.key,
                each.remote,
                each.request.path,
                each.request.token,
                each.request.confirmable,
            )
            for share in (self.known, self.strangers)
            for each in share.notifier.observers.select()
        )

    def _share_of(self, remote: Remote) -> Share:
        return self.known if self._is_known(remote) else self.strangers

    def _goes_on(self, frame: message.Frame, datagram: bytes, remote: Remote, now: float) -> bool:
        """Tell whether a message both acknowledges a notification and asks for its next block.

        An acknowledgement has no request in it (RFC 7252 4.2), but go-coap's observers send it so.
        Any other one is nothing that could be dealt with.
        """
        if frame.type != Type.ACK or frame.code != Method.GET:
            return False
        share = self._share_of(remote)
        sent = self.outbox.settle(remote, frame.mid)
        if sent is None or sent.context is None:
            return share.answers.find(remote, frame.mid, datagram, now) is not None
        share.notifier.acknowledged(sent.context, now)
        return True

    def _take_other(self, frame: message.Frame, remote: Remote, now: float) -> None:
        """Take in what is no request: ping, acknowledgement, reset, or nothing of ours."""
        if frame.type == Type.CON:
            # A ping (RFC 7252 4.3), a response nobody waits for, a reserved code class (4.2).
            self.outbox.queue.append((remote, message.empty(Type.RST, frame.mid)))
        elif frame.type != Type.NON and frame.code == 0:
            sent = self.outbox.settle(remote, frame.mid)
            observer = sent.context if sent is not None else None
            notifier = self._share_of(remote).notifier
            if frame.type == Type.ACK and observer is not None:
                notifier.acknowledged(observer, now)
            elif frame.type == Type.RST and observer is not None:
                notifier.end(observer)
            elif frame.type == Type.RST:
                notifier.reset(remote, frame.mid)

    def _take_request(
        self,
        frame: message.Frame,
        datagram: bytes,
        remote: Remote,
        now: float,
        *,
        multicast: bool,
    ) -> ServerExchange | None:
        """Take in a request: a repeated one is answered as before, a bad one refused."""
        if multicast and (frame.type != Type.NON or frame.code != Method.GET):
            return None  # RFC 7252 8.1, and OCF knows no other request to a group
        share = self.known if self._is_known(remote) else self.strangers
        answer = share.answers.find(remote, frame.mid, datagram, now)
        if answer is not None:
            if answer:
                self.outbox.queue.append((remote, answer))
            return None
        exchange = arrived(frame, datagram, remote, multicast=multicast)
        refusal = exchange.options.refusal
        if refusal is not None:
            # RFC 7252 5.4.1: a non-confirmable request with such an option is rejected silently.
            is_silent = frame.type == Type.NON and refusal is Code.BAD_OPTION
            self._send(exchange, None if is_silent else Reply(refusal), share, now)
        elif frame.code not in METHODS:
            self._send(exchange, Reply(Code.METHOD_NOT_ALLOWED), share, now)
        else:
            return exchange if exchange.is_plain else self._gather(exchange, share, now)
        return None

    def _gather(self, exchange: ServerExchange, share: Share, now: float) -> ServerExchange | None:
        """Return the exchange if it is for others to answer: its request is complete, or a part."""
        request, opts = exchange.request, exchange.options
        later_block = opts.block2 if opts.block2 is not None and opts.block2.number else None
        if request.multicast and (opts.block1 or later_block or opts.observe is not None):
            self._send(exchange, None, share, now)
            return None
        if later_block is not None:
            reply = share.responder.continuation(request, exchange.remote, later_block, now)
            if reply is not None:
                self._send(exchange, reply, share, now)
                return None
            # Who asks for the rest of an answer has not got all of it.
            exchange = replace(exchange, request=replace(request, etags=()))
        if exchange.block1 is None or exchange.is_part:
            return exchange
        joined = self._join(exchange, share, now)
        if isinstance(joined, Reply):
            self._send(exchange, joined, share, now)
            return None
        return replace(exchange, request=joined)

    def _join(self, exchange: ServerExchange, share: Share, now: float) -> Request | Reply:
        """Add a block of a request; returns the whole request after its last one."""
        block, outcome = exchange.block1, share.join(exchange, now)
        assert block is not None
        if outcome.body is not None:
            return replace(exchange.request, payload=outcome.body)
        echoed = block.at_most(self._exponent) if block.number == 0 else block
        is_known = outcome.code in {Code.CONTINUE, Code.REQUEST_ENTITY_TOO_LARGE}
        area = options.write(block1=echoed if is_known else None, size1=outcome.size1)
        return Reply(outcome.code, area)

    def _send(
        self, exchange: ServerExchange, reply: Reply | None, share: Share, now: float
    ) -> None:
        """Send an answer, and remember it for repeated requests; None is silence."""
        answer = b"" if reply is None else self._encoded(exchange, reply)
        remote = exchange.remote
        share.answers.store(remote, exchange.frame.mid, exchange.datagram, answer, now)
        if answer:
            self.outbox.queue.append((remote, answer))

    def _encoded(self, exchange: ServerExchange, reply: Reply) -> bytes:
        """Return the datagram that answers a request; it may be empty."""
        frame, code, hidden = exchange.frame, reply.code, exchange.options.no_response
        if code >= Code.BAD_REQUEST and exchange.request.multicast:
            return b""
        if hidden and hidden >> ((code >> 5) - 1) & 1:  # RFC 7967 2.1
            return b"" if frame.type == Type.NON else message.empty(Type.ACK, frame.mid)
        if frame.type == Type.CON:
            kind, mid = Type.ACK, frame.mid
        else:
            kind, mid = Type.NON, self.outbox.next_mid()
        return message.build(kind, code, mid, frame.token, reply.options, reply.payload)

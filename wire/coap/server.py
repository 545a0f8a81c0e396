"""The server role of one CoAP endpoint (RFC 7252 4, 5; RFC 7641; RFC 7959)."""

from collections.abc import Callable, Hashable

from msgspec.structs import replace

from onboardee.wire.coap import options, wire
from onboardee.wire.coap.arrival import Exchange, upload_key
from onboardee.wire.coap.limits import STRANGERS, Limits
from onboardee.wire.coap.model import (
    DEREGISTER,
    REGISTER,
    Code,
    Method,
    Remote,
    Request,
    Response,
    Type,
)
from onboardee.wire.coap.observe import Observation, Observer
from onboardee.wire.coap.outbox import Outbox, Reply
from onboardee.wire.coap.requests import METHODS, request_of
from onboardee.wire.coap.share import Share
from onboardee.wire.entropy import Entropy

_LAST_REQUEST_CODE = 31
_DEFAULT_LIMITS = Limits()


class CoapServer:
    """The server's part of the protocol, for many peers.

    `receive` takes a datagram and returns the exchange that it begins, if it is to be answered
    anew; whoever serves it hands the answer to `respond`, before anything else is received. A
    block of an upload that `is_part` is not answered but let in or refused, by `take_in`: whoever
    has no right to the whole shall not make the device keep its parts. `notify` says that a
    resource changed; the observers to be told then come out of `take_stale`, and `tell` takes the
    answer to the request of each. Datagrams come out of `take_outgoing`.

    Nothing here raises on account of what a peer sent. What is kept for peers that `is_stranger`
    tells has the bounds `strangers`, for others `limits`.
    """

    def __init__(
        self,
        *,
        entropy: Entropy,
        limits: Limits = _DEFAULT_LIMITS,
        strangers: Limits = STRANGERS,
        is_stranger: Callable[[Remote], bool] = lambda _remote: False,
    ) -> None:
        self._outbox: Outbox[Observer] = Outbox(entropy=entropy, limits=limits)
        self._known = Share(self._outbox, limits)
        self._strangers = Share(self._outbox, strangers)
        self._is_stranger = is_stranger
        self._exponent = limits.max_block_exponent

    def receive(
        self, datagram: bytes, remote: Remote, now: float, *, multicast: bool = False
    ) -> Exchange | None:
        """Take in one datagram; `multicast` tells that it was sent to a group."""
        try:
            frame = wire.parse(datagram)
        except wire.FormatError as error:
            if error.reset_mid is not None and not multicast:
                self._outbox.put(remote, wire.empty(Type.RST, error.reset_mid))
            return None
        if 0 < frame.code <= _LAST_REQUEST_CODE:
            if frame.type <= Type.NON:
                return self._take_request(frame, datagram, remote, now, multicast=multicast)
        elif not multicast:
            self._take_other(frame, remote, now)
        return None

    def respond(self, exchange: Exchange, response: Response | None, now: float) -> None:
        """Answer a request; `None` is silence."""
        if response is None:
            self._send(exchange, None, 0.0, now)
            return
        request, remote = exchange.request, exchange.remote
        share, wanted = self._share_of(remote), exchange.options.block2
        is_registered = (
            request.observe is not None
            and request.observe in (REGISTER, DEREGISTER)
            and request.method is Method.GET
            and not (wanted is not None and wanted.number)
            and share.notifier.observe(request, remote, response, wanted, now)
        )
        reply = share.responder.reply(
            request,
            remote,
            response,
            now,
            block1=exchange.block1,
            block2=wanted,
            observe=0 if is_registered else None,
        )
        self._send(exchange, reply, response.delay, now)

    def take_in(self, part: Exchange, refusal: Code | None, now: float) -> None:
        """Let a block of an upload in, or end the upload with the code of a refusal."""
        if refusal is None:
            joined = self._join(part, now)
            assert isinstance(joined, Reply)
            self._send(part, joined, 0.0, now)
            return
        self._share_of(part.remote).uploads.drop(part.remote, upload_key(part.request))
        self._send(part, Reply(refusal), 0.0, now)

    def notify(self, key: Hashable) -> None:
        """Say that the state of a resource changed."""
        for share in (self._known, self._strangers):
            share.notifier.notify(key)

    def take_stale(self) -> Observer | None:
        """Return the next observer that is to be told of a new state, None if there is none."""
        return self._known.notifier.take_stale() or self._strangers.notifier.take_stale()

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
    ) -> None:
        """End the observations of a resource, of a peer, of both together, or all.

        With `code` the observers learn it by an error notification.
        """
        for notifier in (self._known.notifier, self._strangers.notifier):
            for observer in notifier.observers.select(key=key, remote=remote):
                if code is None:
                    notifier.end(observer)
                else:
                    notifier.end_with(observer, code, now)

    def forget(self, remote: Remote) -> None:
        """Drop all that is kept for a peer, as when its session ends."""
        self.drop_observers(0.0, remote=remote)
        self._share_of(remote).forget(remote)
        self._outbox.forget(remote)

    def drop_uploads_of_strangers(self) -> None:
        """Let no stranger go on with an upload that was begun before."""
        self._strangers.uploads.clear()

    def drop_snapshots(self) -> None:
        """Let nobody have the rest of an earlier answer: rights have changed, say."""
        for share in (self._known, self._strangers):
            share.responder.snapshots.clear()

    def take_outgoing(self) -> list[tuple[Remote, bytes]]:
        """Hand over the datagrams to send, in order."""
        return self._outbox.take()

    def next_deadline(self) -> float | None:
        """Return when `tick` has something to do."""
        return self._outbox.next_deadline()

    def tick(self, now: float) -> None:
        """Send what is due; an observer that acknowledges nothing any more is dropped."""
        for sent in self._outbox.tick(now):
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
            for share in (self._known, self._strangers)
            for each in share.notifier.observers.select()
        )

    def _share_of(self, remote: Remote) -> Share:
        return self._strangers if self._is_stranger(remote) else self._known

    def _take_other(self, frame: wire.Frame, remote: Remote, now: float) -> None:
        """Take in what is no request: ping, acknowledgement, reset, or nothing of ours."""
        if frame.type == Type.CON:
            # A ping (RFC 7252 4.3), a response nobody waits for, a reserved code class (4.2).
            self._outbox.put(remote, wire.empty(Type.RST, frame.mid))
        elif frame.type != Type.NON and frame.code == 0:
            sent = self._outbox.settle(remote, frame.mid)
            observer = sent.context if sent is not None else None
            notifier = self._share_of(remote).notifier
            if frame.type == Type.ACK and observer is not None:
                notifier.acknowledged(observer, now)
            elif frame.type == Type.RST and observer is not None:
                notifier.end(observer)
            elif frame.type == Type.RST:
                notifier.reset(remote, frame.mid)

    def _take_request(
        self, frame: wire.Frame, datagram: bytes, remote: Remote, now: float, *, multicast: bool
    ) -> Exchange | None:
        if multicast and (frame.type != Type.NON or frame.code != Method.GET):
            return None  # RFC 7252 8.1, and OCF knows no other request to a group
        answer = self._share_of(remote).answers.find(remote, frame.mid, datagram, now)
        if answer is not None:
            if answer:
                self._outbox.put(remote, answer)
            return None
        opts = options.read_request(frame.options)
        request = request_of(frame, METHODS.get(frame.code, Method.GET), opts, multicast=multicast)
        block1 = None if opts.block1 is None else opts.block1.at_most(6)
        exchange = Exchange(request, remote, frame, datagram, opts, block1)
        if opts.refusal is not None:
            # RFC 7252 5.4.1: a non-confirmable request with such an option is rejected silently.
            is_silent = frame.type == Type.NON and opts.refusal is Code.BAD_OPTION
            self._send(exchange, None if is_silent else Reply(opts.refusal), 0.0, now)
        elif frame.code not in METHODS:
            self._send(exchange, Reply(Code.METHOD_NOT_ALLOWED), 0.0, now)
        else:
            return self._gather(exchange, now)
        return None

    def _gather(self, exchange: Exchange, now: float) -> Exchange | None:
        """Return the exchange if it is for others to answer: its request is complete, or a part."""
        request, remote, opts = exchange.request, exchange.remote, exchange.options
        later_block = opts.block2 if opts.block2 is not None and opts.block2.number else None
        if request.multicast and (opts.block1 or later_block or opts.observe is not None):
            self._send(exchange, None, 0.0, now)
            return None
        if later_block is not None:
            share = self._share_of(remote)
            reply = share.responder.continuation(request, remote, later_block, now)
            if reply is not None:
                self._send(exchange, reply, 0.0, now)
                return None
        if exchange.block1 is None or exchange.block1.more:
            return exchange
        joined = self._join(exchange, now)
        if isinstance(joined, Reply):
            self._send(exchange, joined, 0.0, now)
            return None
        return replace(exchange, request=joined)

    def _send(self, exchange: Exchange, reply: Reply | None, delay: float, now: float) -> None:
        """Send an answer, now or after a delay, and remember it for repeated requests."""
        answer = self._encode(exchange, reply, delay, now)
        remote, mid = exchange.remote, exchange.frame.mid
        self._share_of(remote).answers.store(remote, mid, exchange.datagram, answer, now)
        if answer:
            self._outbox.put(remote, answer)

    def _encode(self, exchange: Exchange, reply: Reply | None, delay: float, now: float) -> bytes:
        """Return the datagram to answer a request with at once; it may be empty."""
        frame = exchange.frame
        if reply is None or (exchange.request.multicast and reply.code >= Code.BAD_REQUEST):
            return b""
        hidden = exchange.options.no_response
        if hidden and hidden >> ((reply.code >> 5) - 1) & 1:  # RFC 7967 2.1
            return b"" if frame.type == Type.NON else wire.empty(Type.ACK, frame.mid)
        if delay > 0 and self._outbox.has_room_to_hold:
            return self._hold(frame, exchange.remote, reply, now + delay)
        if frame.type == Type.CON:
            kind, mid = Type.ACK, frame.mid
        else:
            kind, mid = Type.NON, self._outbox.next_mid()
        return wire.build(kind, reply.code, mid, frame.token, reply.options, reply.payload)

    def _hold(self, frame: wire.Frame, remote: Remote, reply: Reply, due: float) -> bytes:
        """Answer later; a confirmable request is acknowledged now (RFC 7252 5.2.2)."""
        confirmable = frame.type == Type.CON
        self._outbox.hold(due, remote, frame.token, reply, confirmable=confirmable)
        return wire.empty(Type.ACK, frame.mid) if confirmable else b""

    def _join(self, exchange: Exchange, now: float) -> Request | Reply:
        """Add a block of a request; returns the whole request after its last one."""
        request, block = exchange.request, exchange.block1
        assert block is not None
        uploads, key = self._share_of(exchange.remote).uploads, upload_key(request)
        size1 = exchange.options.size1
        outcome = uploads.add(
            exchange.remote, key, block, request.payload, announced=size1, now=now
        )
        if outcome.body is not None:
            return replace(request, payload=outcome.body)
        echoed = block.at_most(self._exponent) if block.number == 0 else block
        is_known = outcome.code in (Code.CONTINUE, Code.REQUEST_ENTITY_TOO_LARGE)
        area = options.write(block1=echoed if is_known else None, size1=outcome.size1)
        return Reply(outcome.code, area)

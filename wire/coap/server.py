"""The server role of one CoAP endpoint (RFC 7252 4, 5; RFC 7641; RFC 7959)."""

from collections.abc import Callable, Hashable
from dataclasses import replace

from onboardee.wire.coap import options, wire
from onboardee.wire.coap.blocks import Block
from onboardee.wire.coap.limits import STRANGERS, Limits
from onboardee.wire.coap.model import (
    DEREGISTER,
    REGISTER,
    Code,
    Handler,
    Method,
    Remote,
    Request,
    Type,
    UploadPolicy,
)
from onboardee.wire.coap.observe import Observation, Observer
from onboardee.wire.coap.outbox import Outbox, Reply
from onboardee.wire.coap.requests import METHODS, request_of
from onboardee.wire.coap.share import Share
from onboardee.wire.entropy import Entropy

_LAST_REQUEST_CODE = 31
_DEFAULT_LIMITS = Limits()


class CoapServer:
    """Answers requests of many peers through one handler.

    Datagrams and the time go in by `receive` and `tick`, datagrams come out of `take_outgoing`.
    `receive` never raises on account of what a peer sent. An exception of the handler is
    answered with 5.00 and then given to `on_error`; without that it is raised, once the
    endpoint's own state is in order. `accept_upload` is asked at each block of an upload. What
    is kept for peers that `is_stranger` tells has the bounds `strangers`, for others `limits`.
    """

    def __init__(  # noqa: PLR0913 - by keyword, each with a default but the first
        self,
        handler: Handler,
        *,
        entropy: Entropy,
        limits: Limits = _DEFAULT_LIMITS,
        strangers: Limits = STRANGERS,
        is_stranger: Callable[[Remote], bool] = lambda _remote: False,
        accept_upload: UploadPolicy | None = None,
        on_error: Callable[[Exception], None] | None = None,
    ) -> None:
        self._errors: list[Exception] = []
        self._outbox: Outbox[Observer] = Outbox(entropy=entropy, limits=limits)
        report = on_error or self._errors.append
        self._known = Share(handler, self._outbox, limits, report)
        self._strangers = Share(handler, self._outbox, strangers, report)
        self._is_stranger = is_stranger
        self._accept_upload = accept_upload
        self._exponent = limits.max_block_exponent

    def receive(
        self, datagram: bytes, remote: Remote, now: float, *, multicast: bool = False
    ) -> None:
        """Take in one datagram; `multicast` tells that it was sent to a group."""
        try:
            frame = wire.parse(datagram)
        except wire.FormatError as error:
            if error.reset_mid is not None and not multicast:
                self._outbox.put(remote, wire.empty(Type.RST, error.reset_mid))
            return
        if 0 < frame.code <= _LAST_REQUEST_CODE:
            if frame.type <= Type.NON:
                self._take_request(frame, datagram, remote, now, multicast=multicast)
        elif not multicast:
            self._take_other(frame, remote, now)
        self._raise_errors()

    def notify(self, key: Hashable, now: float) -> None:
        """Tell the observers of a resource that its state changed."""
        for share in (self._known, self._strangers):
            share.notifier.notify(key, now)
        self._raise_errors()

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

    def _raise_errors(self) -> None:
        if self._errors:
            first = self._errors[0]
            self._errors.clear()
            raise first

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
    ) -> None:
        if multicast and (frame.type != Type.NON or frame.code != Method.GET):
            return  # RFC 7252 8.1, and OCF knows no other request to a group
        answers = self._share_of(remote).answers
        answer = answers.find(remote, frame.mid, datagram, now)
        if answer is None:
            answer = self._answer(frame, remote, now, multicast=multicast)
            answers.store(remote, frame.mid, datagram, answer, now)
        if answer:
            self._outbox.put(remote, answer)

    def _answer(self, frame: wire.Frame, remote: Remote, now: float, *, multicast: bool) -> bytes:
        """Return the datagram to answer a new request with at once; it may be empty."""
        opts = options.read_request(frame.options)
        reply: Reply | None
        delay = 0.0
        if opts.refusal is not None:
            # RFC 7252 5.4.1: a non-confirmable request with such an option is rejected silently.
            is_silent = frame.type == Type.NON and opts.refusal is Code.BAD_OPTION
            reply = None if is_silent else Reply(opts.refusal)
        else:
            reply, delay = self._reply(frame, opts, remote, now, multicast=multicast)
        if reply is None or (multicast and reply.code >= Code.BAD_REQUEST):
            return b""
        if opts.no_response and opts.no_response >> ((reply.code >> 5) - 1) & 1:  # RFC 7967 2.1
            return b"" if frame.type == Type.NON else wire.empty(Type.ACK, frame.mid)
        if delay > 0 and self._outbox.has_room_to_hold:
            return self._hold(frame, remote, reply, now + delay)
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

    def _reply(
        self,
        frame: wire.Frame,
        opts: options.RequestOptions,
        remote: Remote,
        now: float,
        *,
        multicast: bool,
    ) -> tuple[Reply | None, float]:
        """Find the content of an answer, and how long it is held back."""
        method = METHODS.get(frame.code)
        if method is None:
            return Reply(Code.METHOD_NOT_ALLOWED), 0.0
        later_block = opts.block2 if opts.block2 is not None and opts.block2.number else None
        if multicast and (opts.block1 or later_block or opts.observe is not None):
            return None, 0.0
        share = self._share_of(remote)
        request = request_of(frame, method, opts, multicast=multicast)
        if later_block is not None:
            reply = share.responder.continuation(request, remote, later_block, now)
            if reply is not None:
                return reply, 0.0
        block1 = None
        if opts.block1 is not None:
            block1 = opts.block1.at_most(6)
            joined = self._join(request, remote, block1, opts.size1, now)
            if isinstance(joined, Reply):
                return joined, 0.0
            request = joined
        response = share.responder.ask(request, remote, now)
        if response is None:
            return None, 0.0
        is_registered = (
            opts.observe in (REGISTER, DEREGISTER)
            and method is Method.GET
            and later_block is None
            and share.notifier.observe(request, remote, response, opts.block2, now)
        )
        reply = share.responder.reply(
            request,
            remote,
            response,
            now,
            block1=block1,
            block2=opts.block2,
            observe=0 if is_registered else None,
        )
        return reply, response.delay

    def _join(
        self, request: Request, remote: Remote, block: Block, size1: int | None, now: float
    ) -> Request | Reply:
        """Add a block of a request; returns the whole request after its last one.

        The last one is judged with the whole, by the handler.
        """
        uploads = self._share_of(remote).uploads
        key = (
            request.method,
            request.path,
            request.query,
            request.content_format,
            request.content_version,
        )
        if block.more and self._accept_upload is not None:
            refusal = self._accept_upload(request, remote)
            if refusal is not None:
                uploads.drop(remote, key)
                return Reply(refusal)
        outcome = uploads.add(remote, key, block, request.payload, announced=size1, now=now)
        if outcome.body is not None:
            return replace(request, payload=outcome.body)
        echoed = block.at_most(self._exponent) if block.number == 0 else block
        is_known = outcome.code in (Code.CONTINUE, Code.REQUEST_ENTITY_TOO_LARGE)
        area = options.write(block1=echoed if is_known else None, size1=outcome.size1)
        return Reply(outcome.code, area)

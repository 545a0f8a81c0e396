"""One exchange of a client: its request in blocks, its response out of blocks (RFC 7959).

It is a value that changes: `message` says what to send next, `take` what a response means. A body
goes out block by block, each acknowledged by 2.31; the response's blocks are gathered until one has
none after it. If the entity tag changes on the way the state has changed, and a GET begins again,
a few times; what is not a GET cannot be asked twice, and fails. Notifications restart the
gathering, too, as they are newer than what was being gathered.
"""

from dataclasses import dataclass, field

from onboardee.wire.coap import options
from onboardee.wire.coap.blocks import Block
from onboardee.wire.coap.model import (
    DEREGISTER,
    ClientResponse,
    Code,
    FailureReason,
    Method,
    Request,
)
from onboardee.wire.coap.options import ResponseOptions
from onboardee.wire.coap.outbox import Reply

_REORDERING = 128.0
_HALF_RANGE = 1 << 23
_MAX_RESTARTS = 3


@dataclass(slots=True, eq=False)
class ClientExchange:
    """The state of one request until its response is complete, or its observation over."""

    number: int
    request: Request
    exponent: int
    max_response_size: int
    sent: int = 0
    body: bytearray = field(default_factory=bytearray)
    first: ResponseOptions | None = None
    block_exponent: int = 0
    restarts: int = 0
    mid: int | None = None
    block_token: bytes | None = None
    deadline: float | None = None
    is_observing: bool = False
    is_announced: bool = False
    is_cancelled: bool = False
    latest: tuple[int, float] = (0, 0.0)

    def message(self) -> Reply:
        """Return what to send next: the request, a block of it, or the wish for a block."""
        if self.body:
            wanted = Block(len(self.body) >> (self.block_exponent + 4), False, self.block_exponent)
            return self._encode(b"", block2=wanted)
        payload = self.request.payload
        size = 1 << (self.exponent + 4)
        if len(payload) <= size:
            return self._encode(payload)
        end = self.sent + size
        block1 = Block(self.sent >> (self.exponent + 4), end < len(payload), self.exponent)
        size1 = len(payload) if self.sent == 0 else None
        return self._encode(payload[self.sent : end], block1=block1, size1=size1)

    def cancellation(self) -> Reply:
        """Return the request that ends the observation (RFC 7641 3.6)."""
        return self._encode(b"", observe=DEREGISTER)

    def is_news(self, number: int, now: float) -> bool:
        """Tell whether a notification is newer than those before it (RFC 7641 3.4)."""
        before, then = self.latest
        return 0 < (number - before) % (2 * _HALF_RANGE) < _HALF_RANGE or now > then + _REORDERING

    def begin_anew(self) -> None:
        """Drop what was gathered of an older state."""
        self.body.clear()
        self.first = None

    def take(
        self, code: Code, opts: ResponseOptions, payload: bytes
    ) -> ClientResponse | FailureReason | None:
        """Take in a response; `None` asks for `message` to be sent."""
        if code is Code.CONTINUE:
            return self._go_on(opts)
        if self._must_shrink(code, opts):
            return None
        is_diagnosis = not code.is_success and opts.content_format is None
        if opts.block2 is None or is_diagnosis:
            self.begin_anew()
            return self._finish(code, opts, payload)
        return self._gather(code, opts, opts.block2.at_most(6), payload)

    def _go_on(self, opts: ResponseOptions) -> FailureReason | None:
        """Advance the upload by the block that was accepted (RFC 7959 2.3)."""
        size = 1 << (self.exponent + 4)
        number = self.sent >> (self.exponent + 4)
        is_ours = opts.block1 is not None and opts.block1.number == number
        if not is_ours or opts.block1 is None or self.sent + size >= len(self.request.payload):
            return FailureReason.PROTOCOL
        self.sent += size
        self.exponent = min(self.exponent, opts.block1.exponent)
        return None

    def _must_shrink(self, code: Code, opts: ResponseOptions) -> bool:
        """Begin again with smaller blocks where the server asks for them (RFC 7959 2.9.3)."""
        if code is not Code.REQUEST_ENTITY_TOO_LARGE or opts.block1 is None or self.sent:
            return False
        if opts.block1.exponent >= self.exponent:
            return False
        self.exponent = opts.block1.exponent
        return True

    def _gather(
        self, code: Code, opts: ResponseOptions, block: Block, payload: bytes
    ) -> ClientResponse | FailureReason | None:
        """Add a block to the body; it has to be the next one, of the same state (RFC 7959 2.4)."""
        if block.number == 0:
            self.begin_anew()
            self.first = opts
        if self.first is None or block.offset != len(self.body):
            return FailureReason.PROTOCOL
        if opts.etag != self.first.etag:
            return self._restart()
        if len(payload) > block.size or (block.more and len(payload) != block.size):
            return FailureReason.PROTOCOL
        self.body += payload
        if len(self.body) > self.max_response_size:
            return FailureReason.TOO_LARGE
        if block.more:
            self.block_exponent = block.exponent
            return None
        return self._finish(code, self.first, bytes(self.body))

    def _restart(self) -> FailureReason | None:
        """Ask from the beginning when the resource changed between two blocks (RFC 7959 2.4)."""
        self.restarts += 1
        if self.request.method is not Method.GET or self.restarts > _MAX_RESTARTS:
            return FailureReason.PROTOCOL
        self.begin_anew()
        return None

    def _finish(self, code: Code, opts: ResponseOptions, body: bytes) -> ClientResponse:
        self.begin_anew()
        return client_response(code, opts, body, self.request.token)

    def _encode(
        self,
        payload: bytes,
        *,
        block1: Block | None = None,
        block2: Block | None = None,
        size1: int | None = None,
        observe: int | None = None,
    ) -> Reply:
        request = self.request
        is_first = block2 is None and not self.is_observing
        area = options.cached_write(
            path=request.path,
            query=request.query,
            content_format=request.content_format if payload else None,
            content_version=request.content_version if payload else None,
            accept=request.accept,
            accept_version=request.accept_version,
            observe=request.observe if is_first else observe,
            etags=request.etags if is_first else (),
            block1=block1,
            block2=block2,
            size1=size1,
        )
        return Reply(request.method, area, payload)


def client_response(
    code: Code, opts: ResponseOptions, payload: bytes, token: bytes, *, is_partial: bool = False
) -> ClientResponse:
    """Join the parts of a response."""
    return ClientResponse(
        code=code,
        payload=payload,
        content_format=opts.content_format,
        content_version=opts.content_version,
        etag=opts.etag,
        size2=opts.size2,
        observe=opts.observe,
        token=token,
        is_partial=is_partial,
    )

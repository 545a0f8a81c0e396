"""What a server keeps for its peers, so that the next message of one can be dealt with.

Everything here fills at the will of peers and has bounds (`limits`). Strangers and peers who have
proven who they are have a `Share` each, so that nothing that strangers fill is missing to the
others.

A peer that repeats a request because its answer was lost must not have it carried out twice (RFC
7252 4.5). So every answer is remembered for as long as the request may come again, under the peer
and the message ID, with a hash of the whole message, by which it is known to be the same one.
"""

from onboardee.wire.coap import options
from onboardee.wire.coap.arrival import ServerExchange, upload_key
from onboardee.wire.coap.limits import Limits
from onboardee.wire.coap.model import DEREGISTER, REGISTER, Method, Remote, Response
from onboardee.wire.coap.notifier import Notifier
from onboardee.wire.coap.observe import Observer
from onboardee.wire.coap.outbox import Outbox, Reply
from onboardee.wire.coap.responses import Responder
from onboardee.wire.coap.uploads import UploadOutcome, Uploads

_ENTRY_BYTES = 250  # a dictionary slot, the tuple and the objects in it
_PEER_BYTES = 500  # the peer itself and the dictionary of its messages

_Answers = dict[int, tuple[int, bytes]]
"""Of one peer: by message ID the hash of the request and the datagram that answered it."""


class AnswerMemory:
    """Which requests were answered already, and how (RFC 7252 4.2, 4.5), in two generations.

    Each answer is remembered under its peer and message ID. A message ID alone may come round again
    while it is remembered, with a fast peer; so the whole datagram has to be the same. Whenever the
    younger generation is old enough or half of a bound is reached, the older one is dropped as a
    whole: no timers, no per-entry clean-up.
    """

    def __init__(self, limits: Limits) -> None:
        self._lifetime = limits.dedup_lifetime
        self._max_entries = limits.dedup_entries // 2
        self._max_bytes = limits.dedup_bytes // 2
        self._young: dict[Remote, _Answers] = {}
        self._old: dict[Remote, _Answers] = {}
        self._entries = 0
        self._bytes = 0
        self._born = 0.0

    def __len__(self) -> int:
        return sum(len(peer) for ages in (self._young, self._old) for peer in ages.values())

    def find(self, remote: Remote, mid: int, datagram: bytes, now: float) -> bytes | None:
        """Return the answer given to this very datagram (empty: silence), `None` if it is new."""
        if now - self._born >= self._lifetime:
            self._age(now)
        for generation in (self._young, self._old):
            peer = generation.get(remote) if generation else None
            if peer is not None:
                entry = peer.get(mid)
                if entry is not None and entry[0] == hash(datagram):
                    return entry[1]
        return None

    def store(self, remote: Remote, mid: int, datagram: bytes, answer: bytes, now: float) -> None:
        """Remember the answer to a datagram."""
        peer = self._young.get(remote)
        if peer is None:
            peer = self._young[remote] = {}
            self._bytes += _PEER_BYTES
        peer[mid] = (hash(datagram), answer)
        self._entries += 1
        self._bytes += len(answer) + _ENTRY_BYTES
        if self._entries >= self._max_entries or self._bytes >= self._max_bytes:
            self._age(now)

    def forget(self, remote: Remote) -> None:
        """Forget what a peer was answered."""
        self._young.pop(remote, None)
        self._old.pop(remote, None)

    def _age(self, now: float) -> None:
        long_ago = now - self._born >= 2 * self._lifetime
        self._old = {} if long_ago else self._young
        self._young = {}
        self._entries = self._bytes = 0
        self._born = now


class Share:
    """Remembered answers, uploads, answers in blocks and observers of one kind of peers."""

    def __init__(self, outbox: Outbox[Observer], limits: Limits) -> None:
        self.limits = limits
        self.answers = AnswerMemory(limits)
        self.uploads = Uploads(limits)
        self.responder = Responder(limits)
        self.notifier = Notifier(self.responder, outbox, limits)
        self._largest_whole = 1 << (limits.max_block_exponent + 4)

    def reply(self, exchange: ServerExchange, response: Response, now: float) -> Reply:
        """Turn the answer to a request into the content of a message, or of its first block."""
        if exchange.is_plain and len(response.payload) <= self._largest_whole:
            area = options.write_content(
                response.content_format, response.content_version, response.etag
            )
            return Reply(response.code, area, response.payload)
        is_registered = self._observe(exchange, response, now)
        return self.responder.reply(
            exchange.request,
            exchange.remote,
            response,
            now,
            block1=exchange.block1,
            block2=exchange.options.block2,
            observe=0 if is_registered else None,
        )

    def _observe(self, exchange: ServerExchange, response: Response, now: float) -> bool:
        """Do what the Observe option asks for; tell whether an observation begins.

        Later blocks of a notification are asked for with the same option (RFC 7641 3.4).
        """
        request, wanted = exchange.request, exchange.options.block2
        return (
            request.observe in {REGISTER, DEREGISTER}
            and request.method is Method.GET
            and not (wanted is not None and wanted.number)
            and self.notifier.observe(request, exchange.remote, response, wanted, now)
        )

    def join(self, exchange: ServerExchange, now: float) -> UploadOutcome:
        """Add a block to its upload."""
        assert exchange.block1 is not None
        request = exchange.request
        return self.uploads.add(
            exchange.remote,
            upload_key(request),
            exchange.block1,
            request.payload,
            announced=exchange.options.size1,
            now=now,
        )

    def forget(self, remote: Remote) -> None:
        """Drop all that is kept for a peer but its observations."""
        self.answers.forget(remote)
        self.uploads.forget(remote)
        self.responder.kept.forget(remote)

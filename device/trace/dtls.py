"""Reads DTLS from beside the conversation: records, handshake messages, and what is in them.

Nothing here takes part: no record is answered, none refused, and a record that cannot be opened is
told as such. The engine of the device cannot serve for this: it drops what is repeated, late or
forged, and a trace is to tell of exactly that.

The secrets of a session come as lines of a key log, as the device itself or Wireshark writes them,
in any order: a master secret may be told before the hello that it belongs to is seen, or after.
Both directions of an association use the same keys from one ServerHello on, until the next one; the
old ones are kept for what is still under way. A device that is looked at in the middle of a session
tells its keys itself (`Association.join`).

Several may look at the same records, faults before the trace. What one has decrypted is kept for
the next, a few records long, with the secrets that both have (`Secrets.opened`). Which handshake
messages were told is each one's own affair: a fault may have dropped what it saw.

What a peer sends is bounded: handshake messages in parts, and those that are remembered so that
each is told once however often it is repeated (RFC 6347 4.2.4).
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from onboardee.device.trace.handshake_names import known_suite
from onboardee.device.trace.items import Way
from onboardee.wire.dtls import CipherSuite
from onboardee.wire.dtls import keys as derivation
from onboardee.wire.dtls.config import DtlsLimits
from onboardee.wire.dtls.errors import Alert as DtlsError
from onboardee.wire.dtls.framing import HandshakeMessage, split_fragments
from onboardee.wire.dtls.hello import ClientHello, ServerHello
from onboardee.wire.dtls.numbers import (
    ContentType,
    HandshakeType,
)
from onboardee.wire.dtls.protection import Protection, protection
from onboardee.wire.dtls.record import Record, split
from onboardee.wire.dtls.session import Session
from onboardee.wire.dtls.suites import SUITES
from onboardee.wire.entropy import Entropy, SystemEntropy

CLIENT_RANDOM: Final = "CLIENT_RANDOM"
"""What a line of a key log begins with that has the secret of a session."""
_MAX_MESSAGES: Final = 64
"""Of one pair of addresses that are remembered, to tell each of them once."""


_SESSIONS: Final = 4096
"""Whose secrets are kept at a time, the last ones: anybody may open sessions with a device."""
_RECENT: Final = 16
"""Records whose contents are kept for who looks at them next."""


class Secrets:
    """Master secrets by the client random of their session, as an NSS key log has them."""

    def __init__(self) -> None:
        self._masters: dict[bytes, bytes] = {}
        self._opened: dict[tuple[Way, int, int, bytes], tuple[bytes, CipherSuite]] = {}

    def add(self, line: str) -> None:
        """Take a line of a key log; one of another kind says nothing."""
        label, *values = line.split() or [""]
        if label == CLIENT_RANDOM and len(values) == 2:
            with suppress(ValueError):
                self._masters[bytes.fromhex(values[0])] = bytes.fromhex(values[1])
            if len(self._masters) > _SESSIONS:
                del self._masters[next(iter(self._masters))]

    def __len__(self) -> int:
        return len(self._masters)

    def opened(
        self, record: Record, way: Way, opening: Callable[[], tuple[bytes, CipherSuite] | None]
    ) -> tuple[bytes, CipherSuite] | None:
        """Return what is in a record, and the suite that protected it; opened once for everybody.

        Faults look at a record before the trace does, and what is to be done is the costliest part
        of both: decryption.
        """
        key = (way, record.content_type, record.sequence, record.fragment)
        if key not in self._opened:
            found = opening()
            if found is None:
                return None  # its secret may be told later
            if len(self._opened) >= _RECENT:
                del self._opened[next(iter(self._opened))]
            self._opened[key] = found
        return self._opened[key]

    def of(self, client_random: bytes) -> bytes | None:
        """Return the master secret of a session, None if it was not told."""
        return self._masters.get(client_random)


class Opened(NamedTuple):
    """A record, and what is in it; None if it could not be opened."""

    record: Record
    content: bytes | None


@dataclass(slots=True)
class _Keys:
    """The keys of one session: what opens the records of each way."""

    reader: dict[Way, Protection]
    suite: CipherSuite


@dataclass(slots=True)
class Association:
    """What is known of the conversation of one pair of addresses."""

    secrets: Secrets
    entropy: Entropy = field(default_factory=SystemEntropy)
    """Random octets for records that a fault seals anew."""
    client: Way = Way.IN
    """On which way the client's messages go; a device is the server."""
    suite: CipherSuite | None = None
    """Of the session whose records were read last."""
    agreed: CipherSuite | None = None
    """What the last ServerHello chose; None for a suite that is not known here."""
    _client_random: bytes = b""
    """Of the last ClientHello: by it a secret is found."""
    _server_hello: ServerHello | None = None
    """Of a handshake whose keys are still to be made."""
    _keys: list[_Keys] = field(default_factory=list)
    """Those of the session that was made last, and of the one before."""
    _told: dict[tuple[Way, int, int], bytes] = field(default_factory=dict)
    """Bodies of messages that were told, so that a repeated one is not told again."""
    _parts: dict[tuple[Way, int, int, int], bytearray] = field(default_factory=dict)
    """Messages that have not come as a whole."""
    _holes: dict[tuple[Way, int, int, int], set[int]] = field(default_factory=dict)
    """Which octets of them are missing."""

    def read(self, datagram: bytes, way: Way) -> Iterator[Opened]:
        """Yield the records of a datagram with their contents."""
        for record in split(datagram):
            yield Opened(record, self._content(record, way))

    def messages(self, opened: Opened, way: Way) -> Iterator[HandshakeMessage]:
        """Yield the handshake messages that a record completes and that were not told before.

        A message may come in parts, in any order and several times (RFC 6347 4.2.3). Parts of the
        same message are put together by type, sequence and length, and a hole is what none has
        filled yet.
        """
        if opened.content is None or opened.record.content_type != ContentType.HANDSHAKE:
            return
        for part in split_fragments(opened.content):
            key = (way, part.type, part.sequence, part.length)
            if part.length > DtlsLimits().message_size:
                continue
            body = self._parts.setdefault(key, bytearray(part.length))
            holes = self._holes.setdefault(key, set(range(part.length)))
            body[part.offset : part.end] = part.data
            holes -= set(range(part.offset, part.end))
            if holes:
                continue
            del self._parts[key], self._holes[key]
            message = HandshakeMessage(part.type, part.sequence, bytes(body))
            if self._is_new(message, way):
                self._note(message, way)
                yield message
        if len(self._parts) > _MAX_MESSAGES:
            self._parts.clear()
            self._holes.clear()

    def protection(self, way: Way) -> Protection:
        """Return what opens and seals the records of one way, as the last one was opened."""
        return self._keys[-1].reader[way]

    def join(self, session: Session) -> None:
        """Go on with a session whose handshake was not seen; its device knows the secrets."""
        self.suite = self.agreed = session.suite
        self._client_random = session.client_random
        self._use(session.suite, session.master_secret, session.server_random)

    def _is_new(self, message: HandshakeMessage, way: Way) -> bool:
        """Tell whether a message was not told before, and take note of it."""
        key = (way, message.type, message.sequence)
        if self._told.get(key) == message.body:
            return False
        if len(self._told) > _MAX_MESSAGES:
            self._told.clear()
        self._told[key] = message.body
        return True

    def _note(self, message: HandshakeMessage, way: Way) -> None:
        """Take from a hello what the keys are derived from: the randoms and the suite.

        The decoder takes a client's random from its last hello, so that a handshake that begins
        anew in the middle of a session changes the keys from there on.
        """
        try:
            if message.type == HandshakeType.CLIENT_HELLO:
                self.client = way
                self._client_random = ClientHello.decode(message.body).random
            elif message.type == HandshakeType.SERVER_HELLO:
                self._server_hello = ServerHello.decode(message.body)
                self.agreed = known_suite(self._server_hello.suite)
        except DtlsError:
            return

    def _content(self, record: Record, way: Way) -> bytes | None:
        """Return what is in a record, None where no key that is known opens it."""
        if record.epoch == 0:
            return record.fragment
        self._derive()
        found = self.secrets.opened(record, way, lambda: self._opened(record, way))
        if found is None:
            return None
        content, self.suite = found
        return content

    def _opened(self, record: Record, way: Way) -> tuple[bytes, CipherSuite] | None:
        """Try the keys of the newest session first, then those of the one before it."""
        for keys in reversed(self._keys):
            content = keys.reader[way].open(record.content_type, record.sequence, record.fragment)
            if content is not None:
                return content, keys.suite
        return None

    def _derive(self) -> None:
        """Make the keys of the handshake that was seen last, once its secret is known."""
        hello, master = self._server_hello, self.secrets.of(self._client_random)
        suite = self.agreed
        if hello is None or master is None or suite is None:
            return
        self._use(suite, master, hello.random)
        self._server_hello = None

    def _use(self, suite: CipherSuite, master: bytes, server_random: bytes) -> None:
        """Make the keys of a session (RFC 5246 6.3)."""
        parameters = SUITES[suite]
        block = derivation.key_block(
            master,
            self._client_random,
            server_random,
            parameters.key_block_size,
            parameters.hash,
        )
        halves = derivation.cut(
            block, parameters.mac_size, parameters.key_size, parameters.fixed_iv_size
        )
        client, server = (protection(parameters, half, self.entropy) for half in halves)
        other = Way.OUT if self.client is Way.IN else Way.IN
        self._keys = [*self._keys[-1:], _Keys({self.client: client, other: server}, suite)]

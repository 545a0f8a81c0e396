"""One handshake, whichever side: order, transcript, keys, retransmission.

Records go in, datagrams come out of `outbox`, the peer's faults leave as an `Alert`. The modules
`server_handshake` and `client_handshake` add what the messages mean for each side.

    record, epoch 0 --> fragments --> Reassembler --+--> _take --> table --> _handle
    record, epoch 1 --> channel.open --> fragments -+      |                    |
                                                       Transcript      Flights, keys
                                                                                |
                          outbox <-- channel.seal <-- Flight <------------------+

Epochs change in two steps, as the two sides do at different times:

    channel.writing   0 until our ChangeCipherSpec is in the flight, then 1
    channel.reading   0 until the peer's ChangeCipherSpec was accepted, then 1

Not everything that looks wrong may end a handshake, because epoch 0 is not authentic. Records that
do not fit are dropped. The one failure that the record layer does report is a Finished that does
not open: that is how a wrong PIN or a wrong key shows, and onboarding tools expect to hear
bad_record_mac for it at once (RFC 5246 7.2.2 has the alert, RFC 6347 4.1.2.7 leaves the choice). To
count, the record must arrive while Finished is awaited and be a handshake record of exactly a
Finished's size. Keys, ChangeCipherSpec and Finished normally share a datagram, so a spoofer off the
path finds that state only if the genuine Finished was lost; records sent ahead of it are tried
silently and never count.
"""

from abc import ABC, abstractmethod
from collections.abc import Hashable
from hmac import compare_digest
from typing import ClassVar, Final

from cryptography.hazmat.primitives.asymmetric import ec

from onboardee.wire.dtls import keys
from onboardee.wire.dtls.config import HandshakeContext
from onboardee.wire.dtls.errors import Alert, AlertReceived, BadRecordMac, DecryptError
from onboardee.wire.dtls.flight import Flight, Flights
from onboardee.wire.dtls.framing import HANDSHAKE_HEADER_SIZE, HandshakeMessage, split_fragments
from onboardee.wire.dtls.numbers import (
    AlertDescription,
    AlertLevel,
    ContentType,
    HandshakeType,
)
from onboardee.wire.dtls.reassembly import Reassembler
from onboardee.wire.dtls.record import RECORD_HEADER_SIZE, Channel, Record
from onboardee.wire.dtls.security_parameters import SecurityParameters
from onboardee.wire.dtls.session import Role, Session
from onboardee.wire.dtls.suites import HashName
from onboardee.wire.dtls.transcript import Transcript
from onboardee.wire.dtls.transitions import HandshakeInput, HandshakeState, Steps, followers

CLIENT_LABEL: Final = b"client finished"
"""What the verify_data of the client's Finished is computed with (RFC 5246 7.4.9)."""
SERVER_LABEL: Final = b"server finished"
RANDOM_SIZE: Final = 32
"""Octets of a hello's random. The first four are as random as the others: the time of RFC 5246
7.4.1.2 would tell strangers the device's clock."""
_FINISHED_SIZE: Final = HANDSHAKE_HEADER_SIZE + keys.VERIFY_DATA_LENGTH
"""Octets of a Finished in one piece."""


class Handshake(ABC):
    """State of a handshake in progress. Nothing outlives it but the channel and the last flight.

    `expires` is when it is given up, in seconds of the clock of `receive`. What a side learns of
    the other is in the public attributes, and becomes the `Session`.
    """

    role: ClassVar[Role]
    steps: ClassVar[Steps]

    def __init__(
        self,
        context: HandshakeContext,
        now: float,
        channel: Channel,
        sequence: int,
        hashes: tuple[HashName, ...],
    ) -> None:
        """Begin; `hashes` are those by which the messages may have to be known."""
        limits = context.limits
        self.channel = channel
        self.early_data: list[bytes] = []
        """Application data that overtook Finished; to be delivered once it has arrived."""
        self.expires = now + limits.handshake_timeout
        self.state: HandshakeState
        self.security = SecurityParameters()
        self.psk_hint = b""
        self.peer_identity: bytes | None = None
        self.peer_certificates: tuple[bytes, ...] = ()
        self._peer_key: ec.EllipticCurvePublicKey | None = None
        self._context = context
        self._flights = Flights(channel, limits, sequence)
        self.outbox = self._flights.outbox
        """Datagrams to send; whoever sends them clears it."""
        self._inbox = Reassembler(sequence, limits)
        self._transcript = Transcript(hashes)
        self._early_records: list[Record] = []
        self._change_cipher_spec_came = False
        self._unopened: type[Alert] = BadRecordMac
        self._why_unopened = "Finished does not open: the keys differ"

    @property
    def early_records(self) -> int:
        """How many records wait for their keys."""
        return len(self._early_records)

    @property
    def is_established(self) -> bool:
        """Whether the peer's Finished was verified."""
        state = self.state
        return state is HandshakeState.SERVER_ESTABLISHED or (
            state is HandshakeState.CLIENT_ESTABLISHED
        )

    @property
    def has_keys(self) -> bool:
        """Whether the keys of the session were computed.

        From then on a peer with a wrong key is about to hear so, and most of the work is done.
        """
        return bool(self.security.master_secret)

    @property
    def flight(self) -> Flight:
        """What was sent last, to be sent again if need be."""
        return self._flights.flight

    @property
    def deadline(self) -> float:
        """When `tick` or the end by `expires` is due.

        The endpoint ends a handshake that has expired; this object does not know that it is over.
        """
        timer = self._flights.deadline
        return self.expires if timer is None else min(timer, self.expires)

    def start(self, now: float) -> None:
        """Send the first flight, and repeat it from now on until it is answered."""
        self._flights.send_new(now)

    def tick(self, now: float) -> None:
        """Repeat the flight if its timer expired."""
        self._flights.tick(now)

    def repeat(self) -> None:
        """Send the flight again because the peer seems to have missed it, a few times only."""
        self._flights.repeat()

    def receive(self, record: Record, now: float) -> None:
        """Take a record.

        Raises:
            Alert: the handshake failed and the peer must be told.
            AlertReceived: the peer ended it.

        """
        if record.epoch == 0:
            self._receive_plain(record)
        elif record.epoch != 1:
            return
        # Records of the next epoch that overtook ChangeCipherSpec wait for their keys. The datagram
        # of a Finished and that of the keys may arrive in either order.
        elif self.channel.reading == 0:
            if len(self._early_records) < self._context.limits.early_records:
                self._early_records.append(record)
        else:
            self._receive_protected(record)
        self._progress()
        self._flights.send_new(now)
        if self.is_established:
            self._flights.stop()

    def alert(self, description: AlertDescription) -> bytes:
        """Return the record that tells the peer of the end.

        Protected as soon as the keys are in use on our side; before that anybody could have sent
        it.
        """
        content = bytes((AlertLevel.FATAL, description))
        return self.channel.seal(ContentType.ALERT, content, self.channel.writing)

    def session(self, address: Hashable, tag: object, now: float) -> Session:
        """Return the session that the finished handshake made; `tag` is that of the offer."""
        agreed = self.security
        return Session(
            address=address,
            suite=agreed.suite,
            role=self.role,
            client_random=agreed.client_random,
            server_random=agreed.server_random,
            master_secret=agreed.master_secret,
            extended_master_secret=agreed.extended_master_secret,
            encrypt_then_mac=agreed.encrypt_then_mac,
            established_at=now,
            last_active=now,
            tag=tag,
            peer_identity=self.peer_identity,
            peer_certificates=self.peer_certificates,
            psk_hint=self.psk_hint,
        )

    # --- receiving

    def _receive_plain(self, record: Record) -> None:
        """Take a record of epoch 0; nothing of it counts once the peer writes under keys.

        A complete message that repeats the peer's last flight asks for ours again, but only in its
        last fragment: each flight would otherwise be repeated for each of its pieces.
        """
        if self.channel.reading:
            return
        if record.content_type == ContentType.ALERT:
            self._on_alert(record.fragment)
        elif record.content_type == ContentType.CHANGE_CIPHER_SPEC:
            self._change_cipher_spec_came |= record.fragment == b"\x01"
        elif record.content_type == ContentType.HANDSHAKE:
            for part in split_fragments(record.fragment):
                self._inbox.add(part)
                if self._is_repetition(part.sequence) and part.end == part.length:
                    self.repeat()

    def _is_repetition(self, _sequence: int) -> bool:
        """Whether the message is the last one of the flight that ours answers."""
        return False

    def _receive_protected(self, record: Record) -> None:
        """Take a record of epoch 1 while Finished is awaited.

        What does not open is dropped, unless it has the size of a Finished: see the head of the
        module.
        """
        content = self.channel.open(record)
        if content is not None:
            self._on_protected(record.content_type, content)
        elif record.content_type == ContentType.HANDSHAKE and RECORD_HEADER_SIZE + len(
            record.fragment
        ) == self.channel.sealed_size(_FINISHED_SIZE, 1):
            # The reason is for this side's log: a wrong key, or no key for the peer's identity.
            raise self._unopened(self._why_unopened)

    def _on_protected(self, content_type: int, content: bytes) -> None:
        if content_type == ContentType.HANDSHAKE:
            for part in split_fragments(content):
                self._inbox.add(part)
        elif content_type == ContentType.ALERT:
            self._on_alert(content)
        elif content_type == ContentType.APPLICATION_DATA:
            # A client may send data right behind its Finished, which can overtake it.
            self.early_data.append(content)
            del self.early_data[self._context.limits.early_records :]

    @staticmethod
    def _on_alert(content: bytes) -> None:
        """Let close_notify end a handshake as surely as a fatal alert; other warnings do not."""
        if len(content) == 2 and (content[0] == AlertLevel.FATAL or content[1] == 0):
            raise AlertReceived(content[1])

    # --- the machine

    def _progress(self) -> None:
        """Handle messages and the change of keys as long as the next one in order is there."""
        while not self.is_established:
            if (
                self._change_cipher_spec_came
                and HandshakeInput.CHANGE_CIPHER_SPEC in self.steps[self.state]
            ):
                self._change_epoch()
            message = self._inbox.pop()
            if message is None:
                return
            self._take(message)

    def _change_epoch(self) -> None:
        (self.state,) = followers(self.steps, self.state, HandshakeInput.CHANGE_CIPHER_SPEC)
        self._change_cipher_spec_came = False
        self.channel.reading = 1
        # Whatever came ahead of its turn in epoch 0 must not pass as protected.
        self._inbox.clear()
        records, self._early_records = self._early_records, []
        for record in records:
            content = self.channel.open(record)
            if content is not None:
                self._on_protected(record.content_type, content)

    def _take(self, message: HandshakeMessage) -> None:
        """Handle one message: look it up, hash it, let the side act, go on to the next state.

        Looked up first, so that a message that is not allowed neither enters the transcript nor
        changes anything. Hashed before it is handled, as handling may add our own messages behind
        it.
        """
        candidates = followers(self.steps, self.state, message.type)
        kind = HandshakeType(message.type)
        self._transcript.receive(message)
        chosen = self._handle(kind, message.body)
        # A handler that returned another state would be an error in the program, not of the peer.
        assert chosen is None or chosen in candidates
        self.state = chosen or candidates[0]

    @abstractmethod
    def _handle(self, kind: HandshakeType, body: bytes) -> HandshakeState | None:
        """Act on a message; the following state is returned where the table leaves a choice."""

    # --- keys

    def _derive_keys(self, premaster: bytes) -> None:
        """Compute the keys over the transcript so far; each side writes with its own."""
        self.security.derive(premaster, self._transcript.digest(self.security.of_suite.hash))
        if self._context.keylog is not None:
            self._context.keylog(self.security.keylog_line())
        client, server = self.security.protections(self._context.entropy)
        if self.role is Role.SERVER:
            self.channel.set_keys(writer=server, reader=client)
        else:
            self.channel.set_keys(writer=client, reader=server)

    def _check_finished(self, label: bytes, body: bytes) -> None:
        """Raise `DecryptError` unless the peer's Finished is over the transcript that we have.

        It is the proof that both sides saw the same handshake: suites, extensions, points,
        certificates.
        """
        before = self._transcript.before_last(self.security.of_suite.hash)
        expected = self.security.verify_data(label, before)
        if not compare_digest(expected, body):
            raise DecryptError("Finished does not fit the transcript")

    # --- sending

    def _add(self, kind: HandshakeType, body: bytes) -> None:
        """Append a message of ours to flight and transcript."""
        self._transcript.add(self._flights.add(kind, body))

    def _add_finished(self, label: bytes) -> None:
        """Append ChangeCipherSpec and Finished; from here on we write in epoch 1."""
        self._flights.add_change_cipher_spec()
        digest = self._transcript.digest(self.security.of_suite.hash)
        data = self.security.verify_data(label, digest)
        self._add(HandshakeType.FINISHED, data)

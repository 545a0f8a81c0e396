"""From datagrams to items: the whole of what can be told of a conversation from beside it.

The decoder gets each datagram once, in the order in which they passed, and yields what is in it
from the outside inwards: the datagram, its records, their handshake messages, alerts or CoAP
messages. It needs nothing else, so that the same decoder tells of a live device, of one that is
replayed, and of a capture of somebody else's.

Conversations are known by both addresses, as a device may be reached at several. Peers that come
and go would let that grow without end, so the one that was silent longest is forgotten. Who comes
back after that is read like somebody new: with DTLS from the next handshake on.
"""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

from onboardee.device.trace import handshake_names, items
from onboardee.device.trace.coap import MessageReader
from onboardee.device.trace.dtls import Association, Opened, Secrets
from onboardee.device.trace.items import Ends, Item, Way
from onboardee.wire.coap.message import MessageFormatError
from onboardee.wire.dtls.numbers import ContentType
from onboardee.wire.dtls.session import Session

_CONVERSATIONS: Final = 1024
"""Pairs of addresses that are remembered; the one that was silent longest is forgotten first."""


class Numbers:
    """The numbers of the items of one trace."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        """Return the next one; the first is 1."""
        self._last += 1
        return self._last


class _Conversation:
    """What is known of the exchange between two addresses."""

    __slots__ = ("association", "plain", "secured")

    def __init__(self, secrets: Secrets) -> None:
        self.association = Association(secrets)
        self.plain = MessageReader()
        self.secured = MessageReader()


class Decoder:
    """Takes datagrams, both ways and in their order, and yields what they hold."""

    def __init__(self, secrets: Secrets, numbers: Numbers | None = None) -> None:
        self._secrets = secrets
        self._numbers = numbers or Numbers()
        self._conversations: OrderedDict[object, _Conversation] = OrderedDict()

    def read(self, octets: bytes, ends: Ends, way: Way, at: float) -> Iterator[Item]:
        """Yield the datagram and all that is in it, from the outside inwards."""
        yield items.Datagram(number=self._numbers.next(), at=at, way=way, ends=ends, octets=octets)
        conversation = self._with(ends)
        if not ends.secured:
            yield from self._message(conversation.plain, octets, ends, way, at, "")
            return
        association = conversation.association
        for opened in association.read(octets, way):
            yield self._record(opened, ends, way, at)
            yield from self._inside(conversation, opened, ends, way, at)

    def join(self, session: Session, ends: Ends) -> None:
        """Go on with a session of the device that is looked at; its handshake was not seen."""
        self._with(ends).association.join(session)

    def _with(self, ends: Ends) -> _Conversation:
        """Return what is known of a conversation, and let the one that was silent longest go."""
        # a search by multicast and its answers are one conversation, so the group is not part of it
        key = (ends.peer, ends.local, ends.secured)
        conversation = self._conversations.get(key)
        if conversation is None:
            conversation = self._conversations[key] = _Conversation(self._secrets)
            if len(self._conversations) > _CONVERSATIONS:
                self._conversations.popitem(last=False)
        self._conversations.move_to_end(key)
        return conversation

    def _record(self, opened: Opened, ends: Ends, way: Way, at: float) -> Item:
        """Return the item of a record; of its sequence the 48 bits without the epoch."""
        record = opened.record
        return items.Record(
            number=self._numbers.next(),
            at=at,
            way=way,
            ends=ends,
            content_type=record.content_type,
            epoch=record.epoch,
            sequence=record.sequence & (1 << 48) - 1,
            length=len(record.fragment),
            is_open=opened.content is not None,
        )

    def _inside(
        self, conversation: _Conversation, opened: Opened, ends: Ends, way: Way, at: float
    ) -> Iterator[Item]:
        """Yield what an opened record holds; nothing of one that stayed closed."""
        content, association = opened.content, conversation.association
        if content is None:
            return
        match opened.record.content_type:
            case ContentType.HANDSHAKE:
                for message in association.messages(opened, way):
                    yield items.HandshakeMessage(
                        number=self._numbers.next(),
                        at=at,
                        way=way,
                        ends=ends,
                        kind=message.type,
                        name=handshake_names.name_of(message),
                        sequence=message.sequence,
                        body=message.body,
                        fields=handshake_names.fields_of(message, association.agreed),
                    )
            case ContentType.ALERT if len(content) == 2:
                yield items.Alert(
                    number=self._numbers.next(),
                    at=at,
                    way=way,
                    ends=ends,
                    level=content[0],
                    description=content[1],
                    name=handshake_names.alert_name(content[1]),
                )
            case ContentType.APPLICATION_DATA:
                suite = association.suite
                over = "" if suite is None else suite.name
                yield from self._message(conversation.secured, content, ends, way, at, over)
            case _:
                pass

    def _message(  # noqa: PLR0913, PLR0917 - what is known of a message
        self, reader: MessageReader, octets: bytes, ends: Ends, way: Way, at: float, over: str
    ) -> Iterator[Item]:
        """Yield the item of a CoAP message.

        `over` is the suite of its session, "" in the clear.
        """
        number = self._numbers.next()
        try:
            read = reader.read(octets, way)
        except MessageFormatError as error:
            yield items.Malformed(
                number=number, at=at, way=way, ends=ends, octets=octets, reason=str(error)
            )
            return
        yield items.Message(
            number=number, at=at, way=way, ends=ends, over=over, octets=octets, **read._asdict()
        )

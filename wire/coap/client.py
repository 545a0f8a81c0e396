"""The client role of one CoAP endpoint, talking to one server (RFC 7252 4, 5; RFC 7641).

An exchange (`client_exchange`) goes from a request to its response, through as many messages as the
blocks of both need. Three things tell what a datagram belongs to: the message ID, for what is in
the acknowledgement of our request; the token, for a response that comes by itself later; and for
the later blocks of a notification a token of its own. A server's message that belongs to nothing is
rejected by a Reset, which also ends an observation that we have forgotten.
"""

from collections.abc import Sequence
from itertools import count

from onboardee.wire.coap import message, options
from onboardee.wire.coap.client_exchange import ClientExchange
from onboardee.wire.coap.limits import Limits
from onboardee.wire.coap.model import (
    DEREGISTER,
    REGISTER,
    ClientEvent,
    ClientResponse,
    Code,
    ExchangeFailed,
    FailureReason,
    Method,
    Request,
    ResponseReceived,
    Type,
)
from onboardee.wire.coap.outbox import Outbox, Reply
from onboardee.wire.coap.share import AnswerMemory
from onboardee.wire.entropy import Entropy

_SERVER = None
_DEFAULT_LIMITS = Limits()
_RESPONSES = range(2 << 5, 6 << 5)
TOKEN_SIZE = 8


class CoapClient:
    """Sends requests to one server and tells their fate as events.

    `receive` never raises on account of what the peer sent. Bodies larger than a block travel in
    blocks both ways without the caller noticing (RFC 7959).
    """

    def __init__(self, *, entropy: Entropy, limits: Limits = _DEFAULT_LIMITS) -> None:
        self._entropy = entropy
        self._limits = limits
        self._outbox: Outbox[ClientExchange] = Outbox(entropy=entropy, limits=limits)
        self._answers = AnswerMemory(limits)
        self._numbers = count(1)
        self._exchanges: dict[int, ClientExchange] = {}
        self._by_token: dict[bytes, ClientExchange] = {}
        self._events: list[ClientEvent] = []

    def request(  # noqa: PLR0913 - what a request may carry
        self,
        method: Method,
        path: str,
        *,
        query: Sequence[str] = (),
        payload: bytes = b"",
        content_format: int | None = None,
        content_version: int | None = None,
        accept: int | None = None,
        accept_version: int | None = None,
        observe: bool = False,
        confirmable: bool = True,
        now: float,
    ) -> int:
        """Begin an exchange; returns the number under which its events appear.

        With `observe` the events go on until `cancel_observe`, or until the server ends it.
        """
        request = Request(
            method=method,
            path=path,
            query=tuple(query),
            payload=payload,
            content_format=content_format,
            accept=accept,
            accept_version=accept_version,
            content_version=content_version,
            observe=REGISTER if observe else None,
            token=self._entropy.token(TOKEN_SIZE),
            confirmable=confirmable,
        )
        exchange = ClientExchange(
            next(self._numbers),
            request,
            self._limits.max_block_exponent,
            self._limits.max_response_size,
        )
        self._exchanges[exchange.number] = exchange
        self._by_token[request.token] = exchange
        self._send(exchange, exchange.message(), now)
        return exchange.number

    def cancel_observe(self, exchange: int, now: float) -> None:
        """End an observation; its last event is the answer to that. Does nothing if it is over."""
        found = self._exchanges.get(exchange)
        if found is not None and found.is_observing:
            self._drop_gathered(found)
            found.is_cancelled = True
            self._send(found, found.cancellation(), now)

    def receive(self, datagram: bytes, now: float) -> None:
        """Take in one datagram of the server."""
        try:
            frame = message.parse(datagram)
        except message.MessageFormatError as error:
            if error.reset_mid is not None:
                self._outbox.queue.append((_SERVER, message.empty(Type.RST, error.reset_mid)))
            return
        if frame.code in _RESPONSES and frame.type == Type.ACK:
            self._take_piggybacked(frame, now)
        elif frame.code in _RESPONSES and frame.type != Type.RST:
            self._take_separate(frame, datagram, now)
        elif frame.type == Type.CON:
            self._outbox.queue.append((_SERVER, message.empty(Type.RST, frame.mid)))
        elif frame.code == 0:
            self._take_empty(frame, now)

    def take_outgoing(self) -> list[bytes]:
        """Hand over the datagrams to send, in order."""
        taken, self._outbox.queue = self._outbox.queue, []
        return [datagram for _, datagram in taken]

    def take_events(self) -> list[ClientEvent]:
        """Hand over what happened since the last call."""
        events, self._events = self._events, []
        return events

    def next_deadline(self) -> float | None:
        """Return when `tick` has something to do."""
        due = self._outbox.next_deadline()
        for each in self._exchanges.values():
            if each.deadline is not None and (due is None or each.deadline < due):
                due = each.deadline
        return due

    def tick(self, now: float) -> None:
        """Retransmit what is due and give up what took too long."""
        for sent in self._outbox.tick(now):
            if sent.context is not None:
                self._fail(sent.context, FailureReason.TIMEOUT)
        for exchange in list(self._exchanges.values()):
            if exchange.deadline is not None and exchange.deadline <= now:
                self._fail(exchange, FailureReason.TIMEOUT)

    def _send(self, exchange: ClientExchange, message: Reply, now: float) -> None:
        """Send the next message of an exchange, in place of the one before."""
        self._settle(exchange)
        token = self._token_for(exchange)
        if exchange.request.confirmable:
            exchange.mid = self._outbox.send_confirmable(_SERVER, token, message, now, exchange)
        else:
            exchange.mid = self._outbox.send_once(_SERVER, token, message)
        waits = self._outbox.is_in_flight(_SERVER, exchange.mid)
        exchange.deadline = None if waits else now + self._limits.response_timeout

    def _token_for(self, exchange: ClientExchange) -> bytes:
        """Return the token to use now.

        Later blocks of a notification need one of their own, as the observation's token belongs
        to further notifications (RFC 7959 3.4).
        """
        if not exchange.is_observing or exchange.is_cancelled:
            return exchange.request.token
        if exchange.block_token is None:
            exchange.block_token = self._entropy.token(TOKEN_SIZE)
            self._by_token[exchange.block_token] = exchange
        return exchange.block_token

    def _take_empty(self, frame: message.Frame, now: float) -> None:
        """Wait on after an acknowledgement, as the response comes later; a Reset is the end."""
        sent = self._outbox.settle(_SERVER, frame.mid)
        if sent is None or sent.context is None:
            return
        if frame.type == Type.ACK:
            sent.context.deadline = now + self._limits.response_timeout
        else:
            self._fail(sent.context, FailureReason.RESET)

    def _take_piggybacked(self, frame: message.Frame, now: float) -> None:
        """Take in a response within the acknowledgement of its request (RFC 7252 5.2.1)."""
        exchange = self._by_token.get(frame.token)
        if exchange is None or exchange.mid != frame.mid:
            return
        if self._outbox.settle(_SERVER, frame.mid) is not None:
            self._take_response(exchange, frame, options.read_response(frame.options), now)

    def _take_separate(self, frame: message.Frame, datagram: bytes, now: float) -> None:
        """Take in a response with a message ID of its own: it may come twice, or to nobody."""
        answer = self._answers.find(_SERVER, frame.mid, datagram, now)
        if answer is None:
            exchange = self._by_token.get(frame.token)
            opts = options.read_response(frame.options)
            is_wanted = exchange is not None and opts.acceptable
            answer = b""
            if not is_wanted:
                answer = message.empty(Type.RST, frame.mid)
            elif frame.type == Type.CON:
                answer = message.empty(Type.ACK, frame.mid)
            self._answers.store(_SERVER, frame.mid, datagram, answer, now)
            if answer:
                self._outbox.queue.append((_SERVER, answer))
            if exchange is not None:
                self._take_response(exchange, frame, opts, now)
        elif answer:
            self._outbox.queue.append((_SERVER, answer))

    def _take_response(
        self,
        exchange: ClientExchange,
        frame: message.Frame,
        opts: options.ResponseOptions,
        now: float,
    ) -> None:
        """Take in a response that belongs to an exchange: answer, block or notification."""
        code = Code.read(frame.code)
        if code is None or not opts.acceptable:
            self._fail(exchange, FailureReason.PROTOCOL)
            return
        if exchange.is_observing and frame.token == exchange.request.token:
            if opts.observe is not None and not self._is_due(exchange, frame, opts.observe, now):
                return
            self._drop_gathered(exchange)
            exchange.is_observing = not exchange.is_cancelled
        if opts.observe is not None:
            exchange.latest = (opts.observe, now)
        self._settle(exchange)
        result = exchange.take(code, opts, frame.payload)
        if result is None:
            if opts.observe is not None and not exchange.is_cancelled:
                exchange.is_observing = True
            self._send(exchange, exchange.message(), now)
        elif isinstance(result, FailureReason):
            self._fail(exchange, result)
        else:
            self._deliver(exchange, result)

    @staticmethod
    def _is_due(exchange: ClientExchange, frame: message.Frame, number: int, now: float) -> bool:
        """Tell whether to heed a notification, or the answer to a cancellation.

        IoTivity answers a cancellation with the number 1.
        """
        if exchange.is_cancelled:
            return frame.type == Type.ACK or number == DEREGISTER
        return exchange.is_news(number, now)

    def _drop_gathered(self, exchange: ClientExchange) -> None:
        """Give up the blocks of an older state; answers to their requests come to nobody."""
        exchange.begin_anew()
        if exchange.block_token is not None:
            del self._by_token[exchange.block_token]
            exchange.block_token = None

    def _deliver(self, exchange: ClientExchange, response: ClientResponse) -> None:
        """Tell of a complete response; the exchange goes on if it begins or is an observation."""
        is_notification = exchange.is_announced and not exchange.is_cancelled
        self._events.append(ResponseReceived(exchange.number, response, is_notification))
        goes_on = response.observe is not None and response.code.is_success
        if goes_on and not exchange.is_cancelled:
            exchange.is_observing = exchange.is_announced = True
            exchange.deadline = None
        else:
            self._end(exchange)

    def _fail(self, exchange: ClientExchange, reason: FailureReason) -> None:
        if exchange.number in self._exchanges:
            self._end(exchange)
            self._events.append(ExchangeFailed(exchange.number, reason))

    def _end(self, exchange: ClientExchange) -> None:
        """Forget an exchange; what still comes for it belongs to nothing."""
        self._settle(exchange)
        del self._exchanges[exchange.number]
        del self._by_token[exchange.request.token]
        if exchange.block_token is not None:
            del self._by_token[exchange.block_token]

    def _settle(self, exchange: ClientExchange) -> None:
        if exchange.mid is not None:
            self._outbox.settle(_SERVER, exchange.mid)

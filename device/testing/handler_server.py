"""A server whose requests one function answers at once: for peers that tests are made of.

The device has its own way from message to answer, in stages (`device/machine/service.py`). Tests of
the CoAP engine, and peers such as a simulated server of certificates, need only a function from
request to response: this is the loop around the engine that calls it.
"""

from collections.abc import Callable, Hashable
from typing import Any, Final, TypeAlias

from onboardee.wire.coap.model import Code, Remote, Request, Response
from onboardee.wire.coap.observe import Observation
from onboardee.wire.coap.server import CoapServer
from onboardee.wire.coap.validation import validated

_FAILED: Final = Response(Code.INTERNAL_SERVER_ERROR)
"""What a peer gets for an exception of the handler."""

Handler: TypeAlias = Callable[[Request, Remote, float], Response | None]
"""Answers one request at a time `now`; `None` means silence."""

UploadPolicy: TypeAlias = Callable[[Request, Remote], Code | None]
"""Asked at each block of an upload but the last: `None` lets it go on, a code refuses.

The request holds that block only.
"""


class HandlerServer:
    """A `CoapServer` around a handler; its options are those of `CoapServer`.

    `accept_upload` is asked at each block of an upload but the last.

    An exception of the handler is answered with 5.00 and then given to `on_error`; without that
    it is raised, once the server's own state is in order.
    """

    def __init__(
        self,
        handler: Handler,
        *,
        accept_upload: UploadPolicy | None = None,
        on_error: Callable[[Exception], None] | None = None,
        **options: Any,
    ) -> None:
        self._handler = handler
        self._accept_upload = accept_upload
        self._failures: list[Exception] = []
        self._on_error = on_error or self._failures.append
        self.engine: Final = CoapServer(**options)

    def receive(
        self, datagram: bytes, remote: Remote, now: float, *, multicast: bool = False
    ) -> None:
        """Take in one datagram and answer what it asks."""
        exchange = self.engine.receive(datagram, remote, now, multicast=multicast)
        if exchange is not None and exchange.is_part:
            accept = self._accept_upload
            self.engine.take_in(exchange, accept and accept(exchange.request, remote), now)
        elif exchange is not None:
            self.engine.respond(exchange, self._ask(exchange.request, remote, now), now)
        self._tell(now)

    def notify(self, key: Hashable, now: float) -> None:
        """Tell the observers of a resource that its state changed."""
        self.engine.notify(key)
        self._tell(now)

    def drop_observers(self, now: float, **selection: Any) -> None:
        """End observations: see `CoapServer.drop_observers`."""
        self.engine.drop_observers(now, **selection)

    def forget(self, remote: Remote) -> None:
        """Drop all that is kept for a peer."""
        self.engine.forget(remote)

    def drop_uploads_of_strangers(self) -> None:
        """Let no stranger go on with an upload."""
        self.engine.drop_uploads_of_strangers()

    def drop_kept_responses(self) -> None:
        """Let nobody have the rest of an earlier answer."""
        self.engine.drop_kept_responses()

    def take_outgoing(self) -> list[tuple[Remote, bytes]]:
        """Hand over the datagrams to send, in order."""
        return self.engine.take_outgoing()

    def next_deadline(self) -> float | None:
        """Return when `tick` has something to do."""
        return self.engine.next_deadline()

    def tick(self, now: float) -> None:
        """Send what is due."""
        self.engine.tick(now)

    @property
    def observers(self) -> tuple[Observation, ...]:
        """The observations there are."""
        return self.engine.observers

    def _tell(self, now: float) -> None:
        """Tell observers what has changed, then raise what a handler raised."""
        while (observer := self.engine.take_stale()) is not None:
            response = self._ask(observer.request, observer.remote, now)
            self.engine.tell(observer, response, now)
        if self._failures:
            failure = self._failures[0]
            self._failures.clear()
            raise failure

    def _ask(self, request: Request, remote: Remote, now: float) -> Response | None:
        """Call the handler; its exceptions become 5.00."""
        try:
            response = self._handler(request, remote, now)
            return None if response is None else validated(request, response)
        except Exception as error:  # noqa: BLE001 - whatever it is, the peer gets an answer
            self._on_error(error)
            return _FAILED

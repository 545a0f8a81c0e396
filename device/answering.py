"""Answers requests: leads each to the dispatcher, and tells the world what became of it."""

from collections.abc import Hashable, Sequence
from datetime import datetime
from functools import partial
from typing import Final, Protocol

from onboardee.device import events
from onboardee.device.access.call import Call, Query
from onboardee.device.access.era import OIC_1_1, TODAY, Era
from onboardee.device.access.peer import Peer
from onboardee.device.access.target import DOXM, Operation, Target
from onboardee.device.dispatch import CONTENT_VERSION, Answer, Dispatcher
from onboardee.device.events import Bus
from onboardee.device.resources.base import (
    DeniedError,
    Outcome,
    RefusedError,
    SilenceError,
)
from onboardee.device.simulation.profile import Profile
from onboardee.device.telling import served
from onboardee.svrdb.model import Database
from onboardee.wire.coap import Code, ContentFormat, Request, Response
from onboardee.wire.entropy import Entropy, random_fraction
from onboardee.wire.path import Endpoint

OIC_1_1_VERSION: Final = 2112
"""1.1.0, as OIC 1.1 numbers the format of its content."""

REPEATED_DISCOVERY: Final = 5.0
"""Seconds in which the same discovery, arriving over another family or interface, is one."""
REMEMBERED_DISCOVERIES: Final = 64


class Host(Protocol):
    """What answering needs of the device."""

    @property
    def database(self) -> Database:
        """What is durable now."""

    @property
    def endpoints(self) -> Sequence[Endpoint]:
        """Where the device is reached."""

    @property
    def has_session(self) -> bool:
        """Tell whether anybody has a DTLS session."""

    @property
    def wall_time(self) -> datetime:
        """The time of day."""

    def present(self, peer: Peer) -> Peer:
        """Return the peer with what it may do at this moment."""

    def settle(self, outcome: Outcome, now: float, caller: Peer | None = None) -> None:
        """Make a change durable and let it take effect. Raises `RefusedError` if it cannot be."""


class Answering:
    """The handler that the CoAP layer calls."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        host: Host,
        profile: Profile,
        bus: Bus,
        entropy: Entropy,
    ) -> None:
        self._dispatcher = dispatcher
        self._host = host
        self._profile = profile
        self._bus = bus
        self._entropy = entropy
        self._discoveries: dict[tuple[bytes, str], tuple[Peer, float]] = {}

    def accept_upload(self, request: Request, remote: Hashable) -> Code | None:
        """Let nobody upload to where the gate would refuse the whole; return the refusal's code."""
        try:
            self._dispatcher.admit(request, partial(self._make_call, request, remote))
        except RefusedError as error:
            return self._refuse(request, remote, error).code
        return None

    def would_admit(self, request: Request, remote: Hashable) -> bool:
        """Tell whether the request would pass the gate now; nobody hears of it."""
        try:
            self._dispatcher.admit(request, partial(self._make_call, request, remote))
        except RefusedError:
            return False
        return True

    def answer(self, request: Request, remote: Hashable, now: float) -> Response | None:
        """Answer one request; None is silence."""
        response = self._answered(request, remote, now)
        if self._bus.wants_requests:
            self._bus.publish(served(request, str(remote), response))
        return response

    def _answered(self, request: Request, remote: Hashable, now: float) -> Response | None:
        if request.multicast and self._is_repeated_discovery(request, remote, now):
            return None
        try:
            answer = self._dispatcher.handle(request, partial(self._make_call, request, remote))
            assert isinstance(remote, Peer)
            self._host.settle(answer.outcome, now, remote)
        except SilenceError:
            return None
        except RefusedError as error:
            return None if request.multicast else self._refuse(request, remote, error)
        for href, refusal in answer.outcome.refusals:
            self._report(request, href, remote, refusal)
        return self._respond(request, answer)

    def _make_call(  # noqa: PLR0913, PLR0917 - what a request asks for
        self,
        request: Request,
        remote: Hashable,
        operation: Operation,
        target: Target,
        query: Query,
        interface: str,
    ) -> Call:
        assert isinstance(remote, Peer)
        return Call(
            operation,
            target,
            self._host.present(remote),
            self._host.database,
            query,
            interface,
            endpoints=self._host.endpoints,
            has_session=self._host.has_session,
            multicast=request.multicast,
            wall_time=self._host.wall_time,
            shows_owner=self._profile.compat.anonymous_doxm,
            era=self._era(request),
        )

    def _era(self, request: Request) -> Era:
        """Tell as which standard the request is written, as far as the profile serves the old."""
        if not self._profile.compat.oic_1_1:
            return TODAY
        formats = (request.accept, request.content_format)
        versions = (request.accept_version, request.content_version)
        is_old = ContentFormat.CBOR in formats or OIC_1_1_VERSION in versions
        return OIC_1_1 if is_old else TODAY

    def _respond(self, request: Request, answer: Answer) -> Response:
        is_ocf = answer.content_format == ContentFormat.OCF_CBOR
        return Response(
            answer.outcome.code,
            answer.payload,
            content_format=answer.content_format,
            content_version=CONTENT_VERSION if is_ocf else None,
            observe_as=answer.observe_as,
            delay=self._leisure(request) if request.multicast else 0.0,
        )

    def _refuse(self, request: Request, remote: Hashable, error: RefusedError) -> Response:
        self._report(request, request.path, remote, error)
        return Response(error.code)

    def _report(self, request: Request, href: str, remote: Hashable, error: RefusedError) -> None:
        """Tell why a request, or a link of a batch, was refused."""
        method, peer = request.method.name, str(remote)
        if isinstance(error, DeniedError):
            assert isinstance(remote, Peer)
            self._bus.publish(
                events.AccessDenied(
                    subject=self._host.present(remote).identity,
                    peer=peer,
                    method=method,
                    href=href,
                    rule=error.decision.rule,
                    reason=error.decision.reason,
                )
            )
        else:
            self._bus.publish(
                events.RequestRefused(
                    peer=peer,
                    method=method,
                    href=href,
                    code=str(error.code),
                    reason=str(error),
                )
            )

    def _is_repeated_discovery(self, request: Request, remote: Hashable, now: float) -> bool:
        """Recognise one discovery that was sent to several groups: it gets one answer."""
        if len(request.token) < 4:
            return False
        assert isinstance(remote, Peer)
        question = (request.token, request.path)
        first, until = self._discoveries.get(question, (remote, 0.0))
        if now < until:
            return first != remote
        if len(self._discoveries) >= REMEMBERED_DISCOVERIES:
            del self._discoveries[next(iter(self._discoveries))]
        self._discoveries[question] = (remote, now + REPEATED_DISCOVERY)
        return False

    def _leisure(self, request: Request) -> float:
        """Return a random delay (RFC 7252 8.2)."""
        delays = self._profile.discovery
        longest = delays.doxm_delay if request.path == DOXM else delays.other_delay
        return longest * random_fraction(self._entropy)

"""Serves requests: completes each with the state that it meets, and tells what became of it.

`requests` leads a request through its stages and knows no state; here is what it is completed with
(`Call`): who asks with which roles at this moment, the database, the time of day, as which standard
it is written. An outcome that changes something goes to `lifecycle`, and only when that is durable
does the answer exist.

A request may be refused in three ways. `DeniedError` is the gate's, with the rule that refuses;
`RefusedError` is anything else that is wrong with it; `SilenceError` is a search that is for other
devices. The peer gets a code and no explanation; people get both as events. A group gets no errors
at all (RFC 7252 8.2).
"""

from functools import partial
from typing import Final

from onboardee.device import events
from onboardee.device.access.call import Call, Query
from onboardee.device.access.peer import Peer
from onboardee.device.access.rights import OCF, Standard
from onboardee.device.access.rules import Decision
from onboardee.device.access.target import Operation, Target
from onboardee.device.events import Bus
from onboardee.device.machine.context import DeviceContext, Report
from onboardee.device.machine.lifecycle import Lifecycle
from onboardee.device.machine.peers import Peers
from onboardee.device.machine.repeats import RememberedAnswers
from onboardee.device.machine.requests import CONTENT_VERSION, Dispatched, Dispatcher
from onboardee.device.machine.step import Work
from onboardee.device.machine.telling import served
from onboardee.device.resources.base import (
    DeniedError,
    RefusedError,
    SilenceError,
)
from onboardee.device.resources.oic_1_1 import OIC_1_1
from onboardee.device.simulation.profile import Profile
from onboardee.wire.coap import Code, ContentFormat, Request, Response, validated

OIC_1_1_VERSION: Final = 2112
"""1.1.0, as OIC 1.1 numbers the format of its content."""


class Service:
    """Answers the requests of all peers."""

    def __init__(  # noqa: PLR0913 - what it gets from the device, by keyword
        self,
        dispatcher: Dispatcher,
        *,
        profile: Profile,
        state: DeviceContext,
        report: Report,
        peers: Peers,
        lifecycle: Lifecycle,
        remembered: RememberedAnswers,
        bus: Bus,
    ) -> None:
        self._dispatcher = dispatcher
        self._profile = profile
        self._concessions: Final = profile.compat.concessions
        self._state = state
        self._report = report
        self._peers = peers
        self._lifecycle = lifecycle
        self._bus = bus
        self.remembered: Final = remembered
        """The answers that may be given again without asking here."""

    def refusal(self, part: Request, peer: Peer) -> Code | None:
        """Return why the gate would refuse the whole of an upload; None if it would not."""
        try:
            self._dispatcher.admit(part, partial(self._make_call, part, peer))
        except RefusedError as error:
            return self._refuse(part, peer, error).code
        return None

    def answer(
        self, request: Request, peer: Peer, options: bytes | None = None
    ) -> Work[Response | None]:
        """Answer one request; None is silence.

        `options` are those of the request but for entity tags: with them the answer is remembered.
        """
        response = yield from self._answered(request, peer, options)
        self.tell_served(request, peer, response)
        return response

    def tell_served(self, request: Request, peer: Peer, response: Response | None) -> None:
        """Tell of a request and its answer, if anybody wants to know."""
        if self._bus.wants_requests:
            self._report(served(request, str(peer), response))

    def tell_granted(self, request: Request, peer: Peer, decision: Decision) -> None:
        """Tell by which rule a request was granted; for those who want to know."""
        self._report(
            events.AccessGranted(
                subject=self._peers.present(peer).identity,
                peer=str(peer),
                method=request.method.name,
                href=request.path,
                rule=decision.rule,
                reason=decision.reason,
            )
        )

    def answer_at_once(self, request: Request, peer: Peer) -> Response | None:
        """Answer one request that must not wait for the disk; what would is refused."""
        work = self.answer(request, peer)
        try:
            next(work)
        except StopIteration as done:
            response: Response | None = done.value
            return response
        work.close()
        return Response(Code.SERVICE_UNAVAILABLE)

    def _answered(
        self, request: Request, peer: Peer, options: bytes | None
    ) -> Work[Response | None]:
        """Answer a request anew; an answer that says something changed comes after the disk."""
        try:
            answer = self._dispatcher.handle(request, partial(self._make_call, request, peer))
            if self._bus.wants_grants:
                self.tell_granted(request, peer, answer.decision)
            yield from self._lifecycle.settle(answer.outcome, peer, request)
        except SilenceError:
            return None
        except RefusedError as error:
            return None if request.multicast else self._refuse(request, peer, error)
        for href, refusal in answer.outcome.refusals:
            self._tell_refusal(request, href, peer, refusal)
        response = self._response(answer)
        if options is not None:
            self.remembered.remember(request, options, peer, answer, response)
        return validated(request, response) if request.etags else response

    def _make_call(  # noqa: PLR0913, PLR0917 - what a request asks for
        self,
        request: Request,
        peer: Peer,
        operation: Operation,
        target: Target,
        query: Query,
        interface: str,
    ) -> Call:
        return Call(
            operation,
            target,
            self._peers.present(peer),
            self._state.database,
            query,
            interface,
            endpoints=self._state.endpoints,
            has_session=self._peers.is_in_transfer,
            multicast=request.multicast,
            wall_time=self._state.wall_time,
            concessions=self._concessions,
            standard=self._standard(request),
            accept=request.accept,
            etags=request.etags,
        )

    def _standard(self, request: Request) -> Standard:
        """Tell as which standard the request is written, as far as the profile serves another."""
        if not self._profile.compat.oic_1_1:
            return OCF
        formats = (request.accept, request.content_format)
        versions = (request.accept_version, request.content_version)
        is_oic_1_1 = ContentFormat.CBOR in formats or OIC_1_1_VERSION in versions
        return OIC_1_1 if is_oic_1_1 else OCF

    def _response(self, answer: Dispatched) -> Response:
        """Put an answer into CoAP's terms; OCF's content format comes with its version."""
        is_ocf = answer.content_format == ContentFormat.OCF_CBOR
        return Response(
            answer.outcome.code,
            answer.payload,
            content_format=answer.content_format,
            content_version=CONTENT_VERSION if is_ocf else None,
            observe_as=answer.observe_as,
            state=None if answer.observe_as is None else answer.resource.version(),
            etag=answer.etag,
        )

    def _refuse(self, request: Request, peer: Peer, error: RefusedError) -> Response:
        """Tell people why, and return the bare code for the peer."""
        self._tell_refusal(request, request.path, peer, error)
        return Response(error.code)

    def _tell_refusal(self, request: Request, href: str, peer: Peer, error: RefusedError) -> None:
        """Tell why a request, or a link of a batch, was refused."""
        method, address = request.method.name, str(peer)
        if isinstance(error, DeniedError):
            self._report(
                events.AccessDenied(
                    subject=self._peers.present(peer).identity,
                    peer=address,
                    method=method,
                    href=href,
                    rule=error.decision.rule,
                    reason=error.decision.reason,
                )
            )
        else:
            self._report(
                events.RequestRefused(
                    peer=address,
                    method=method,
                    href=href,
                    code=str(error.code),
                    reason=str(error),
                )
            )

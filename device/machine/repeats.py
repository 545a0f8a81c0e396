"""Answers that would be the same again.

Clients ask for the same thing again and again, and mostly nothing has changed. What an answer
follows from is a short list: the request's options, the peer and its standing, the database, our
endpoints, whether a session exists, and what the resource names as its `version`. As long as each
is the very object that it was, the answer is. What has to do with the time of day is never
remembered: access by entries with a validity, and resources without a version.

Nothing is invalidated, so nothing can be forgotten to be: an answer is looked at for whether it is
still true each time that it is given. That is possible because state is made of immutable values
here; a change makes another object, and comparing two by identity costs nothing.
"""

from typing import Final, NamedTuple

from msgspec.structs import replace

from onboardee.device.access.peer import Peer
from onboardee.device.access.rules import Decision
from onboardee.device.machine.context import DeviceContext
from onboardee.device.machine.peers import Peers
from onboardee.device.machine.requests import Dispatched
from onboardee.device.resources.base import Resource
from onboardee.svrdb.model import Database
from onboardee.wire.coap import Method, Request, Response
from onboardee.wire.path import Endpoint

MAX_REMEMBERED: Final = 128
"""Answers of a device; when there are more, all are forgotten and come back by being asked
for."""
MAX_OCTETS: Final = 2048
"""Of an answer that is remembered; of a larger one its entity tag is."""


class RememberedAnswer(NamedTuple):
    """An answer, and what it follows from beside the request."""

    response: Response
    resource: Resource
    version: object
    """Of the resource when it answered; the very object, which a change replaces."""
    standing: Peer
    """The peer with the roles that it had."""
    has_session: bool
    decision: Decision
    """Why the gate granted it."""


class RememberedAnswers:
    """The answers to reads that met the present database."""

    def __init__(self, state: DeviceContext, peers: Peers) -> None:
        self._state = state
        self._peers = peers
        self._database: Database | None = None
        self._endpoints: tuple[Endpoint, ...] = ()
        self._answers: dict[tuple[bytes, Peer], RememberedAnswer] = {}
        self._large: dict[tuple[bytes, Peer], RememberedAnswer] = {}
        """Those whose payload is not kept, for who has it."""

    def __len__(self) -> int:
        return len(self._answers)

    def find(self, request: Request, options: bytes, peer: Peer) -> RememberedAnswer | None:
        """Return the answer to a request if it is known and still true.

        `options` are those of the message but for entity tags: by them and by the peer a request is
        known again. Of a large answer only the tag is, which is enough for who has the answer.
        """
        known = self._answers.get((options, peer))
        if known is None and request.etags:
            known = self._large.get((options, peer))
            if known is not None and known.response.etag not in request.etags:
                return None
        if (
            known is None
            or request.method is not Method.GET
            or self._state.database is not self._database
            or self._state.endpoints is not self._endpoints
            or known.resource.version() is not known.version
            or known.has_session is not self._peers.is_in_transfer
        ):
            return None
        present = self._peers.present(peer)
        is_same = present is known.standing or has_same_standing(present, known.standing)
        return known if is_same else None

    def remember(
        self, request: Request, options: bytes, peer: Peer, answer: Dispatched, response: Response
    ) -> None:
        """Remember an answer, if it is one that may be given again."""
        if answer.version is None or not is_repeatable(request):
            return
        if len(options) > MAX_OCTETS or (peer.session is not None and not peer.session.alive):
            return
        state, kept = self._state, self._answers
        if state.database is not self._database or state.endpoints is not self._endpoints:
            self._answers.clear()
            self._large.clear()
            self._database, self._endpoints = state.database, state.endpoints
        if len(response.payload) + len(options) > MAX_OCTETS:
            response, kept = replace(response, payload=b""), self._large
        if len(kept) >= MAX_REMEMBERED:
            kept.clear()
        kept[options, peer] = RememberedAnswer(
            response,
            answer.resource,
            answer.version,
            self._peers.present(peer),
            self._peers.is_in_transfer,
            answer.decision,
        )

    def forget(self, peer: Peer) -> None:
        """Forget the answers to a peer whose session is over, and so the secret of that session."""
        for kept in (self._answers, self._large):
            for key in [each for each in kept if each[1] == peer]:
                del kept[key]


def is_repeatable(request: Request) -> bool:
    """Tell whether an answer could be given again: to a read by one peer that observes nothing."""
    return request.method is Method.GET and request.observe is None and not request.multicast


def has_same_standing(one: Peer, other: Peer) -> bool:
    """Tell whether a peer may do the same as before; who it is stays so for a session's life."""
    return (
        one.roles == other.roles
        and one.is_owner_by_role == other.is_owner_by_role
        and one.uuid == other.uuid
        and one.owns_transfer == other.owns_transfer
    )
